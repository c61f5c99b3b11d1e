package stream_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// discard is a ResponseWriter that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkServe reports the CPU time of a request that was received, up to its answer: PutRecords of 500 and GetRecords
// of 10,000 records of 200 bytes, with the disk and without the network.
func BenchmarkServe(b *testing.B) {
	broker, err := stream.Open(stream.Options{Dir: b.TempDir(), FS: disk.OS{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = broker.Close() })
	serve := func(action, body string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
		w := &discard{header: http.Header{}}
		broker.ServeHTTP(w, r)
		return w.status
	}
	serve("CreateStream", `{"StreamName":"s","ShardCount":1}`)
	records := make([]string, 500)
	for i := range records {
		records[i] = fmt.Sprintf(`{"Data":%q,"PartitionKey":"%036d"}`, base64.StdEncoding.EncodeToString(make([]byte, 164)), i)
	}
	put := `{"StreamName":"s","Records":[` + strings.Join(records, ",") + `]}`
	for range 20 {
		serve("PutRecords", put)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"StreamName":"s","ShardId":"0","ShardIteratorType":"TRIM_HORIZON"}`))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.GetShardIterator")
	broker.ServeHTTP(w, r)
	var it struct{ ShardIterator string }
	if err := json.Unmarshal(w.Body.Bytes(), &it); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ action, body string }{
		{"GetRecords", `{"ShardIterator":"` + it.ShardIterator + `"}`}, {"PutRecords", put},
	} {
		b.Run("action="+c.action, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuMicros(b)
			for b.Loop() {
				if status := serve(c.action, c.body); status != http.StatusOK {
					b.Fatal(status)
				}
			}
			b.ReportMetric((cpuMicros(b)-before)/1000/float64(b.N), "cpu-ms/call")
		})
	}
}

package producer

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// sinkMark says that this program is to be the server of the benchmarks.
const sinkMark = "STREAMGAUGE_TEST_SINK"

// serveSink is the least that a server of net/http can do with a PutRecords: it counts the records and acknowledges them.
func serveSink() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	entry := `{"ShardId":"shardId-000000000000","SequenceNumber":"` + strings.Repeat("4", 56) + `"}`
	answers := make([]string, MaxRequestRecords+1)
	for n := range answers {
		answers[n] = `{"FailedRecordCount":0,"Records":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := answers[bytes.Count(body, []byte(`"PartitionKey"`))]
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = io.WriteString(w, answer)
	})}
	return server.Serve(l)
}

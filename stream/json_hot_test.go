package stream

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// putRecordsBodies are bodies of PutRecords, those first that clients write.
var putRecordsBodies = []string{
	`{"Records":[{"Data":"AAEC","PartitionKey":"k"}],"StreamName":"s"}`,
	` { "StreamARN" : "arn" , "Records" : [ { "ExplicitHashKey" : "12" , "PartitionKey" : "é\u00e9\n\ud83d\ude00" , "Data" : "" } , {"Data":"AA=="} ] } ` + "\n",
	`{"Records":[]}`, `{}`, `{"Records":[{},{}]}`, `{"Records":[{"PartitionKey":""}]}`,
	`{"Records":[{"Data":"AA==","PartitionKey":"a"},{"Data":"AAA=","PartitionKey":"b"},{"Data":"AAAA","PartitionKey":"c"},{"Data":"+/+/","PartitionKey":"d"}]}`,
}

// oddBodies are those that scanPutRecords must leave to others, or refuse as they do.
var oddBodies = []string{
	`{`, `{"Records":null}`, `{"Records":[null]}`, `{"records":[{"data":"AA==","PARTITIONKEY":"x"}]}`, `{"StreamName":5}`,
	`{"Records":[{"Data":"A"}]}`, `{"Records":[{"Data":"AB=="}]}`, `{"Records":[{"Data":"AA="}]}`, `{"Records":[{"Data":"===="}]}`, `{"Records":[{"Data":"A==="}]}`,
	"{\"Records\":[{\"Data\":\"AA\nAAAAA\"}]}", "{\"Records\":[{\"Data\":\"\n\n\n\nAAAA\"}]}", `{"Records":[{"Data":"AAAA\n\n\n\n"}]}`, `{"Records":[{"Data":"\/\/\/\/"}]}`,
	`{"Records":[{"Data":"AA==AA=="}]}`, `{"Records":[{"Data":"AAA` + "\x00" + `"}]}`, "{\"Records\":[{\"PartitionKey\":\"\x80\"}]}", "{\"Records\":[{\"PartitionKey\":\"\x1f\"}]}",
	`{"Records":[{"PartitionKey":"\ud800"}]}`, `{"Records":[{"PartitionKey":"\x"}]}`, `{"Records":[{"PartitionKey":"\`, `{"Records":[{"PartitionKey":"a","PartitionKey":"b"}]}`,
	`{"Records":[{"Data":"AAAA","Data":"AA=="}]}`, `{"Records":[{"Data":"AAAA"}],"Records":[{}]}`, `{"StreamName":"a","StreamName":"b"}`, `{"Records":[{}],"Extra":{}}`,
	`{"Records":[{},]}`, `{"Records":[{}}`, `{"Records":[{}],}`, `{"Records":[{}]} x`, `{"\u0052ecords":[{}]}`, `{"DryRun":true,"Records":[{}]}`, `{"Records":[{"Data":null}]}`,
}

// checkPutRecordsJSON holds the two ways to read a PutRecords against each other.
func checkPutRecordsJSON(t *testing.T, body []byte) (scanned bool) {
	t.Helper()
	quick, plain := new(kinesis.PutRecordsInput), new(kinesis.PutRecordsInput)
	scanned = scanPutRecords(body, quick)
	if scanned {
		if err := unmarshal(body, plain); err != nil {
			t.Fatalf("%q: scanned, though %v", body, err)
		}
		if !reflect.DeepEqual(quick, plain) {
			t.Fatalf("%q\nscanned %s\n  plain %s", body, show(quick), show(plain))
		}
	}
	whole := new(kinesis.PutRecordsInput)
	if got, want := decodeJSON(body, whole), unmarshal(body, new(kinesis.PutRecordsInput)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%q: %v, want %v", body, got, want)
	}
	return scanned
}

func show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func TestScanPutRecords(t *testing.T) {
	for _, body := range putRecordsBodies {
		if !checkPutRecordsJSON(t, []byte(body)) {
			t.Errorf("%s is left to the plain codec", body)
		}
	}
	for _, body := range oddBodies {
		checkPutRecordsJSON(t, []byte(body))
	}
	for n := range 300 { // every length of data, so that each of the decoder's loops ends everywhere
		if body := putRecordsJSON(3, n); !checkPutRecordsJSON(t, body) {
			t.Errorf("records of %d bytes are left to the plain codec", n)
		}
	}
}

func FuzzPutRecordsJSON(f *testing.F) {
	for _, body := range append(putRecordsBodies, oddBodies...) {
		f.Add([]byte(body))
	}
	f.Add(putRecordsJSON(2, 100))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 0 && body[0] == '{' {
			checkPutRecordsJSON(t, body)
		}
	})
}

// putRecordsJSON is a PutRecords of n records of some bytes, with a key of 36 each.
func putRecordsJSON(n, size int) []byte {
	return walkJSON(nil, &kinesis.PutRecordsInput{StreamName: aws.String("s"), Records: randomEntries(n, size)})
}

func randomEntries(n, size int) []types.PutRecordsRequestEntry {
	random := rand.NewChaCha8([32]byte{1})
	all := make([]types.PutRecordsRequestEntry, n)
	for i := range all {
		data := make([]byte, size)
		random.Read(data)
		all[i] = types.PutRecordsRequestEntry{Data: data, PartitionKey: aws.String(fmt.Sprintf("%036d", i))}
	}
	return all
}

// testPage is what a GetRecords of n records found.
func testPage(n, size int) *page {
	p := &page{shard: &shard{}, encryption: types.EncryptionTypeNone, behind: aws.Int64(12), next: aws.String("AAAA")}
	p.shard.CreatedMS = 1_700_000_000_000
	for i, e := range randomEntries(n, size) {
		p.entries = append(p.entries, shardlog.Entry{Index: uint64(i), Arrival: 1_700_000_000_000 + int64(i)*7, Key: []byte(*e.PartitionKey), Data: e.Data})
	}
	return p
}

// FuzzGetRecordsJSON holds the two ways to write a GetRecords against each other, byte by byte.
func FuzzGetRecordsJSON(f *testing.F) {
	f.Add([]byte("data"), []byte("key"), int64(1_700_000_000_123), uint8(3), "next", false)
	f.Add([]byte{}, []byte("\"\\\x00\u2028é\xff</script>"), int64(0), uint8(1), "", false)
	f.Add([]byte{}, []byte{}, int64(1000), uint8(0), "next", false)
	f.Add([]byte("x"), []byte("k"), int64(1), uint8(2), "", true)
	f.Fuzz(func(t *testing.T, data, key []byte, ms int64, n uint8, next string, last bool) {
		p := testPage(0, 0)
		p.behind, p.next = &ms, &next
		if last {
			p.next, p.children = nil, []types.ChildShard{{ShardId: &next}}
		}
		for i := range int(n) {
			p.entries = append(p.entries, shardlog.Entry{Index: uint64(ms) % 1000, Arrival: max(0, ms), Key: key, Data: data[:min(i, len(data))]})
		}
		want := walkJSON(nil, p.output())
		if got := encodeJSON(make([]byte, 0, 10), p); string(got) != string(want) {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
	})
}

// cpuTime is the CPU time that the process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPutRecordsDecode reads a body of 500 records.
func BenchmarkPutRecordsDecode(b *testing.B) {
	for _, size := range []int{200, 1024} {
		body, packed := putRecordsJSON(500, size), encodeCBOR(nil, &kinesis.PutRecordsInput{StreamName: aws.String("s"), Records: randomEntries(500, size)})
		for _, c := range []struct {
			name string
			body []byte
			read func([]byte, any) error
		}{{"quick", body, decodeJSON}, {"plain", body, unmarshal}, {"cbor", packed, decodeCBOR}} {
			b.Run(fmt.Sprintf("bytes=%d/codec=%s", size, c.name), func(b *testing.B) {
				b.ReportAllocs()
				before := cpuTime(b)
				for b.Loop() {
					if err := c.read(c.body, new(kinesis.PutRecordsInput)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			})
		}
	}
}

// BenchmarkGetRecordsEncode writes 10,000 records.
func BenchmarkGetRecordsEncode(b *testing.B) {
	for _, size := range []int{200, 1024} {
		p := testPage(10_000, size)
		for name, write := range map[string]func([]byte) []byte{
			"quick": func(buf []byte) []byte { return encodeJSON(buf, p) },
			"plain": func(buf []byte) []byte { return walkJSON(buf, p) },
			"cbor":  func(buf []byte) []byte { return encodeCBOR(buf, p) },
		} {
			b.Run(fmt.Sprintf("bytes=%d/codec=%s", size, name), func(b *testing.B) {
				var buf []byte
				b.ReportAllocs()
				before := cpuTime(b)
				for b.Loop() {
					buf = write(buf[:0])
				}
				b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			})
		}
	}
}

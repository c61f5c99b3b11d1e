package stream

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/segmentio/asm/base64"
)

// appendGetRecords writes what encodeJSON writes, without asking the SDK about every field of every record. It takes
// records that have all their fields, as those of a broker do; of others it says false.
func appendGetRecords(b []byte, out *kinesis.GetRecordsOutput) ([]byte, bool) {
	if out.ChildShards != nil || out.MillisBehindLatest == nil || out.NextShardIterator == nil || out.Records == nil {
		return b, false
	}
	w := jsonWriter{buf: grow(b, out.Records)}
	w.buf = append(w.buf, `{"MillisBehindLatest":`...)
	w.buf = strconv.AppendInt(w.buf, *out.MillisBehindLatest, 10)
	w.buf = append(w.buf, `,"NextShardIterator":`...)
	w.string(*out.NextShardIterator)
	w.buf = append(w.buf, `,"Records":[`...)
	for i := range out.Records {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		if !w.record(&out.Records[i]) {
			return b, false
		}
	}
	return append(w.buf, "]}"...), true
}

// grow makes room for records, so that the buffer is not copied while it is filled.
func grow(b []byte, records []types.Record) []byte {
	const fixed = len(`{"ApproximateArrivalTimestamp":1700000000.000,"Data":"","EncryptionType":"NONE","PartitionKey":"","SequenceNumber":""},`) + sequenceDigits
	size := 1 << 10
	for i := range records {
		r := &records[i]
		size += fixed + base64.StdEncoding.EncodedLen(len(r.Data))
		if r.PartitionKey != nil {
			size += len(*r.PartitionKey)
		}
	}
	if cap(b)-len(b) >= size {
		return b
	}
	return append(make([]byte, 0, len(b)+size), b...)
}

func (w *jsonWriter) record(r *types.Record) bool {
	if r.ApproximateArrivalTimestamp == nil || r.Data == nil || r.EncryptionType == "" || r.PartitionKey == nil || r.SequenceNumber == nil {
		return false
	}
	w.buf = append(w.buf, `{"ApproximateArrivalTimestamp":`...)
	w.time(*r.ApproximateArrivalTimestamp)
	w.buf = append(w.buf, `,"Data":"`...)
	w.buf = appendBase64(w.buf, r.Data)
	w.buf = append(w.buf, `","EncryptionType":`...)
	w.string(string(r.EncryptionType))
	w.buf = append(w.buf, `,"PartitionKey":`...)
	w.string(*r.PartitionKey)
	w.buf = append(w.buf, `,"SequenceNumber":`...)
	w.string(*r.SequenceNumber)
	w.buf = append(w.buf, '}')
	return true
}

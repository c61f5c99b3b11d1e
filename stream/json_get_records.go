package stream

import (
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/segmentio/asm/base64"
)

// serveGetRecords answers GetRecords as handle would, but writes JSON from what the log has: to make the SDK's types of
// ten thousand records, and to walk them, costs twice as much as all the rest.
func (b *Broker) serveGetRecords(w http.ResponseWriter, r *http.Request, c codec, body []byte) error {
	in := new(kinesis.GetRecordsInput)
	if err := c.decode(body, in); err != nil {
		return err
	}
	if out, err, handled := controlled[kinesis.GetRecordsOutput](b, in); handled {
		if err == nil {
			writeOutput(w, c, out)
		}
		return err
	}
	var p *page
	err := b.enter(r.Context(), func() (err error) {
		p, err = b.getPage(in)
		return err
	})
	if err != nil {
		return err
	}
	writeOutput(w, c, p)
	return nil
}

// Serialize implements smithy.Serializable, for the codecs that do not know pages.
func (p *page) Serialize(s smithy.ShapeSerializer) { p.output().Serialize(s) }

// appendPage writes what walkJSON writes. The end of a shard, which has other fields, is not worth a way of its own.
func appendPage(b []byte, p *page) []byte {
	if p.next == nil {
		return walkJSON(b, p)
	}
	w := jsonWriter{buf: p.grow(b)}
	w.buf = append(w.buf, `{"MillisBehindLatest":`...)
	w.buf = strconv.AppendInt(w.buf, *p.behind, 10)
	w.buf = append(w.buf, `,"NextShardIterator":`...)
	w.string(*p.next)
	w.buf = append(w.buf, `,"Records":[`...)
	for i := range p.entries {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.entry(p, i)
	}
	return append(w.buf, "]}"...)
}

func (w *jsonWriter) entry(p *page, i int) {
	e := &p.entries[i]
	w.buf = append(w.buf, `{"ApproximateArrivalTimestamp":`...)
	w.millis(e.Arrival)
	w.buf = append(w.buf, `,"Data":"`...)
	w.buf = appendBase64(w.buf, e.Data)
	w.buf = append(w.buf, `","EncryptionType":"`...)
	w.buf = append(w.buf, p.encryption...)
	w.buf = append(w.buf, `","PartitionKey":`...)
	w.text(e.Key)
	w.buf = append(w.buf, `,"SequenceNumber":"`...)
	w.buf = p.shard.sequence(e.Index, e.Arrival).append(w.buf)
	w.buf = append(w.buf, `"}`...)
}

// grow makes room for a page, so that the buffer is not copied while it is filled.
func (p *page) grow(b []byte) []byte {
	const fixed = len(`{"ApproximateArrivalTimestamp":1700000000.000,"Data":"","EncryptionType":"NONE","PartitionKey":"","SequenceNumber":""},`) + sequenceDigits
	size := 1 << 10
	for i := range p.entries {
		e := &p.entries[i]
		size += fixed + len(e.Key) + base64.StdEncoding.EncodedLen(len(e.Data))
	}
	if cap(b) >= size {
		return b
	}
	return make([]byte, 0, size)
}

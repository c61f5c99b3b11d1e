package kpl

import (
	"crypto/md5"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of AggregatedRecord and of Record.
const (
	fieldKey    = 1
	fieldHash   = 2
	fieldRecord = 3

	fieldKeyIndex  = 1
	fieldHashIndex = 2
	fieldData      = 3
)

// What a record costs beside the bytes of its keys and data, at most, as long as it is not larger than 10 MiB.
const (
	Overhead     = len(magic) + md5.Size // once
	KeyOverhead  = 1 + 4                 // each partition key: tag, length
	ItemOverhead = 1 + 4 + 1 + 4 + 1 + 4 // each user record: tag, length; tag, index; tag, length
)

const magic = "\xf3\x89\x9a\xc2"

// Writer makes an aggregated record: first all keys, then all user records, then Finish.
type Writer struct{ buf []byte }

// NewWriter returns a writer that appends to buf. Data returned by Record stays where it is if buf has room for everything.
func NewWriter(buf []byte) *Writer { return &Writer{append(buf[:0], magic...)} }

// Key adds a partition key. The first one has the index 0.
func (w *Writer) Key(key string) {
	w.buf = protowire.AppendTag(w.buf, fieldKey, protowire.BytesType)
	w.buf = protowire.AppendString(w.buf, key)
}

// Record adds a user record under a partition key, and returns its data as it lies in the buffer.
func (w *Writer) Record(key int, data []byte) []byte {
	size := 1 + protowire.SizeVarint(uint64(key)) + 1 + protowire.SizeBytes(len(data))
	w.buf = protowire.AppendTag(w.buf, fieldRecord, protowire.BytesType)
	w.buf = protowire.AppendVarint(w.buf, uint64(size))
	w.buf = protowire.AppendTag(w.buf, fieldKeyIndex, protowire.VarintType)
	w.buf = protowire.AppendVarint(w.buf, uint64(key))
	w.buf = protowire.AppendTag(w.buf, fieldData, protowire.BytesType)
	w.buf = protowire.AppendBytes(w.buf, data)
	return w.buf[len(w.buf)-len(data) : len(w.buf) : len(w.buf)]
}

// Finish adds the checksum and returns the whole record.
func (w *Writer) Finish() []byte {
	sum := md5.Sum(w.buf[len(magic):])
	w.buf = append(w.buf, sum[:]...)
	return w.buf
}

package stream

import (
	"encoding/binary"
	"math"
	"math/big"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"
)

// encodeCBOR appends an SDK output to b as the wire has it; an operation without output has an empty body.
func encodeCBOR(b []byte, out smithy.Serializable) []byte {
	w := cborWriter{buf: b}
	out.Serialize(&w)
	if w.void {
		return b
	}
	return w.buf
}

// encodeCBORError writes an error's body, with the fields that encodeError has.
func encodeCBORError(err smithy.APIError) []byte {
	var w cborWriter
	w.begin(nil, cborMap, true)
	w.text("__type")
	w.text(err.ErrorCode())
	if err.ErrorMessage() != "" {
		w.text(messageField(err))
		w.text(err.ErrorMessage())
	}
	w.end()
	return w.buf
}

// cborWriter writes what the SDK's types tell it about themselves as CBOR 1.1 of AWS: maps and lists have an indefinite
// length, times are milliseconds since 1970 without a tag.
type cborWriter struct {
	buf   []byte
	named []bool // for each open item: values have names
	void  bool   // the output has no shape at all
}

var _ smithy.ShapeSerializer = (*cborWriter)(nil)

func (w *cborWriter) head(major byte, arg uint64) {
	major <<= 5
	switch {
	case arg < 24:
		w.buf = append(w.buf, major|byte(arg))
	case arg <= math.MaxUint8:
		w.buf = append(w.buf, major|24, byte(arg))
	case arg <= math.MaxUint16:
		w.buf = binary.BigEndian.AppendUint16(append(w.buf, major|25), uint16(arg))
	case arg <= math.MaxUint32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, major|26), uint32(arg))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, major|27), arg)
	}
}

func (w *cborWriter) simple(value byte) { w.buf = append(w.buf, cborSimple<<5|value) }

func (w *cborWriter) text(s string) {
	w.head(cborText, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// name writes the name of a value, if it has one.
func (w *cborWriter) name(schema *smithy.Schema) {
	if n := len(w.named); n > 0 && w.named[n-1] {
		w.text(schema.MemberName())
	}
}

func (w *cborWriter) begin(schema *smithy.Schema, major byte, named bool) {
	w.name(schema)
	w.buf = append(w.buf, major<<5|cborIndefinite)
	w.named = append(w.named, named)
}

func (w *cborWriter) end() {
	w.buf = append(w.buf, cborBreak)
	w.named = w.named[:len(w.named)-1]
}

// Bytes and the methods below implement smithy.ShapeSerializer.
func (w *cborWriter) Bytes() []byte { return w.buf }

// WriteStruct is called without a schema for the output of a void operation.
func (w *cborWriter) WriteStruct(schema *smithy.Schema) {
	w.void = schema == nil
	w.begin(schema, cborMap, true)
}
func (w *cborWriter) CloseStruct()                        { w.end() }
func (w *cborWriter) WriteList(schema *smithy.Schema)     { w.begin(schema, cborList, false) }
func (w *cborWriter) CloseList()                          { w.end() }
func (w *cborWriter) WriteMap(schema *smithy.Schema)      { w.begin(schema, cborMap, false) }
func (w *cborWriter) CloseMap()                           { w.end() }
func (w *cborWriter) WriteUnion(schema, _ *smithy.Schema) { w.begin(schema, cborMap, true) }
func (w *cborWriter) CloseUnion()                         { w.end() }

func (w *cborWriter) WriteKey(_ *smithy.Schema, key string) { w.text(key) }

func (w *cborWriter) WriteString(schema *smithy.Schema, v string) {
	w.name(schema)
	w.text(v)
}

func (w *cborWriter) WriteBlob(schema *smithy.Schema, v []byte) {
	w.name(schema)
	w.head(cborBytes, uint64(len(v)))
	w.buf = append(w.buf, v...)
}

func (w *cborWriter) WriteTime(schema *smithy.Schema, v time.Time) {
	w.WriteInt64(schema, v.UnixMilli())
}

func (w *cborWriter) WriteInt64(schema *smithy.Schema, v int64) {
	w.name(schema)
	if v < 0 {
		w.head(cborNegative, uint64(-1-v))
		return
	}
	w.head(cborUint, uint64(v))
}

func (w *cborWriter) WriteInt8(schema *smithy.Schema, v int8)   { w.WriteInt64(schema, int64(v)) }
func (w *cborWriter) WriteInt16(schema *smithy.Schema, v int16) { w.WriteInt64(schema, int64(v)) }
func (w *cborWriter) WriteInt32(schema *smithy.Schema, v int32) { w.WriteInt64(schema, int64(v)) }

func (w *cborWriter) WriteFloat64(schema *smithy.Schema, v float64) {
	w.name(schema)
	w.simple(cborDouble)
	w.buf = binary.BigEndian.AppendUint64(w.buf, math.Float64bits(v))
}

func (w *cborWriter) WriteFloat32(schema *smithy.Schema, v float32) {
	w.WriteFloat64(schema, float64(v))
}

func (w *cborWriter) WriteBool(schema *smithy.Schema, v bool) {
	w.name(schema)
	value := byte(cborFalse)
	if v {
		value = cborTrue
	}
	w.simple(value)
}

func (w *cborWriter) WriteNil(schema *smithy.Schema) {
	w.name(schema)
	w.simple(cborNull)
}

// The API of Kinesis has no such members.

func (w *cborWriter) WriteBigInt(schema *smithy.Schema, _ *big.Int)         { w.WriteNil(schema) }
func (w *cborWriter) WriteBigFloat(schema *smithy.Schema, _ *big.Float)     { w.WriteNil(schema) }
func (w *cborWriter) WriteDocument(schema *smithy.Schema, _ document.Value) { w.WriteNil(schema) }

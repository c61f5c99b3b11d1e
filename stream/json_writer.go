package stream

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/document"
	"github.com/segmentio/asm/base64"
)

// jsonWriter writes what the SDK's types tell it about themselves as JSON 1.1 of AWS: bytes are base64, times are seconds
// since 1970 with at most three decimals.
type jsonWriter struct {
	buf    []byte
	object []bool // for each open bracket: values have names
	void   bool   // the output has no shape at all
}

var _ smithy.ShapeSerializer = (*jsonWriter)(nil)

// begin writes what stands before a value: a comma, unless it is the first, and its name, if it has one.
func (w *jsonWriter) begin(schema *smithy.Schema) {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case ':':
			return // WriteKey has done it
		case '{', '[':
		default:
			w.buf = append(w.buf, ',')
		}
	}
	if n := len(w.object); n > 0 && w.object[n-1] {
		w.buf = append(w.buf, '"')
		w.buf = append(w.buf, schema.MemberName()...)
		w.buf = append(w.buf, '"', ':')
	}
}

func (w *jsonWriter) open(schema *smithy.Schema, bracket byte) {
	w.begin(schema)
	w.buf = append(w.buf, bracket)
	w.object = append(w.object, bracket == '{')
}

func (w *jsonWriter) close(bracket byte) {
	w.buf = append(w.buf, bracket)
	w.object = w.object[:len(w.object)-1]
}

// Bytes and the methods below implement smithy.ShapeSerializer.
func (w *jsonWriter) Bytes() []byte { return w.buf }

// WriteStruct is called without a schema for the output of a void operation.
func (w *jsonWriter) WriteStruct(schema *smithy.Schema) {
	w.void = schema == nil
	w.open(schema, '{')
}
func (w *jsonWriter) CloseStruct()                        { w.close('}') }
func (w *jsonWriter) WriteList(schema *smithy.Schema)     { w.open(schema, '[') }
func (w *jsonWriter) CloseList()                          { w.close(']') }
func (w *jsonWriter) WriteMap(schema *smithy.Schema)      { w.open(schema, '{') }
func (w *jsonWriter) CloseMap()                           { w.close('}') }
func (w *jsonWriter) WriteUnion(schema, _ *smithy.Schema) { w.open(schema, '{') }
func (w *jsonWriter) CloseUnion()                         { w.close('}') }

func (w *jsonWriter) WriteKey(_ *smithy.Schema, key string) {
	if n := len(w.buf); w.buf[n-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.string(key)
	w.buf = append(w.buf, ':')
}

func (w *jsonWriter) WriteString(schema *smithy.Schema, v string) {
	w.begin(schema)
	w.string(v)
}

func (w *jsonWriter) string(v string) {
	if !isPlain(v) {
		w.quoted(v)
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, v...)
	w.buf = append(w.buf, '"')
}

// text is string for what is not one yet.
func (w *jsonWriter) text(v []byte) {
	if !isPlain(v) {
		w.quoted(string(v))
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, v...)
	w.buf = append(w.buf, '"')
}

func (w *jsonWriter) quoted(v string) {
	quoted, _ := json.Marshal(v) // a string always has a JSON form
	w.buf = append(w.buf, quoted...)
}

// isPlain is true of a string that stands in JSON as it is.
func isPlain[T string | []byte](v T) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (w *jsonWriter) WriteBlob(schema *smithy.Schema, v []byte) {
	w.begin(schema)
	w.buf = append(w.buf, '"')
	w.buf = appendBase64(w.buf, v)
	w.buf = append(w.buf, '"')
}

func appendBase64(b, v []byte) []byte {
	n, size := len(b), base64.StdEncoding.EncodedLen(len(v))
	b = slices.Grow(b, size)[:n+size]
	base64.StdEncoding.Encode(b[n:], v)
	return b
}

func (w *jsonWriter) WriteTime(schema *smithy.Schema, v time.Time) {
	w.begin(schema)
	w.millis(v.UnixMilli())
}

// millis writes a time, given in Unix milliseconds.
func (w *jsonWriter) millis(ms int64) {
	w.buf = strconv.AppendInt(w.buf, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		digits := [4]byte{'.', byte('0' + ms/100), byte('0' + ms/10%10), byte('0' + ms%10)}
		w.buf = append(w.buf, digits[:]...)
	}
}

func (w *jsonWriter) WriteInt64(schema *smithy.Schema, v int64) {
	w.begin(schema)
	w.buf = strconv.AppendInt(w.buf, v, 10)
}

func (w *jsonWriter) WriteInt8(schema *smithy.Schema, v int8)   { w.WriteInt64(schema, int64(v)) }
func (w *jsonWriter) WriteInt16(schema *smithy.Schema, v int16) { w.WriteInt64(schema, int64(v)) }
func (w *jsonWriter) WriteInt32(schema *smithy.Schema, v int32) { w.WriteInt64(schema, int64(v)) }

func (w *jsonWriter) WriteFloat64(schema *smithy.Schema, v float64) {
	w.begin(schema)
	w.buf = strconv.AppendFloat(w.buf, v, 'g', -1, 64)
}

func (w *jsonWriter) WriteFloat32(schema *smithy.Schema, v float32) {
	w.WriteFloat64(schema, float64(v))
}

func (w *jsonWriter) WriteBool(schema *smithy.Schema, v bool) {
	w.begin(schema)
	w.buf = strconv.AppendBool(w.buf, v)
}

func (w *jsonWriter) WriteNil(schema *smithy.Schema) {
	w.begin(schema)
	w.buf = append(w.buf, "null"...)
}

// The API of Kinesis has no such members.

func (w *jsonWriter) WriteBigInt(schema *smithy.Schema, _ *big.Int)         { w.WriteNil(schema) }
func (w *jsonWriter) WriteBigFloat(schema *smithy.Schema, _ *big.Float)     { w.WriteNil(schema) }
func (w *jsonWriter) WriteDocument(schema *smithy.Schema, _ document.Value) { w.WriteNil(schema) }

package stream

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/segmentio/asm/base64"
)

// scanPutRecords reads a PutRecords in one pass, many times as fast as reflection. It knows what clients write: the names
// of the API once each, with values of the right kind. Of all else it says false, and then unmarshal reads the body again
// and decides; so scanPutRecords never has to say what is wrong, and what it accepts, unmarshal reads alike.
//
// Strings without escapes are parts of the body, which must not be changed any more.
func scanPutRecords(body []byte, in *kinesis.PutRecordsInput) bool {
	s := &jsonScanner{body: body, data: make([]byte, len(body)/4*3)}
	*in = kinesis.PutRecordsInput{}
	ok := s.members(func(name string) bool {
		switch name {
		case "StreamName":
			return s.optional(&in.StreamName)
		case "StreamARN":
			return s.optional(&in.StreamARN)
		case "Records":
			return in.Records == nil && s.entries(&in.Records)
		}
		return false
	})
	s.space()
	return ok && s.pos == len(body)
}

// entries reads the list of records.
func (s *jsonScanner) entries(to *[]types.PutRecordsRequestEntry) bool {
	if !s.take('[') {
		return false
	}
	size := min(len(s.body)/64+1, maxPutRecords)
	all, keys := make([]types.PutRecordsRequestEntry, 0, size), make([]string, 0, size)
	for more := !s.take(']'); more; more = s.take(',') {
		var e types.PutRecordsRequestEntry
		ok := s.members(func(name string) bool {
			switch name {
			case "Data":
				return e.Data == nil && s.blob(&e.Data)
			case "PartitionKey":
				key, ok := s.string()
				keys = append(keys, key)
				ok = ok && e.PartitionKey == nil
				e.PartitionKey = &keys[len(keys)-1]
				return ok
			case "ExplicitHashKey":
				return s.optional(&e.ExplicitHashKey)
			}
			return false
		})
		if !ok {
			return false
		}
		all = append(all, e)
	}
	*to = all
	return len(all) == 0 || s.take(']')
}

// jsonScanner reads JSON from left to right. Each method says false where something else stands than it reads.
type jsonScanner struct {
	body []byte
	pos  int
	data []byte // room for all bytes that are still to come
}

func (s *jsonScanner) space() {
	for s.pos < len(s.body) {
		switch s.body[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// take reads a character, and the space before it.
func (s *jsonScanner) take(c byte) bool {
	s.space()
	if s.pos == len(s.body) || s.body[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

// members reads an object, each of whose values the function reads.
func (s *jsonScanner) members(value func(name string) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		name, ok := s.string()
		if !ok || !s.take(':') || !value(name) {
			return false
		}
		if !s.take(',') {
			return s.take('}')
		}
	}
}

// optional reads a string into a field that is still empty.
func (s *jsonScanner) optional(to **string) bool {
	if *to != nil {
		return false
	}
	text, ok := s.string()
	*to = &text
	return ok
}

func (s *jsonScanner) string() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	from, plain := s.pos, true
	for ; s.pos < len(s.body); s.pos++ {
		switch c := s.body[s.pos]; {
		case c == '"':
			s.pos++
			return s.content(from, plain)
		case c < ' ':
			return "", false
		case c == '\\':
			plain = false
			s.pos++
		}
	}
	return "", false
}

// content is the string between a quote before from, and the one just read.
func (s *jsonScanner) content(from int, plain bool) (string, bool) {
	if text := s.body[from : s.pos-1]; plain && utf8.Valid(text) {
		return unsafe.String(unsafe.SliceData(text), len(text)), true
	}
	var unquoted string
	err := json.Unmarshal(s.body[from-1:s.pos], &unquoted)
	return unquoted, err == nil
}

// blob reads base64. Only alphabet and padding make as many bytes as are counted here: the decoder would pass over ends
// of lines, which may not stand in JSON.
func (s *jsonScanner) blob(to *[]byte) bool {
	if !s.take('"') {
		return false
	}
	size := bytes.IndexByte(s.body[s.pos:], '"')
	if size < 0 || size%4 != 0 {
		return false
	}
	coded := s.body[s.pos : s.pos+size]
	s.pos += size + 1
	want := size / 4 * 3
	for i := size; i > max(size-2, 0) && coded[i-1] == '='; i-- {
		want--
	}
	n, err := base64.StdEncoding.Decode(s.data[:size/4*3], coded)
	*to, s.data = s.data[:n:n], s.data[size/4*3:]
	return err == nil && n == want
}

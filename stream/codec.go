package stream

import (
	"mime"
	"net/http"

	"github.com/aws/smithy-go"
)

// Media types of the wire.
const (
	jsonType = "application/x-amz-json-1.1"
	cborType = "application/x-amz-cbor-1.1"
)

// codec is an encoding of the wire: of a request, of what it is answered, and of errors.
type codec interface {
	mediaType() string
	decode(body []byte, in any) error
	// encode appends to a buffer that is empty, and returns it.
	encode(b []byte, out smithy.Serializable) []byte
	encodeError(smithy.APIError) []byte
}

var (
	_ codec = jsonCodec{}
	_ codec = cborCodec{}
)

// codecOf is the codec that a request asks for, and is answered in.
func codecOf(r *http.Request) (codec, bool) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return jsonCodec{}, false
	case media == cborType:
		return cborCodec{}, true
	}
	return jsonCodec{}, media == jsonType
}

// jsonCodec is JSON 1.1 of AWS.
type jsonCodec struct{}

func (jsonCodec) mediaType() string                               { return jsonType }
func (jsonCodec) decode(body []byte, in any) error                { return decodeJSON(body, in) }
func (jsonCodec) encode(b []byte, out smithy.Serializable) []byte { return encodeJSON(b, out) }
func (jsonCodec) encodeError(err smithy.APIError) []byte          { return encodeError(err) }

// cborCodec is CBOR 1.1 of AWS: the same messages with bytes as bytes, and times as milliseconds.
type cborCodec struct{}

func (cborCodec) mediaType() string                               { return cborType }
func (cborCodec) decode(body []byte, in any) error                { return decodeCBOR(body, in) }
func (cborCodec) encode(b []byte, out smithy.Serializable) []byte { return encodeCBOR(b, out) }
func (cborCodec) encodeError(err smithy.APIError) []byte          { return encodeCBORError(err) }

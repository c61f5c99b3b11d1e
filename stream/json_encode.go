package stream

import (
	"encoding/json"

	"github.com/aws/smithy-go"
)

// encodeJSON appends an SDK output to b as the wire has it. The SDK's own code walks the output and leaves absent fields
// out; an operation without output has an empty body.
func encodeJSON(b []byte, out smithy.Serializable) []byte {
	if p, ok := out.(*page); ok {
		return appendPage(b, p)
	}
	return walkJSON(b, out)
}

func walkJSON(b []byte, out smithy.Serializable) []byte {
	w := jsonWriter{buf: b}
	out.Serialize(&w)
	if w.void {
		return b
	}
	return w.buf
}

// encodeError writes an error's body.
func encodeError(err smithy.APIError) []byte {
	body := map[string]string{"__type": err.ErrorCode()}
	if err.ErrorMessage() != "" {
		body[messageField(err)] = err.ErrorMessage()
	}
	data, _ := json.Marshal(body) // a map of strings always has a JSON form
	return data
}

// messageField is the name of an error's message: Kinesis says "message", but "Message" about a body that it could not read.
func messageField(err smithy.APIError) string {
	if err.ErrorCode() == serializationCode {
		return "Message"
	}
	return "message"
}

package stream

import (
	"encoding/json"

	"github.com/aws/smithy-go"
)

// encodeJSON writes an SDK output as the wire has it. The SDK's own code walks the output and leaves absent fields out;
// an operation without output has an empty body.
func encodeJSON(out smithy.Serializable) []byte {
	var w jsonWriter
	out.Serialize(&w)
	if w.void {
		return nil
	}
	return w.buf
}

// encodeError writes an error's body. Kinesis says "message", but "Message" about a body that it could not read.
func encodeError(err smithy.APIError) []byte {
	body := map[string]string{"__type": err.ErrorCode()}
	field := "message"
	if err.ErrorCode() == serializationCode {
		field = "Message"
	}
	if err.ErrorMessage() != "" {
		body[field] = err.ErrorMessage()
	}
	data, _ := json.Marshal(body) // a map of strings always has a JSON form
	return data
}

package stream

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// decodeJSON reads a request body into an SDK input. Its field names are those of the wire; only times differ.
func decodeJSON(body []byte, in any) error {
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return serializationError("")
	}
	switch in := in.(type) {
	case *kinesis.PutRecordsInput:
		if scanPutRecords(body, in) {
			return nil
		}
		*in = kinesis.PutRecordsInput{}
	case *kinesis.GetShardIteratorInput:
		return decodeGetShardIterator(body, in)
	case *kinesis.ListShardsInput:
		return decodeListShards(body, in)
	case *kinesis.ListStreamConsumersInput:
		return decodeListStreamConsumers(body, in)
	case *kinesis.SubscribeToShardInput:
		return decodeSubscribeToShard(body, in)
	}
	return unmarshal(body, in)
}

// epoch is a time as the wire has it: seconds since 1970, with a fraction.
type epoch float64

// time rounds to milliseconds, which is all that clients send.
func (e *epoch) time() *time.Time {
	if e == nil {
		return nil
	}
	t := time.UnixMilli(int64(math.Round(float64(*e) * 1000))).UTC()
	return &t
}

func decodeGetShardIterator(body []byte, in *kinesis.GetShardIteratorInput) error {
	wire := struct {
		*kinesis.GetShardIteratorInput
		Timestamp *epoch // hides the embedded one
	}{GetShardIteratorInput: in}
	err := unmarshal(body, &wire)
	in.Timestamp = wire.Timestamp.time()
	return err
}

func decodeListShards(body []byte, in *kinesis.ListShardsInput) error {
	wire := struct {
		*kinesis.ListShardsInput
		StreamCreationTimestamp *epoch // hides the embedded one
		ShardFilter             *struct {
			types.ShardFilter
			Timestamp *epoch // hides the embedded one
		}
	}{ListShardsInput: in}
	if err := unmarshal(body, &wire); err != nil {
		return err
	}
	in.StreamCreationTimestamp = wire.StreamCreationTimestamp.time()
	if f := wire.ShardFilter; f != nil {
		f.ShardFilter.Timestamp = f.Timestamp.time()
		in.ShardFilter = &f.ShardFilter
	}
	return nil
}

func unmarshal(body []byte, in any) error {
	err := json.Unmarshal(body, in)
	var wrong *json.UnmarshalTypeError
	var base64Error base64.CorruptInputError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return serializationError(wrongType(wrong.Value, wrong.Type))
	case errors.As(err, &base64Error):
		return serializationError("Blob is not valid Base64: " + base64Error.Error())
	}
	return serializationError("")
}

// wrongType says in the words of AWS that a JSON value of one kind stands where a Go type is.
func wrongType(value string, want reflect.Type) string {
	value, _, _ = strings.Cut(value, " ") // "number 1.5"
	switch {
	case value == "array":
		return "Start of list found where not expected"
	case value == "object":
		return "Start of structure or map found where not expected."
	case want.Kind() == reflect.Slice && want.Elem().Kind() != reflect.Uint8:
		return "Expected list or null"
	case want.Kind() == reflect.Map:
		return "Expected map or null"
	case want.Kind() == reflect.Struct:
		return "Expected null"
	}
	return strings.ToUpper(value) + "_VALUE can not be converted to " + wireType(want.Kind())
}

func wireType(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a String"
	case reflect.Bool:
		return "a Boolean"
	case reflect.Float64:
		return "a Timestamp"
	case reflect.Slice:
		return "a Blob"
	}
	return "an Integer"
}

// serializationError is the one error whose message field begins with a capital.
func serializationError(message string) error {
	return &smithy.GenericAPIError{Code: serializationCode, Message: message}
}

const serializationCode = "SerializationException"

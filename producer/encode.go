package producer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// sizedCall is what the producer asks of the SDK for its PutRecords: no retries, and bodies of our making.
func sizedCall(o *kinesis.Options) {
	oneAttempt(o)
	if p, isJSON := o.Protocol.(*awsjson.Protocol); isJSON {
		o.Protocol = sized{p}
	}
}

// sized is the SDK's protocol, but that the body of a PutRecords is made at its size at once. The SDK lets it grow: it copies what there is, and leaves it to the
// collector, five times for a body of some hundred kilobytes, which is a fifth of all that a call costs.
type sized struct{ *awsjson.Protocol }

// SerializeRequest writes a request.
func (s sized) SerializeRequest(ctx context.Context, op *smithy.OperationSchema, in smithy.Serializable, req *http.Request) error {
	put, ok := in.(*kinesis.PutRecordsInput)
	if !ok || put.StreamARN != nil || put.StreamId != nil || put.DryRun != nil {
		return s.Protocol.SerializeRequest(ctx, op, in, req)
	}
	if err := s.Protocol.SerializeRequest(ctx, op, &kinesis.PutRecordsInput{}, req); err != nil { // its headers
		return err
	}
	with, err := req.SetStream(bytes.NewReader(encode(put)))
	if err != nil {
		return fmt.Errorf("set the body: %w", err)
	}
	*req = *with
	return nil
}

// encode writes a request as JSON. The body is not used again: who sends it may still be reading when the answer is there.
func encode(in *kinesis.PutRecordsInput) []byte {
	const frame = `{"Records":[],"StreamName":""}`
	const each = `{"Data":"","PartitionKey":"","ExplicitHashKey":""},`
	size := len(frame) + len(aws.ToString(in.StreamName))
	for i := range in.Records {
		r := &in.Records[i]
		size += len(each) + base64.StdEncoding.EncodedLen(len(r.Data)) + len(aws.ToString(r.PartitionKey)) + len(aws.ToString(r.ExplicitHashKey))
	}
	b := append(make([]byte, 0, size), `{"Records":[`...)
	for i := range in.Records {
		r := &in.Records[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(base64.StdEncoding.AppendEncode(append(b, `{"Data":"`...), r.Data), '"')
		b = member(b, `,"PartitionKey":`, r.PartitionKey)
		b = append(member(b, `,"ExplicitHashKey":`, r.ExplicitHashKey), '}')
	}
	return append(member(append(b, ']'), `,"StreamName":`, in.StreamName), '}')
}

func member(b []byte, name string, value *string) []byte {
	if value == nil {
		return b
	}
	b = append(b, name...)
	if strings.IndexFunc(*value, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0 {
		return append(append(append(b, '"'), *value...), '"')
	}
	quoted, _ := json.Marshal(*value) // a string cannot fail
	return append(b, quoted...)
}

package stream

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// listConsumersLimit is how many consumers ListStreamConsumers returns unless asked for fewer.
const listConsumersLimit = 100

// ListStreamConsumers returns a page of a stream's consumers, by name. See kinesis.Client.ListStreamConsumers.
func (c *Client) ListStreamConsumers(
	ctx context.Context, in *kinesis.ListStreamConsumersInput, _ ...options,
) (*kinesis.ListStreamConsumersOutput, error) {
	return call(ctx, c.b, in, c.b.listStreamConsumers)
}

func (b *Broker) listStreamConsumers(_ context.Context, in *kinesis.ListStreamConsumersInput) (*kinesis.ListStreamConsumersOutput, error) {
	if err := checkListStreamConsumers(in); err != nil {
		return nil, err
	}
	s, err := b.lookup(nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if at := in.StreamCreationTimestamp; at != nil && at.Unix() != s.CreatedMS/1000 {
		return nil, b.streamNotFound(s.Name)
	}
	after, err := b.consumersAfter(s, in.NextToken)
	if err != nil {
		return nil, err
	}
	limit := listConsumersLimit
	if in.MaxResults != nil {
		limit = min(limit, int(*in.MaxResults))
	}
	return b.consumerPage(s, after, limit), nil
}

func checkListStreamConsumers(in *kinesis.ListStreamConsumersInput) error {
	var v violations
	v.required("streamARN", in.StreamARN != nil)
	v.stream(nil, in.StreamARN)
	v.number("maxResults", in.MaxResults, 1, 10_000)
	v.text("nextToken", in.NextToken, 1, 1<<20, anyPattern)
	if err := v.err(); err != nil {
		return err
	}
	if in.NextToken != nil && in.StreamCreationTimestamp != nil {
		return invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	return nil
}

// consumersAfter is the name that a page begins after. A token holds it behind the name of the stream, which has no slash.
func (b *Broker) consumersAfter(s *dataStream, next *string) (string, error) {
	if next == nil {
		return "", nil
	}
	t, err := b.decodePageToken(*next)
	if err != nil {
		return "", err
	}
	stream, name, ok := strings.Cut(t.stream, "/")
	if !ok || stream != s.Name || t.id != s.ID {
		return "", invalidArgument("NextToken is invalid.")
	}
	return name, nil
}

func (b *Broker) consumerPage(s *dataStream, after string, limit int) *kinesis.ListStreamConsumersOutput {
	v := s.version()
	from, found := v.consumerNamed(after)
	if found {
		from++
	}
	out := &kinesis.ListStreamConsumersOutput{}
	for _, c := range v.Consumers[from:min(from+limit, len(v.Consumers))] {
		out.Consumers = append(out.Consumers, c.describe(s.arn))
	}
	if n := len(out.Consumers); from+n < len(v.Consumers) {
		next := b.encodeToken(token{
			kind: pageToken, issued: b.now(), id: s.ID, stream: s.Name + "/" + *out.Consumers[n-1].ConsumerName,
		})
		out.NextToken = &next
	}
	return out
}

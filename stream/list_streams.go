package stream

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// listStreamsLimit is how many streams ListStreams returns unless asked for fewer.
const listStreamsLimit = 100

// ListStreams returns a page of the streams, by name. See kinesis.Client.ListStreams.
func (c *Client) ListStreams(ctx context.Context, in *kinesis.ListStreamsInput, _ ...options) (*kinesis.ListStreamsOutput, error) {
	return call(ctx, c.b, in, c.b.listStreams)
}

func (b *Broker) listStreams(_ context.Context, in *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
	var v violations
	v.number("limit", in.Limit, 1, 10_000)
	v.text("exclusiveStartStreamName", in.ExclusiveStartStreamName, 1, 128, namePattern)
	v.text("nextToken", in.NextToken, 1, 1<<20, anyPattern)
	if err := v.err(); err != nil {
		return nil, err
	}
	after, err := b.listStreamsAfter(in)
	if err != nil {
		return nil, err
	}
	names := b.streamNames()
	from, found := slices.BinarySearch(names, after)
	if found {
		from++
	}
	names = names[from:]
	limit := listStreamsLimit
	if in.Limit != nil {
		limit = min(limit, int(*in.Limit))
	}
	more := len(names) > limit
	out := &kinesis.ListStreamsOutput{StreamNames: names[:min(limit, len(names))], HasMoreStreams: &more}
	if more {
		next := b.encodeToken(token{kind: pageToken, issued: b.now(), stream: names[limit-1]})
		out.NextToken = &next
	}
	out.StreamSummaries = b.summaries(out.StreamNames)
	return out, nil
}

// listStreamsAfter is the name that the page begins after.
func (b *Broker) listStreamsAfter(in *kinesis.ListStreamsInput) (string, error) {
	if in.NextToken == nil {
		if in.ExclusiveStartStreamName == nil {
			return "", nil
		}
		return *in.ExclusiveStartStreamName, nil
	}
	t, err := b.decodePageToken(*in.NextToken)
	return t.stream, err
}

func (b *Broker) summaries(names []string) []types.StreamSummary {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]types.StreamSummary, 0, len(names))
	for _, name := range names {
		s := b.streams[name]
		if s == nil {
			continue // deleted since
		}
		all = append(all, types.StreamSummary{
			StreamName:              &s.Name,
			StreamARN:               &s.arn,
			StreamStatus:            types.StreamStatusActive,
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: s.version().Mode},
			StreamCreationTimestamp: s.created(),
		})
	}
	return all
}

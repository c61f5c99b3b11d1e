package stream

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// AddTagsToStream attaches tags to a stream, and replaces those of the same keys. See kinesis.Client.AddTagsToStream.
func (c *Client) AddTagsToStream(ctx context.Context, in *kinesis.AddTagsToStreamInput, _ ...options) (*kinesis.AddTagsToStreamOutput, error) {
	return call(ctx, c.b, in, c.b.addTagsToStream)
}

func (b *Broker) addTagsToStream(_ context.Context, in *kinesis.AddTagsToStreamInput) (*kinesis.AddTagsToStreamOutput, error) {
	var v violations
	v.newTags(in.Tags)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if err := b.annotate(s.arn, func(a *annotations) error { return a.tag(in.Tags) }); err != nil {
		return nil, err
	}
	return &kinesis.AddTagsToStreamOutput{}, nil
}

// newTags checks tags that must be there.
func (v *violations) newTags(tags map[string]string) {
	v.required("tags", tags != nil)
	if tags != nil && len(tags) == 0 {
		v.length("'{}'", "tags", 0, 1, maxTags)
	}
	v.tags("tags", tags)
}

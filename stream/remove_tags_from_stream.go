package stream

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// RemoveTagsFromStream removes tags from a stream. Keys that it does not have are ignored.
// See kinesis.Client.RemoveTagsFromStream.
func (c *Client) RemoveTagsFromStream(
	ctx context.Context, in *kinesis.RemoveTagsFromStreamInput, _ ...options,
) (*kinesis.RemoveTagsFromStreamOutput, error) {
	return call(ctx, c.b, in, c.b.removeTagsFromStream)
}

func (b *Broker) removeTagsFromStream(_ context.Context, in *kinesis.RemoveTagsFromStreamInput) (*kinesis.RemoveTagsFromStreamOutput, error) {
	var v violations
	v.tagKeys(in.TagKeys)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = b.annotate(s.arn, func(a *annotations) error {
		a.untag(in.TagKeys)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.RemoveTagsFromStreamOutput{}, nil
}

// tagKeys checks keys of tags, of which there must be some.
func (v *violations) tagKeys(keys []string) {
	v.required("tagKeys", keys != nil)
	if n := len(keys); keys != nil && (n == 0 || n > maxTags) {
		v.length("'["+strings.Join(keys, ", ")+"]'", "tagKeys", n, 1, maxTags)
	}
	for i, key := range keys {
		v.text(fmt.Sprintf("tagKeys.%d.member", i+1), &key, 1, 128, anyPattern)
	}
}

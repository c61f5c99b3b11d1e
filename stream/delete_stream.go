package stream

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// DeleteStream deletes a stream and its records at once, and gives the space back. See kinesis.Client.DeleteStream.
func (c *Client) DeleteStream(ctx context.Context, in *kinesis.DeleteStreamInput, _ ...options) (*kinesis.DeleteStreamOutput, error) {
	return call(ctx, c.b, in, c.b.deleteStream)
}

func (b *Broker) deleteStream(_ context.Context, in *kinesis.DeleteStreamInput) (*kinesis.DeleteStreamOutput, error) {
	var v violations
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	trash, err := b.retire(s)
	if err != nil {
		return nil, err
	}
	if err := disk.RemoveAll(b.opt.FS, trash); err != nil {
		return nil, internalError(fmt.Errorf("remove stream folder: %w", err))
	}
	return &kinesis.DeleteStreamOutput{}, nil
}

// retire waits for the stream's readers and writers, ends its waiting, and makes its folder trash. The name may be
// taken anew only after that, or a crash could bring two streams of one name back.
func (b *Broker) retire(s *dataStream) (trash string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.gone {
		return "", b.streamNotFound(s.Name)
	}
	if err := s.close(); err != nil {
		return "", internalError(err)
	}
	if trash, err = b.trash(s); err != nil {
		return "", internalError(err)
	}
	s.gone = true
	delete(b.streams, s.Name)
	return trash, nil
}

package stream

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// DeleteStream deletes a stream and its records at once, and gives the space back. One that has consumers is deleted only
// with EnforceConsumerDeletion. See kinesis.Client.DeleteStream.
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
	trash, err := b.retire(s, in.EnforceConsumerDeletion != nil && *in.EnforceConsumerDeletion)
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
func (b *Broker) retire(s *dataStream, withConsumers bool) (trash string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.gone {
		return "", b.streamNotFound(s.Name)
	}
	if n := len(s.version().Consumers); n > 0 && !withConsumers {
		return "", b.hasConsumers(s.Name, n)
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

func (b *Broker) hasConsumers(stream string, n int) error {
	message := fmt.Sprintf("Stream %s under account %s has %d registered consumers. Deregister them, or set EnforceConsumerDeletion.",
		stream, b.opt.Account, n)
	return &types.ResourceInUseException{Message: &message}
}

package stream

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestUseOfDeletedStream: a call that found the stream just before it was deleted says that it is not there.
func TestUseOfDeletedStream(t *testing.T) {
	b, err := Open(Options{Dir: "/data", FS: disk.NewFake()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	in := &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}
	if _, err := b.Client().CreateStream(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s, err := b.stream("s")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.retire(s, false); err != nil {
		t.Fatal(err)
	}
	var notFound *types.ResourceNotFoundException
	if err := b.use(s, func(*version) error { return nil }); !errors.As(err, &notFound) {
		t.Errorf("use: %v", err)
	}
	if _, err := b.retire(s, false); !errors.As(err, &notFound) {
		t.Errorf("retire again: %v", err)
	}
}

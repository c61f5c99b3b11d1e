package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

func invalidArgument(format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return &types.InvalidArgumentException{Message: &message}
}

func (b *Broker) streamNotFound(name string) error {
	message := fmt.Sprintf("Stream %s under account %s not found.", name, b.opt.Account)
	return &types.ResourceNotFoundException{Message: &message}
}

func (b *Broker) shardNotFound(shard, stream string) error {
	message := fmt.Sprintf("Shard %s in stream %s under account %s does not exist", shard, stream, b.opt.Account)
	return &types.ResourceNotFoundException{Message: &message}
}

// noShard is what operations say that look for a shard in a stream.
func (b *Broker) noShard(shard, stream string) error {
	message := fmt.Sprintf("Could not find shard %s in stream %s under account %s.", shard, stream, b.opt.Account)
	return &types.ResourceNotFoundException{Message: &message}
}

// amazonTime is how Kinesis writes a time in messages.
func amazonTime(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("Mon Jan 02 15:04:05 UTC 2006")
}

func expiredIterator(issued, now int64) error {
	message := fmt.Sprintf("Iterator expired. The iterator was created at time %s while right now it is %s which is further in the "+
		"future than the tolerated delay of %d milliseconds.", amazonTime(issued), amazonTime(now), tokenLife.Milliseconds())
	return &types.ExpiredIteratorException{Message: &message}
}

// dryRun is how an operation that would have succeeded answers when it was only tried.
func dryRun(asked *bool) error {
	if asked == nil || !*asked {
		return nil
	}
	message := "Request would have succeeded, but DryRun flag is set."
	return &types.DryRunOperationException{Message: &message}
}

// failure is an InternalFailure with its cause. The SDK's *smithy.GenericAPIError and the cause are both in its chain.
type failure struct {
	api   smithy.GenericAPIError
	cause error
}

func (f *failure) Error() string   { return f.api.Message }
func (f *failure) Unwrap() []error { return []error{&f.api, f.cause} }

const internalFailure = "InternalFailure"

// internalError wraps what is not the caller's fault. Errors of a context and ErrClosed stay what they are.
func internalError(err error) error {
	if err == nil || isContextError(err) {
		return err
	}
	if errors.Is(err, shardlog.ErrClosed) {
		return ErrClosed
	}
	return &failure{
		api:   smithy.GenericAPIError{Code: internalFailure, Message: err.Error(), Fault: smithy.FaultServer},
		cause: err,
	}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

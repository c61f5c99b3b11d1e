package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

const (
	retryBase = 10 * time.Millisecond
	retryCap  = time.Second
)

// once keeps the SDK from trying again behind our back: whether an earlier attempt may have been applied must be known.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// fate says what became of a call.
type fate uint8

const (
	answered fate = iota
	// refused: nothing was written. It can be tried again.
	refused
	// unclear: it may have been applied. It can be tried again.
	unclear
	// final: nothing was written, and trying again does not help.
	final
)

// fateOf reads an error. What has no error code of the service came from the way there or back.
func fateOf(err error) fate {
	var api smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return answered
	case !errors.As(err, &api):
		return unclear
	case throttled(api):
		return refused
	case errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError:
		return unclear
	default:
		return final
	}
}

func throttled(err smithy.APIError) bool {
	_, known := retry.DefaultThrottleErrorCodes[err.ErrorCode()]
	return known
}

// attempt makes a call until it is answered, for good or for bad, and reports whether an attempt before the last may have been applied. After the
// context it returns the last error of the call as well.
func attempt[T any](ctx context.Context, s *Store, call func(context.Context) (T, error)) (out T, doubt bool, err error) {
	for tries := 1; ; tries++ {
		out, err = limited(ctx, s.opts.CallTimeout, call)
		f := fateOf(err)
		s.meters.note(f)
		if f == answered || f == final {
			return out, doubt, err
		}
		doubt = doubt || f == unclear
		if tries == s.opts.Attempts {
			return out, doubt, fmt.Errorf("after %d attempts: %w", tries, err)
		}
		if waitErr := s.opts.Wait(ctx, backoff(tries)); waitErr != nil {
			return out, doubt, errors.Join(waitErr, err)
		}
		s.meters.retries.Add(1)
	}
}

func limited[T any](ctx context.Context, d time.Duration, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return call(ctx)
}

// backoff draws the pause after a number of attempts ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter).
func backoff(tries int) time.Duration {
	return rand.N(min(retryCap, retryBase<<min(tries, 16))) + 1
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// conditionFailed reports whether the condition of a write did not hold, with what was there if the service said it.
func conditionFailed(err error) (there attributes, failed bool) {
	if failure := new(types.ConditionalCheckFailedException); errors.As(err, &failure) {
		return failure.Item, true
	}
	return nil, false
}

package dynamo

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/streamgauge/streamgauge/store"
)

func TestFates(t *testing.T) {
	status := func(code int, err error) error {
		return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}}, Err: err,
		}}
	}
	for name, c := range map[string]struct {
		err  error
		want fate
	}{
		"no error":          {nil, answered},
		"throttled":         {status(400, &types.ProvisionedThroughputExceededException{}), refused},
		"too many requests": {status(400, &types.RequestLimitExceeded{}), refused},
		"failed inside":     {status(500, &types.InternalServerError{}), unclear},
		"unavailable":       {status(503, &smithy.GenericAPIError{Code: "ServiceUnavailable"}), unclear},
		"no code":           {status(502, errors.New("what a gateway says")), unclear},
		"cut off":           {errors.New("connection reset by peer"), unclear},
		"too late":          {context.DeadlineExceeded, unclear},
		"no such table":     {status(400, &types.ResourceNotFoundException{}), final},
		"condition":         {status(400, &types.ConditionalCheckFailedException{}), final},
	} {
		if got := fateOf(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// scripted answers GetItem: with the errors, one after another, and then that there is nothing.
type scripted struct {
	API
	errs  []error
	calls int
	hang  bool
}

func (s *scripted) GetItem(ctx context.Context, _ *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	s.calls++
	if s.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if s.calls > len(s.errs) {
		return &dynamodb.GetItemOutput{}, nil
	}
	return nil, s.errs[s.calls-1]
}

var throttle = &types.ProvisionedThroughputExceededException{Message: aws.String("slower")}

func repeated(err error, n int) (errs []error) {
	for range n {
		errs = append(errs, err)
	}
	return errs
}

func TestThrottlesAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{errs: repeated(throttle, 9)}
		s := open(t, api, Options{Table: "t"})
		if _, err := s.Get(t.Context(), itemAt); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
		if got := s.Consumed(); got.Requests != 10 || got.Retries != 9 || got.Throttled != 9 {
			t.Errorf("%+v", got)
		}
		api.calls, api.errs = 0, repeated(throttle, 100)
		if _, err := s.Get(t.Context(), itemAt); !errors.As(err, new(*types.ProvisionedThroughputExceededException)) || api.calls != 10 {
			t.Errorf("%v after %d calls", err, api.calls)
		}
	})
}

// The deadline of the caller ends the retries, and the error says both.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, &scripted{errs: repeated(throttle, 1000)}, Options{Table: "t", Attempts: 1000})
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := s.Get(ctx, itemAt)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, new(*types.ProvisionedThroughputExceededException)) {
			t.Errorf("%v", err)
		}
		if d := time.Since(begun); d != 2*time.Second {
			t.Errorf("after %v", d)
		}
	})
}

// A call that is not answered is made again after its time, long before the caller's.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{hang: true}
		s := open(t, api, Options{Table: "t", CallTimeout: time.Second, Attempts: 4})
		begun := time.Now()
		if _, err := s.Get(t.Context(), itemAt); !errors.Is(err, context.DeadlineExceeded) || api.calls != 4 {
			t.Errorf("%v after %d calls", err, api.calls)
		}
		if d := time.Since(begun); d < 4*time.Second || d > 5*time.Second {
			t.Errorf("after %v", d)
		}
	})
}

func TestOptions(t *testing.T) {
	_, err := New(nil, Options{Attempts: -1, CallTimeout: -1})
	for _, want := range []string{"no table", "-1 attempts", "call timeout"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: nothing about %q", err, want)
		}
	}
}

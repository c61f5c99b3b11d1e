package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/producer"
)

// failing is a stream of which some partition keys cannot be written; the others go to the real one.
type failing struct {
	producer.PutRecordsAPI
	fails func(partitionKey string) bool
}

func (f failing) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, o ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	good := *in
	good.Records = slices.DeleteFunc(slices.Clone(in.Records), func(r types.PutRecordsRequestEntry) bool { return f.fails(*r.PartitionKey) })
	written := &kinesis.PutRecordsOutput{}
	if len(good.Records) > 0 {
		var err error
		if written, err = f.PutRecordsAPI.PutRecords(ctx, &good, o...); err != nil {
			return nil, err
		}
	}
	out := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(int32(len(in.Records) - len(good.Records)))}
	for _, r := range in.Records {
		if f.fails(*r.PartitionKey) {
			out.Records = append(out.Records, types.PutRecordsResultEntry{
				ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("the secret disk is full"),
			})
			continue
		}
		out.Records, written.Records = append(out.Records, written.Records[0]), written.Records[1:]
	}
	return out, nil
}

func failingWhere(fails func(string) bool) func(producer.PutRecordsAPI) producer.PutRecordsAPI {
	return func(real producer.PutRecordsAPI) producer.PutRecordsAPI { return failing{real, fails} }
}

// gated is a stream that holds every call until it is let through.
type gated struct {
	producer.PutRecordsAPI
	entered chan struct{}
	open    chan struct{}
}

func newGate() *gated { return &gated{entered: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gated) around(real producer.PutRecordsAPI) producer.PutRecordsAPI {
	g.PutRecordsAPI = real
	return g
}

func (g *gated) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, o ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	g.entered <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.PutRecordsAPI.PutRecords(ctx, in, o...)
}

// refusing takes all but the events of some ids, which it refuses with a code.
type refusing struct {
	Putter
	codes map[string]producer.Code
}

func (f refusing) PutAll(ctx context.Context, items []producer.Item) ([]error, error) {
	errs := make([]error, len(items))
	var good []producer.Item
	var places []int
	for i, it := range items {
		var e struct{ ID string }
		if err := json.Unmarshal(it.Data, &e); err != nil {
			return nil, err
		}
		if code, bad := f.codes[e.ID]; bad {
			errs[i] = &producer.Error{Code: code, Err: errors.New("secret")}
			continue
		}
		good, places = append(good, it), append(places, i)
	}
	done, err := f.Putter.PutAll(ctx, good)
	for k, i := range places {
		errs[i] = done[k]
	}
	return errs, err
}

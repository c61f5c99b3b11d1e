package stream_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
)

func TestControlObserves(t *testing.T) {
	b := openBroker(t, stream.Options{})
	var seen []string
	b.Control("PutRecord", func(req any) (any, error, bool) {
		seen = append(seen, string(req.(*kinesis.PutRecordInput).Data))
		return nil, nil, false
	})
	createStream(t, b.Client(), "s", 1)
	mustPut(t, b.Client(), "in process")
	if r := post(t, b, "PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"b3Zlcg=="}`); r.StatusCode != http.StatusOK {
		t.Error(r.Status)
	}
	b.Control("PutRecord", nil)
	mustPut(t, b.Client(), "unseen")
	if want := []string{"in process", "over"}; !slices.Equal(seen, want) {
		t.Errorf("saw %q, want %q", seen, want)
	}
	if got := texts(t, b.Client(), iterator(t, b.Client(), types.ShardIteratorTypeTrimHorizon)); got != "in process over unseen" {
		t.Errorf("%q", got)
	}
}

func TestControlAnswers(t *testing.T) {
	b := openBroker(t, stream.Options{})
	answer := any(&kinesis.ListStreamsOutput{StreamNames: []string{"made up"}, HasMoreStreams: aws.Bool(false)})
	b.Control("ListStreams", func(any) (any, error, bool) { return answer, nil, true })
	out, err := b.Client().ListStreams(t.Context(), nil)
	if err != nil || !slices.Equal(out.StreamNames, []string{"made up"}) {
		t.Errorf("%+v: %v", out, err)
	}
	if body := bodyOf(t, post(t, b, "ListStreams", "{}")); body != `{"HasMoreStreams":false,"StreamNames":["made up"]}` {
		t.Error(body)
	}
	answer = nil
	if out, err := b.Client().ListStreams(t.Context(), nil); err != nil || out == nil {
		t.Errorf("%+v: %v", out, err)
	}
	answer = "no output"
	if _, err := b.Client().ListStreams(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "hook answered string") {
		t.Error(err)
	}
}

func TestControlFails(t *testing.T) {
	b := openBroker(t, stream.Options{})
	createStream(t, b.Client(), "s", 1)
	limit := &types.ProvisionedThroughputExceededException{Message: aws.String("slow down")}
	b.Control("", func(any) (any, error, bool) { return nil, limit, true })
	b.Control("ListStreams", func(any) (any, error, bool) { return nil, nil, false })
	if _, err := putText(b.Client(), "s", "k", "x"); !errors.Is(err, limit) {
		t.Error(err)
	}
	if body := bodyOf(t, post(t, b, "ListShards", `{"StreamName":"s"}`)); body != `{"__type":"ProvisionedThroughputExceededException","message":"slow down"}` {
		t.Error(body)
	}
	if err := b.Client().SubscribeToShardEvents(t.Context(), nil, nil); !errors.Is(err, limit) {
		t.Error(err)
	}
	if _, err := b.Client().ListStreams(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestControlDelays: a delayed call does not keep others, nor Close, waiting.
func TestControlDelays(t *testing.T) {
	b := openBroker(t, stream.Options{})
	createStream(t, b.Client(), "s", 1)
	delayed, release := make(chan struct{}), make(chan struct{})
	b.Control("PutRecord", func(any) (any, error, bool) {
		close(delayed)
		<-release
		return nil, nil, false
	})
	result := make(chan error, 1)
	go func() { _, err := putText(b.Client(), "s", "k", "x"); result <- err }()
	<-delayed
	if _, err := b.Client().ListShards(context.Background(), &kinesis.ListShardsInput{StreamName: aws.String("s")}); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	close(release)
	if err := <-result; !errors.Is(err, stream.ErrClosed) {
		t.Error(err)
	}
}

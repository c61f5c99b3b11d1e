package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
)

// subscriber collects what a subscription sends, as a test of virtual time sees it.
type subscriber struct {
	result chan error
	cancel context.CancelFunc

	mu     sync.Mutex // guards events
	events []*types.SubscribeToShardEvent
}

// subscribe subscribes to the first shard of "s".
func subscribe(t *testing.T, c *stream.Client, consumer *string, at types.StartingPosition) *subscriber {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &subscriber{result: make(chan error, 1), cancel: cancel}
	in := &kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: aws.String("0"), StartingPosition: &at}
	go func() {
		s.result <- c.SubscribeToShardEvents(ctx, in, func(e *types.SubscribeToShardEvent) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
			return nil
		})
	}()
	synctest.Wait()
	return s
}

// drain returns the events since the last time.
func (s *subscriber) drain() []*types.SubscribeToShardEvent {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events
}

// take is the data of the events since the last time, a bar between two events.
func (s *subscriber) take() string { return dataOf(s.drain()) }

func dataOf(events []*types.SubscribeToShardEvent) string {
	var all []string
	for _, e := range events {
		var records []string
		for _, r := range e.Records {
			records = append(records, string(r.Data))
		}
		all = append(all, strings.Join(records, " "))
	}
	return strings.Join(all, "|")
}

// end cancels the subscription and waits for it.
func (s *subscriber) end() {
	s.cancel()
	<-s.result
}

func registerConsumer(t *testing.T, c *stream.Client, name string) *string {
	t.Helper()
	out, err := c.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s"), ConsumerName: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Consumer.ConsumerARN
}

// subscribed runs a test on a stream of one shard with a consumer, in virtual time.
func subscribed(t *testing.T, f func(t *testing.T, b *stream.Broker, consumer *string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := openBroker(t, stream.Options{})
		createStream(t, b.Client(), "s", 1)
		f(t, b, registerConsumer(t, b.Client(), "c"))
	})
}

var (
	horizon = types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	latest  = types.StartingPosition{Type: types.ShardIteratorTypeLatest}
)

func TestSubscribeDelivers(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		mustPut(t, c, "old")
		start := time.Now()
		s := subscribe(t, c, consumer, horizon)
		mustPut(t, c, "a")
		if got := s.take(); got != "old|a" || time.Since(start) != 0 {
			t.Errorf("%q after %v", got, time.Since(start))
		}
		time.Sleep(12 * time.Second) // virtual
		if got := s.take(); got != "|" {
			t.Errorf("signs of life: %q", got)
		}
		s.end()
	})
}

func TestSubscribeFromAnywhere(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		var numbers []string
		for i := range 4 {
			numbers = append(numbers, mustPut(t, c, fmt.Sprint(i)))
			time.Sleep(time.Second) // virtual
		}
		for _, p := range []struct {
			at   types.StartingPosition
			want string
		}{
			{horizon, "0 1 2 3"},
			{latest, ""},
			{types.StartingPosition{Type: "AT_SEQUENCE_NUMBER", SequenceNumber: &numbers[2]}, "2 3"},
			{types.StartingPosition{Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: &numbers[2]}, "3"},
			{types.StartingPosition{Type: "AT_TIMESTAMP", Timestamp: aws.Time(time.Now().Add(-3 * time.Second))}, "1 2 3"},
		} {
			s := subscribe(t, c, consumer, p.at)
			if got := s.take(); got != p.want {
				t.Errorf("%s: %q, want %q", p.at.Type, got, p.want)
			}
			s.end()
		}
	})
}

// TestSubscribeContinues: whoever goes on after the ContinuationSequenceNumber of any event misses nothing and gets nothing twice.
func TestSubscribeContinues(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		at, got := horizon, ""
		for i := range 6 {
			s := subscribe(t, c, consumer, at)
			for j := range i % 3 { // none, one or two events of records
				mustPut(t, c, fmt.Sprint(i, ".", j))
				synctest.Wait()
			}
			if i%2 == 0 {
				time.Sleep(6 * time.Second) // virtual: an event without records is the last
			}
			events := s.drain()
			s.end()
			at = types.StartingPosition{
				Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: events[len(events)-1].ContinuationSequenceNumber,
			}
			got += " " + strings.ReplaceAll(dataOf(events), "|", " ")
		}
		if want := "1.0 2.0 2.1 4.0 5.0 5.1"; strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestSubscribeExpires(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		start := time.Now()
		s := subscribe(t, b.Client(), consumer, latest)
		if err := <-s.result; err != nil || time.Since(start) != 5*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestSubscribeToItsEnd: the last event of a closed shard names the children, and nothing to go on from.
func TestSubscribeToItsEnd(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		s := subscribe(t, c, consumer, latest)
		mustPut(t, c, "x")
		synctest.Wait()
		split(t, c, "0", "1000")
		if err := <-s.result; err != nil {
			t.Fatal(err)
		}
		events := s.drain()
		for i, e := range events {
			end := i == len(events)-1
			if end != (len(e.ChildShards) == 2) || end != (e.ContinuationSequenceNumber == nil) || *e.MillisBehindLatest != 0 {
				t.Errorf("event %d of %d: %+v", i, len(events), e)
			}
		}
		if got := dataOf(events); got != "|x|" {
			t.Errorf("%q", got)
		}
		s = subscribe(t, c, consumer, horizon)
		if got := s.take(); got != "x" {
			t.Errorf("a closed shard: %q", got)
		}
		if err := <-s.result; err != nil {
			t.Error(err)
		}
	})
}

// TestSubscribeTakesOver: a second subscription is refused within five seconds, and then goes for the first.
func TestSubscribeTakesOver(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		var inUse *types.ResourceInUseException
		first := subscribe(t, c, consumer, latest)
		time.Sleep(5*time.Second - 1) // virtual
		if err := <-subscribe(t, c, consumer, latest).result; !errors.As(err, &inUse) {
			t.Errorf("at once: %v", err)
		}
		other := subscribe(t, c, registerConsumer(t, c, "d"), latest)
		time.Sleep(time.Nanosecond) // virtual
		second := subscribe(t, c, consumer, latest)
		if err := <-first.result; !errors.As(err, &inUse) {
			t.Errorf("the first: %v", err)
		}
		if err := <-subscribe(t, c, consumer, latest).result; !errors.As(err, &inUse) {
			t.Errorf("at once after the second: %v", err)
		}
		first.drain()
		second.drain()
		other.drain()
		mustPut(t, c, "x")
		if got := first.take() + second.take() + other.take(); got != "xx" {
			t.Errorf("%q", got)
		}
		second.end()
		third := subscribe(t, c, consumer, latest) // nobody is there any more
		third.end()
		other.end()
	})
}

func TestSubscribeEnds(t *testing.T) {
	var notFound *types.ResourceNotFoundException
	for name, f := range map[string]func(t *testing.T, b *stream.Broker, s *subscriber, consumer *string){
		"canceled": func(t *testing.T, _ *stream.Broker, s *subscriber, _ *string) {
			s.cancel()
			if err := <-s.result; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		},
		"deregistered": func(t *testing.T, b *stream.Broker, s *subscriber, consumer *string) {
			if _, err := b.Client().DeregisterStreamConsumer(t.Context(), &kinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer}); err != nil {
				t.Error(err)
			}
			if err := <-s.result; !errors.As(err, &notFound) {
				t.Error(err)
			}
		},
		"stream deleted": func(t *testing.T, b *stream.Broker, s *subscriber, _ *string) {
			if _, err := b.Client().DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("s"), EnforceConsumerDeletion: aws.Bool(true)}); err != nil {
				t.Error(err)
			}
			if err := <-s.result; !errors.As(err, &notFound) {
				t.Error(err)
			}
		},
		"broker closed": func(t *testing.T, b *stream.Broker, s *subscriber, _ *string) {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if err := <-s.result; !errors.Is(err, stream.ErrClosed) {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
				start := time.Now()
				f(t, b, subscribe(t, b.Client(), consumer, latest), consumer)
				if time.Since(start) != 0 {
					t.Errorf("after %v", time.Since(start))
				}
			})
		})
	}
}

// TestSubscribeEventSize: an event holds 2 MiB at most, or one record.
func TestSubscribeEventSize(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		c := b.Client()
		for range 5 {
			mustPut(t, c, strings.Repeat("x", 900<<10))
		}
		failed := errors.New("full")
		var counts []int
		err := c.SubscribeToShardEvents(t.Context(), &kinesis.SubscribeToShardInput{
			ConsumerARN: consumer, ShardId: aws.String("0"), StartingPosition: &horizon,
		}, func(e *types.SubscribeToShardEvent) error {
			counts = append(counts, len(e.Records))
			if *e.MillisBehindLatest == 0 {
				return failed
			}
			return nil
		})
		if !errors.Is(err, failed) || fmt.Sprint(counts) != "[2 2 1]" {
			t.Errorf("%v: %v", counts, err)
		}
	})
}

func TestSubscribeRefusals(t *testing.T) {
	subscribed(t, func(t *testing.T, b *stream.Broker, consumer *string) {
		none := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/none:1")
		nowhere := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/t/consumer/c:1")
		zero := aws.String("0")
		for _, r := range []struct {
			in   kinesis.SubscribeToShardInput
			text string
		}{
			{kinesis.SubscribeToShardInput{}, "3 validation errors detected: Value null at 'consumerARN' failed to satisfy constraint: Member must not be null; "},
			{kinesis.SubscribeToShardInput{ConsumerARN: zero, ShardId: zero, StartingPosition: &latest}, "at 'consumerARN' failed to satisfy constraint"},
			{kinesis.SubscribeToShardInput{ConsumerARN: none, ShardId: zero, StartingPosition: &latest}, "none:1 not found"},
			{kinesis.SubscribeToShardInput{ConsumerARN: nowhere, ShardId: zero, StartingPosition: &latest}, "Stream t under account"},
			{kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: aws.String("7"), StartingPosition: &latest}, "Shard shardId-000000000007 in stream s"},
			{kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: zero, StartingPosition: &types.StartingPosition{Type: "AT_TIMESTAMP"}}, "imestamp"},
			{kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: zero, StartingPosition: &types.StartingPosition{Type: "NEVER"}}, "at 'startingPosition.type'"},
			{kinesis.SubscribeToShardInput{ConsumerARN: consumer, ShardId: zero, StartingPosition: &latest, DryRun: aws.Bool(true)}, "DryRun"},
		} {
			if err := b.Client().SubscribeToShardEvents(t.Context(), &r.in, nil); err == nil || !strings.Contains(err.Error(), r.text) {
				t.Errorf("%v, want %q", err, r.text)
			}
		}
	})
}

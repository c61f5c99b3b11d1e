package stream_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/streamgauge/streamgauge/stream"
)

// registered makes a stream "s" of one shard and a consumer of it.
func registered(t *testing.T, c *stream.Client) *string {
	t.Helper()
	createStream(t, c, "s", 1)
	out, err := c.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s"), ConsumerName: aws.String("c"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Consumer.ConsumerARN
}

func subscribeInput(arn *string, kind types.ShardIteratorType) *kinesis.SubscribeToShardInput {
	return &kinesis.SubscribeToShardInput{ConsumerARN: arn, ShardId: aws.String("shardId-000000000000"), StartingPosition: &types.StartingPosition{Type: kind}}
}

// TestSubscribeToShard: the SDK subscribes, in either encoding.
func TestSubscribeToShard(t *testing.T) {
	for name, client := range map[string]func(*testing.T, *stream.Broker) *kinesis.Client{"json": sdkClient, "cbor": cborClient} {
		t.Run(name, func(t *testing.T) {
			b := openBroker(t, stream.Options{})
			arn := registered(t, b.Client())
			put(t, b.Client(), "one")
			out, err := client(t, b).SubscribeToShard(t.Context(), subscribeInput(arn, types.ShardIteratorTypeTrimHorizon))
			if err != nil {
				t.Fatal(err)
			}
			events := out.GetStream()
			defer events.Close()
			if got := nextTexts(t, events); got != "one" {
				t.Errorf("first %q", got)
			}
			put(t, b.Client(), "two")
			if got := nextTexts(t, events); got != "two" {
				t.Errorf("then %q", got)
			}
			if _, err := b.Client().DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("s"), EnforceConsumerDeletion: aws.Bool(true)}); err != nil {
				t.Fatal(err)
			}
			for range events.Events() { // whatever is under way
			}
			var gone *types.ResourceNotFoundException
			if err := events.Err(); !errors.As(err, &gone) {
				t.Errorf("the stream of events ended with %v", err)
			}
		})
	}
}

func put(t *testing.T, c *stream.Client, text string) {
	t.Helper()
	if _, err := putText(c, "s", "k", text); err != nil {
		t.Fatal(err)
	}
}

// nextTexts is the data of the next event that has any.
func nextTexts(t *testing.T, events *kinesis.SubscribeToShardEventStream) string {
	t.Helper()
	for event := range events.Events() {
		e := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		if e.ContinuationSequenceNumber == nil || e.MillisBehindLatest == nil {
			t.Error("an event without ContinuationSequenceNumber or MillisBehindLatest")
		}
		var texts []string
		for _, r := range e.Records {
			texts = append(texts, string(r.Data))
		}
		if len(texts) > 0 {
			return strings.Join(texts, " ")
		}
	}
	t.Fatal(events.Err())
	return ""
}

// TestSubscribeRefusedByHTTP: what is wrong with the request is said before there is a stream of events.
func TestSubscribeRefusedByHTTP(t *testing.T) {
	b := openBroker(t, stream.Options{})
	arn := registered(t, b.Client())
	for _, client := range []*kinesis.Client{sdkClient(t, b), cborClient(t, b)} {
		for _, c := range []struct{ shard, arn, code string }{
			{"shardId-000000000007", *arn, "ResourceNotFoundException"},
			{"shardId-000000000000", *arn + "0", "ResourceNotFoundException"},
			{"?", *arn, "ValidationException"},
		} {
			in := subscribeInput(&c.arn, types.ShardIteratorTypeLatest)
			in.ShardId = &c.shard
			_, err := client.SubscribeToShard(t.Context(), in)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		}
	}
}

// messages reads an event stream to its end, and shows each message's headers and payload.
func messages(t *testing.T, r io.Reader) []string {
	t.Helper()
	var all []string
	for {
		m, err := eventstream.NewDecoder().Decode(r, nil)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, h := range m.Headers {
			b.WriteString(h.Name + "=" + h.Value.String() + " ")
		}
		all = append(all, b.String()+string(m.Payload))
	}
}

// TestEventStreamWire shows the messages as they are. Time is virtual: a subscription ends after five minutes.
func TestEventStreamWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openBroker(t, stream.Options{})
		arn := registered(t, b.Client())
		put(t, b.Client(), "one")
		start := time.Now()
		r := post(t, b, "SubscribeToShard", `{"ConsumerARN":"`+*arn+`","ShardId":"shardId-000000000000","StartingPosition":{"Type":"AT_TIMESTAMP","Timestamp":946684799.5}}`)
		if took := time.Since(start); took != 5*time.Minute {
			t.Errorf("it took %v", took)
		}
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != eventStreamType || r.Header.Get("x-amzn-RequestId") == "" || r.Header.Get("Content-Length") != "" {
			t.Errorf("%s %v", r.Status, r.Header)
		}
		const event = ":message-type=event :event-type=SubscribeToShardEvent :content-type=application/x-amz-json-1.1 "
		const number = `"49377645731838394239669026679143878219996818931772817410"`
		const next = `{"ContinuationSequenceNumber":` + number + `,"MillisBehindLatest":0,"Records":[`
		got := messages(t, r.Body)
		for i, want := range []string{
			":message-type=event :event-type=initial-response :content-type=application/x-amz-json-1.1 {}",
			event + next + `{"ApproximateArrivalTimestamp":946684800,"Data":"b25l","EncryptionType":"NONE","PartitionKey":"k","SequenceNumber":` + number + `}]}`,
			event + next + `]}`,
		} {
			if got[i] != want {
				t.Errorf("message %d\n got %s\nwant %s", i, got[i], want)
			}
		}
		if last := got[len(got)-1]; last != event+next+"]}" {
			t.Errorf("the last message is %s", last)
		}
	})
}

// TestEventStreamException: a subscription that is ended says why, as a message of its own kind.
func TestEventStreamException(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openBroker(t, stream.Options{})
		arn := registered(t, b.Client())
		go func() {
			time.Sleep(time.Minute) // virtual
			_, err := b.Client().DeregisterStreamConsumer(t.Context(), &kinesis.DeregisterStreamConsumerInput{ConsumerARN: arn})
			if err != nil {
				t.Error(err)
			}
		}()
		r := post(t, b, "SubscribeToShard", `{"ConsumerARN":"`+*arn+`","ShardId":"0","StartingPosition":{"Type":"LATEST"}}`)
		got := messages(t, r.Body)
		want := `:message-type=exception :exception-type=ResourceNotFoundException :content-type=application/x-amz-json-1.1 {"__type":"ResourceNotFoundException","message":"`
		if last := got[len(got)-1]; !strings.HasPrefix(last, want) {
			t.Errorf("\n got %s\nwant %s", last, want)
		}
	})
}

// subscribeHTTP is a subscription by a plain HTTP client, from the tip on.
func subscribeHTTP(t *testing.T, server *httptest.Server, consumerARN string) *http.Response {
	t.Helper()
	body := `{"ConsumerARN":"` + consumerARN + `","ShardId":"0","StartingPosition":{"Type":"LATEST"}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.SubscribeToShard")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestSubscriberGone: a client that goes away ends its subscription, and so does a broker that closes.
func TestSubscriberGone(t *testing.T) {
	for _, closeBroker := range []bool{false, true} {
		b := openBroker(t, stream.Options{})
		arn := registered(t, b.Client())
		done := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			b.ServeHTTP(w, r)
		}))
		defer server.Close()
		resp := subscribeHTTP(t, server, *arn)
		if closeBroker {
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			wantEvents(t, resp.Body)
		}
		resp.Body.Close()
		<-done
	}
}

// wantEvents reads a stream of events to its end, which must come without an exception.
func wantEvents(t *testing.T, r io.Reader) {
	t.Helper()
	for _, m := range messages(t, r) {
		if !strings.HasPrefix(m, ":message-type=event") {
			t.Error(m)
		}
	}
}

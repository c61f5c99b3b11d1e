package consumer_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
)

// outcomes is a site's books as "received: counted duplicate bot late quarantined".
func (b *bench) outcomes(site string) string {
	b.t.Helper()
	l := b.books(site)
	return fmt.Sprint(l.Received, ": ", l.Counted, " ", l.Duplicate, " ", l.Bot, " ", l.Late, " ", l.Quarantined)
}

func (b *bench) wantOutcomes(when, site, want string) {
	b.t.Helper()
	if got := b.outcomes(site); got != want {
		b.t.Errorf("%s: the books of %q are %s, want %s", when, site, got, want)
	}
}

// keys are those of what is in quarantine, the last that arrived first.
func (b *bench) keys() (keys []string) {
	b.t.Helper()
	list, _, err := aggregate.NewQuarantine(b.store, b.clock).List(b.t.Context(), "", "", 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range list {
		keys = append(keys, c.Key())
	}
	return keys
}

func (b *bench) discard(r ...events.KinesisEventRecord) {
	b.t.Helper()
	if err := b.handler.Discard(b.t.Context(), events.KinesisEvent{Records: r}, consumer.PoisonRetries, "it panicked"); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) redrive(key string) aggregate.Outcome {
	b.t.Helper()
	outcome, err := b.handler.Redrive(b.t.Context(), key)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome
}

// What the poller gave up is quarantined copy by copy, and comes back with its position, arrival and derived id, days later. The second time
// nothing changes, and neither does a redelivery.
func TestDiscardedRecordIsRedriven(t *testing.T) {
	b := newBench(t)
	good := b.record(pageview("1", "ann", "/", noon))
	crash := b.record(pageview("1", "ann", "/", noon), `{"site":"demo","name":"pageview","visitor":"bob","url":"/b"}`, "no JSON")
	crash.Kinesis.PartitionKey = "demo/0123456789abcdef"
	b.deliver(good)
	b.discard(crash)
	b.discard(crash)
	b.wantOutcomes("discarded", "demo", "4: 1 0 0 0 3")

	b.now = noon.Add(7 * 24 * time.Hour)
	b.restart()
	got := map[aggregate.Outcome]int{}
	keys := b.keys()
	for _, key := range keys {
		outcome, err := b.handler.Redrive(t.Context(), key)
		if refused, ok := errors.AsType[*aggregate.RefusedError](err); ok && refused.Reason != "not_json" || !ok && err != nil {
			t.Errorf("redrive: %v", err)
		}
		got[outcome]++
	}
	if fmt.Sprint(got) != "map[unknown:1 counted:1 duplicate:1]" {
		t.Errorf("redriven as %v", got)
	}
	b.wantOutcomes("redriven", "demo", "4: 2 1 0 0 1")
	for _, key := range keys {
		_, _ = b.handler.Redrive(t.Context(), key)
	}
	b.deliver(good)
	b.wantOutcomes("redriven and delivered again", "demo", "4: 2 1 0 0 1")
	// The id was derived from the position, and the time is that of the arrival.
	id := event.DeriveID(crash.EventSourceArn, "shardId-000000000001", crash.Kinesis.SequenceNumber, 1)
	fate, err := aggregate.NewLookup(b.store, b.sites).Booked(t.Context(), &event.Event{
		Site: "demo", Name: "pageview", Visitor: "bob", URL: "/b", ID: id, ReceivedAt: noon.UnixMilli(),
	}, aggregate.Position{Stream: crash.EventSourceArn, Shard: "shardId-000000000001", SequenceNumber: crash.Kinesis.SequenceNumber, Index: 1})
	if err != nil || fate.Outcome != aggregate.Counted {
		t.Errorf("the event with the derived id is %v, %v", fate.Outcome, err)
	}
}

// The function may have counted a record, and failed after that.
func TestDiscardLeavesWhatIsCounted(t *testing.T) {
	b := newBench(t)
	r := b.record(pageview("1", "ann", "/", noon))
	b.deliver(r)
	b.discard(r)
	b.wantOutcomes("discarded", "demo", "1: 1 0 0 0 0")
	if keys := b.keys(); len(keys) > 0 {
		t.Errorf("in quarantine: %v", keys)
	}
}

// A site that was registered between two deliveries: the copy moves to its books, and is in no others.
func TestRuleThatChangesBetweenDeliveries(t *testing.T) {
	b := newBench(t)
	if _, err := b.sites.Add(t.Context(), aggregate.Site{ID: "demo"}); err != nil {
		t.Fatal(err)
	}
	if err := b.sites.Remove(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	r := b.record(pageview("1", "ann", "/", noon))
	b.deliver(r)
	b.wantOutcomes("before", "", "1: 0 0 0 0 1")
	if _, err := b.sites.Add(t.Context(), aggregate.Site{ID: "demo"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.restart()
		b.deliver(r)
		b.wantOutcomes("after", "demo", "1: 1 0 0 0 0")
		b.wantOutcomes("after", "", "1: 1 0 0 0 0")
	}
	if keys := b.keys(); len(keys) > 0 {
		t.Errorf("in quarantine: %v", keys)
	}
}

// Beyond the horizon nothing is brought back.
func TestRedriveBeyondTheHorizonIsRefused(t *testing.T) {
	b := newBench(t)
	b.discard(b.record(pageview("1", "ann", "/", noon)))
	b.now = noon.Add(time.Duration(event.HorizonMS)*time.Millisecond + 20*time.Second)
	b.restart()
	_, err := b.handler.Redrive(t.Context(), b.keys()[0])
	if refused, ok := errors.AsType[*aggregate.RefusedError](err); !ok || refused.Reason != "expired" {
		t.Errorf("redrive: %v", err)
	}
	b.wantOutcomes("refused", "demo", "0: 0 0 0 0 0")
	b.wantOutcomes("refused", "", "1: 0 0 0 0 1")
	if _, err := b.handler.Redrive(t.Context(), "nothing"); !errors.Is(err, aggregate.ErrNotKept) {
		t.Errorf("redrive of nothing: %v", err)
	}
}

// A bot and a late copy have their outcome by a redrive, too.
func TestRedriveBooksEveryOutcome(t *testing.T) {
	b := newBench(t)
	marked := event.Event{Site: "demo", Name: "pageview", ID: "2", TS: noon.UnixMilli(), Bot: "headless"}
	for _, c := range []struct {
		data string
		want aggregate.Outcome
	}{
		{pageview("1", "ann", "/", noon), aggregate.Counted}, {pageview("1", "ann", "/", noon), aggregate.Duplicate},
		{string(marked.AppendJSON(nil)), aggregate.Bot}, {pageview("3", "ann", "/", noon.Add(-25*time.Hour)), aggregate.Late},
	} {
		b.discard(b.record(c.data))
		key := b.keys()[0]
		for range 2 {
			b.restart()
			if got := b.redrive(key); got != c.want {
				t.Errorf("%s is redriven as %v, want %v", c.data, got, c.want)
			}
		}
	}
	b.wantOutcomes("redriven", "demo", "4: 1 1 1 1 0")
	b.wantOutcomes("redriven", "", "4: 1 1 1 1 0")
}

package consumer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// scales is a store that weighs what is written, by what it is. Where it is to forget, it keeps no delta: whoever has the log in memory does not miss one.
type scales struct {
	store.Store
	forget                     bool
	heads, bodies, rolls, rest uint64
	units                      uint64 // of DynamoDB: 1 KB written, for each item apart
}

func (s *scales) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	const names = 64 // of the attributes and the nonce
	s.heads += uint64(len(key.Partition) + len(key.Log) + len(d.Head) + names)
	s.bodies += uint64(len(d.Body))
	if all := len(key.Partition) + len(key.Log) + len(d.Head) + len(d.Body) + names; all <= 1024 {
		s.units++
	} else {
		s.units += uint64((len(d.Head)+len(key.Partition)+names+1023)/1024 + (len(d.Body)+names+1023)/1024)
	}
	if s.forget {
		return store.Won, nil
	}
	return s.Store.Append(ctx, key, n, d, nonce)
}

func (s *scales) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	size := uint64(len(key.Partition) + len(key.Sort) + len(value))
	if strings.HasPrefix(key.Partition, "R#") || strings.HasPrefix(key.Partition, "BR#") {
		s.rolls += size
	} else {
		s.rest += size
	}
	s.units += (size + 64 + 1023) / 1024
	return s.Store.Put(ctx, key, value, w)
}

// busy makes batches of a site with many visitors, a second of time each.
type busy struct {
	*rand.Rand
	templates []event.Event
	n         int
}

func newBusy(t *testing.T) *busy {
	b := &busy{Rand: rand.New(rand.NewPCG(1, 2))}
	for _, line := range foldEvents() {
		var e event.Event
		if problems, err := e.Decode(line); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		b.templates = append(b.templates, e)
	}
	return b
}

// batch has events of the window at that time, of visitors who stay for about ten minutes.
func (b *busy) batch(at time.Time, size int) (batch events.KinesisEvent) {
	crowd := int64(300 * size)
	for range size {
		b.n++
		e := b.templates[b.n%len(b.templates)]
		e.ID = fmt.Sprintf("0190c5a0-1d6e-7a4b-9c1f-%012x", b.n)
		e.Visitor = fmt.Sprintf("0190c5a0-1d6e-7a4b-8c1f-%012x", at.Unix()/600*crowd+b.Int64N(crowd))
		e.TS, e.ReceivedAt = at.UnixMilli(), at.UnixMilli()+80
		batch.Records = append(batch.Records, events.KinesisEventRecord{
			EventID: fmt.Sprintf("shardId-000000000000:%056d", b.n), EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
			Kinesis: events.KinesisRecord{SequenceNumber: fmt.Sprintf("%056d", b.n), Data: e.AppendJSON(nil), ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: at}},
		})
	}
	return batch
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A consumer that has 240 windows of a busy site open, 40 minutes of it, keeps no more than 96 MB of live heap: what it remembers of logs is bounded in bytes.
func TestHeapOfOpenWindows(t *testing.T) {
	const windows = 240
	batches, size := 2, 500 // of a window
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		batches = 20 // 1,000 events a second
	}
	s := &scales{Store: storetest.NewMemory(), forget: true}
	now := noon
	clock := func() time.Time { return now }
	sites := aggregate.NewSites(s, clock)
	h := consumer.New(s, sites, aggregate.NewCommitter(s, sites, aggregate.Options{Now: clock}), consumer.Options{CreateSites: true, Now: clock})
	b := newBusy(t)
	before := liveHeap()
	for w := range windows {
		now = noon.Add(time.Duration(w) * 10 * time.Second)
		for range batches {
			if resp, err := h.Handle(t.Context(), b.batch(now, size)); err != nil || len(resp.BatchItemFailures) > 0 {
				t.Fatal(resp, err)
			}
		}
	}
	used := int64(liveHeap()) - int64(before)
	runtime.KeepAlive(h)
	t.Attr("live_heap_of_240_windows", fmt.Sprintf("%.1f MB, %d events each", float64(used)/1e6, batches*size))
	if used > 96e6 {
		t.Errorf("%.1f MB of live heap", float64(used)/1e6)
	}
}

// TestBytesPerEvent reports what is written for an event in the steady state of a busy shard, roll-ups and all.
func TestBytesPerEvent(t *testing.T) {
	seconds, rate := 90, 200
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		seconds, rate = 1800, 1000
	}
	s := &scales{Store: storetest.NewMemory()}
	now := noon
	clock := func() time.Time { return now }
	sites := aggregate.NewSites(s, clock)
	h := consumer.New(s, sites, aggregate.NewCommitter(s, sites, aggregate.Options{Now: clock}), consumer.Options{CreateSites: true, Now: clock})
	roller := aggregate.NewRoller(s, sites, clock)
	b := newBusy(t)
	for i := range 2 * seconds {
		now = noon.Add(time.Duration(i) * time.Second / 2)
		if resp, err := h.Handle(t.Context(), b.batch(now, rate/2)); err != nil || len(resp.BatchItemFailures) > 0 {
			t.Fatal(resp, err)
		}
		if i%20 == 19 {
			if err := roller.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := float64(b.n)
	t.Attr("bytes_per_event", fmt.Sprintf("%.1f: %.1f heads, %.1f bodies, %.1f roll-ups, %.1f others, at %d events/s; %.4f write units of DynamoDB",
		float64(s.heads+s.bodies+s.rolls+s.rest)/n, float64(s.heads)/n, float64(s.bodies)/n, float64(s.rolls)/n, float64(s.rest)/n, rate, float64(s.units)/n))
	if s.rolls == 0 {
		t.Error("nothing was rolled up")
	}
}

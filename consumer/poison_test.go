package consumer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// kept lists what is in quarantine: site and reason, those that arrived last first.
func (b *bench) kept() []string {
	b.t.Helper()
	list, _, err := aggregate.NewQuarantine(b.store, b.clock).List(b.t.Context(), "", "", 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	var kept []string
	for _, c := range list {
		kept = append(kept, c.Site+" "+c.Reason)
	}
	slices.Sort(kept)
	return kept
}

// Every line of a record goes its own way, and one that cannot be counted does not hold the others up.
func TestWhereLinesGo(t *testing.T) {
	good := pageview("1", "ann", "/", noon)
	marked := event.Event{Site: "demo", Name: "pageview", ID: "2", TS: noon.UnixMilli(), Bot: "headless"}
	crawler := event.Event{Site: "demo", Name: "pageview", ID: "3", UserAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)"}
	old := event.Event{Site: "demo", Name: "pageview", ID: "4", TS: 1, ReceivedAt: 1}
	for _, c := range []struct {
		name, data string
		want       string // outcomes of the site: counted, duplicate, bot, late, quarantined
		kept       []string
	}{
		{"an event", good, "1 0 0 0 0", nil},
		{"two lines", good + "\n\n" + good, "1 1 0 0 0", nil},
		{"no JSON", "hello\nworld", "0 0 0 0 1", []string{"demo not_json"}},
		{"an empty record", "", "0 0 0 0 1", []string{"demo not_json"}},
		{"binary", "\x00\xff\xfe", "0 0 0 0 1", []string{"demo not_json"}},
		{"an array is no event", "[" + good + "]", "0 0 0 0 1", []string{"demo not_json"}},
		{"a broken line between", good + "\n{\"site\":\"demo\n" + pageview("5", "bob", "/", noon), "2 0 0 0 1", []string{"demo not_json"}},
		{"a field is missing", `{"site":"demo"}`, "0 0 0 0 1", []string{"demo invalid"}},
		{"too long", `{"site":"demo","name":"x","title":"` + strings.Repeat("x", event.MaxValue+1) + `"}`, "0 0 0 0 1", []string{"demo invalid"}},
		{"a bad site's name", `{"site":"De/mo","name":"x"}`, "0 0 0 0 1", []string{"demo invalid"}},
		{"marked by the door", string(marked.AppendJSON(nil)), "0 0 1 0 0", nil},
		{"a crawler", string(crawler.AppendJSON(nil)), "0 0 1 0 0", nil},
		{"a day late", pageview("6", "ann", "/", noon.Add(-24*time.Hour-time.Millisecond)), "0 0 0 1 0", nil},
		{"beyond the horizon", string(old.AppendJSON(nil)), "0 0 0 0 1", []string{"demo expired"}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			b := newBench(t)
			if _, err := b.sites.Add(t.Context(), aggregate.Site{ID: "demo"}); err != nil {
				t.Fatal(err)
			}
			r := b.record(c.data)
			r.Kinesis.PartitionKey = "demo/0123456789abcdef"
			for range 2 {
				b.deliver(r)
				b.restart()
			}
			l := b.books("demo")
			if got := fmt.Sprint(l.Counted, l.Duplicate, l.Bot, l.Late, l.Quarantined); got != c.want {
				t.Errorf("counted, duplicate, bot, late, quarantined: %s, want %s", got, c.want)
			}
			if got := b.kept(); !slices.Equal(got, c.kept) {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
		})
	}
}

// Poison that comes again while the store does not answer is one copy: what was kept at first must not be replaced by nothing.
func TestPoisonIsBookedOnceThoughItsReadingFails(t *testing.T) {
	fail := 0
	b := newBenchOn(t, storetest.Faulty(storetest.NewMemory(), func(op storetest.Op) storetest.Fault {
		if op.Method == "Get" && op.Partition == "Q" && fail > 0 {
			fail--
			return storetest.Fail
		}
		return storetest.Pass
	}))
	b.deliver(b.record(pageview("1", "ann", "/", noon)))
	bad, worse := b.record(`{"site":"demo"}`), b.record(`{"site":"demo","name":""}`)
	b.deliver(bad, worse)
	fail = 2
	b.deliver(bad, worse)
	all := b.books("")
	if l := b.books("demo"); l.Received != 3 || l.Quarantined != 2 || all.Received != 3 {
		t.Errorf("books %+v, of all sites %+v", l.Ledger, all.Ledger)
	}
	if kept := b.kept(); len(kept) != 2 {
		t.Errorf("kept %q", kept)
	}
}

// A record without a time of arrival is no reason to fall over.
func TestRecordWithoutArrival(t *testing.T) {
	b := newBench(t)
	r := b.record(pageview("1", "ann", "/", noon), "{")
	r.Kinesis.ApproximateArrivalTimestamp = events.SecondsEpochTime{}
	b.deliver(r)
	if l := b.books("demo"); !l.Balanced() {
		t.Errorf("books %+v", l)
	}
}

// spoil writes bytes that nothing encodes to over an item, or appends them to a log as a delta.
func (b *bench) spoil(partition, sort string, log bool) {
	b.t.Helper()
	b.write([]byte{2, 0xff, '{'}, partition, sort, log)
}

// write writes bytes over an item, or appends them to a log as the head and the body of a delta.
func (b *bench) write(rot []byte, partition, sort string, log bool) {
	b.t.Helper()
	var err error
	if log {
		key := store.LogKey{Partition: partition, Log: sort}
		before, readErr := b.store.Read(b.t.Context(), key, 0, store.Heads)
		if readErr != nil {
			b.t.Fatal(readErr)
		}
		_, err = b.store.Append(b.t.Context(), key, uint32(len(before))+1, store.Delta{Head: rot, Body: rot}, store.Nonce{1})
	} else {
		_, err = b.store.Put(b.t.Context(), store.Key{Partition: partition, Sort: sort}, rot, store.Write{Any: true})
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// What cannot be read of a site, of an id, of a window, of quarantine or of its index does not stop the copies that have nothing to do with it, also not when they are delivered again: its own
// are put aside.
func TestDamageStopsNoShard(t *testing.T) {
	hour, window := noon.Truncate(time.Hour).UnixMilli(), noon.Truncate(10*time.Second).UnixMilli()
	cookieless := `{"site":"demo","name":"pageview","id":"9"}`
	for _, c := range []struct {
		name, line string
		kept       []string
		spoil      func(b *bench, demo aggregate.Site, r events.KinesisEventRecord)
	}{
		{"its-site", pageview("1", "ann", "/", noon), []string{" damaged"}, func(b *bench, _ aggregate.Site, _ events.KinesisEventRecord) {
			b.spoil("S", "demo", false)
		}},
		{"its-claim", cookieless, []string{"demo damaged"}, func(b *bench, demo aggregate.Site, _ events.KinesisEventRecord) {
			b.spoil("C#demo", fmt.Sprintf("%016x", demo.HashID("9")), false)
		}},
		{"its-window", pageview("1", "ann", "/", noon), []string{"demo damaged"}, func(b *bench, demo aggregate.Site, _ events.KinesisEventRecord) {
			for cell := range 2 {
				b.spoil(fmt.Sprintf("D#%d#demo#%d#%012x", demo.Gen, cell, hour), fmt.Sprintf("%012x", window), true)
			}
			b.now = b.now.Add(time.Minute) // what is put aside is booked in another window
		}},
		{"quarantine", "hello", []string{" not_json"}, func(b *bench, _ aggregate.Site, r events.KinesisEventRecord) {
			b.deliver(r)
			list, _, err := aggregate.NewQuarantine(b.store, b.clock).List(t.Context(), "", "", 10)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			b.spoil("Q", list[0].Key(), false)
		}},
		{"index-of-quarantine", "hello", []string{" not_json"}, func(b *bench, _ aggregate.Site, r events.KinesisEventRecord) {
			b.deliver(r)
			b.spoil("I#"+r.EventSourceArn+"#shardId-000000000001", fmt.Sprintf("%064s#%08d", r.Kinesis.SequenceNumber, 0), false)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			demo, err := b.sites.Add(t.Context(), aggregate.Site{ID: "demo"})
			if err != nil {
				t.Fatal(err)
			}
			bad := b.record(c.line)
			bad.Kinesis.PartitionKey = "x"
			c.spoil(b, demo, bad)
			other := b.record(strings.ReplaceAll(pageview("2", "bob", "/", noon), "demo", "zoo"))
			b.sites = aggregate.NewSites(b.store, b.clock)
			for range 3 {
				b.restart()
				b.deliver(bad, other)
			}
			if l := b.books("zoo"); l.Counted != 1 || l.Received != 1 {
				t.Errorf("the other site's books are %+v", l)
			}
			if kept := b.kept(); !slices.Equal(kept, c.kept) {
				t.Errorf("kept %q, want %q", kept, c.kept)
			}
		})
	}
}

package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// receiver is somebody who is told messages, and fails as often as it is said.
type receiver struct {
	mu    sync.Mutex // guards the rest
	fails int
	told  []Message
	at    []time.Time // of every attempt
}

func (r *receiver) send(_ context.Context, m Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = append(r.at, time.Now())
	if r.fails != 0 {
		r.fails--
		return errors.New("it answered 503")
	}
	r.told = append(r.told, m)
	return nil
}

// running is a roller and a notifier that run, on virtual time, with a shard that is always read to its tip.
func running(t *testing.T, hook *receiver, change func(*Site)) (*Committer, Site, *Alerts, func()) {
	s := storetest.NewMemory()
	sites := NewSites(s, time.Now)
	must(sites.Add(t.Context(), Site{ID: "demo"}))
	site := must(sites.Update(t.Context(), "demo", change))
	roller := NewRoller(s, sites, time.Now)
	roller.Finals = NewFinals(s, sites, time.Now, FinalsOptions{})
	roller.OnError = func(err error) { t.Error(err) }
	n := NewNotifier(s, sites, time.Now, map[string]Sender{ToWebhook: hook.send})
	cursors := NewCursors(s, "arn", time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = roller.Run(ctx) })
	group.Go(func() { _ = n.Run(ctx) })
	group.Go(func() { cursors.Run(ctx, func(err error) { t.Error(err) }) })
	group.Go(func() {
		for ctx.Err() == nil {
			cursors.Passed("shard", time.Now())
			_ = wait(ctx, time.Second)
		}
	})
	return NewCommitter(s, sites, Options{}), site, NewAlerts(s), func() { cancel(); group.Wait() }
}

func pageviewAt(t *testing.T, c *Committer, site Site, id string, at time.Time) {
	e := event.Event{Site: site.ID, Name: event.Pageview, ID: id, Visitor: "v", TS: at.UnixMilli(), ReceivedAt: time.Now().UnixMilli()}
	cp := must(c.Place(t.Context(), site, &e, Position{Stream: "arn", Shard: "shard", SequenceNumber: id}))
	cp.Hit = plainHit(&e, cp.At)
	must(c.Commit(t.Context(), []Copy{cp}))
}

// A silence fires, is told to a webhook that fails twice, goes on, and is resolved when somebody comes; then somebody comes late, of the time of the silence: what was told
// stays, and nothing is told twice.
func TestSilenceOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &receiver{fails: 2}
		c, site, alerts, stop := running(t, hook, func(s *Site) {
			s.Alerts = []alert.Rule{{Name: "Quiet", Kind: alert.Silence, Minutes: 3, Quiet: 2}}
			s.Webhooks = []string{"http://127.0.0.1:9/hook"}
		})
		time.Sleep(3 * time.Minute)
		begin := time.Now().Truncate(time.Minute)
		for i := range 5 {
			pageviewAt(t, c, site, string(rune('a'+i)), time.Now())
			time.Sleep(time.Minute)
		}
		time.Sleep(90 * time.Minute) // longer than what a silence looks back at
		pageviewAt(t, c, site, "x", time.Now())
		back := time.Now().Truncate(time.Minute)
		time.Sleep(time.Minute)
		pageviewAt(t, c, site, "y", time.Now())
		time.Sleep(5 * time.Minute)
		pageviewAt(t, c, site, "late", begin.Add(20*time.Minute))
		time.Sleep(2 * time.Minute)
		stop()

		events := must(alerts.Events(t.Context(), site, time.Time{}, time.Now()))
		if len(events) == 0 || events[0].At != begin.Add(7*time.Minute).UnixMilli() || events[0].ResolvedAt != back.Add(time.Minute).UnixMilli() {
			t.Fatalf("events %+v", events)
		}
		var ids []string
		for _, m := range hook.told {
			var body alertBody
			mustDo(json.Unmarshal(m.Body, &body))
			ids = append(ids, m.ID)
			if body.ID != m.ID || m.Secret == "" || body.Site != "demo" || body.Name != "Quiet" {
				t.Errorf("told %s", m.Body)
			}
		}
		if len(ids) < 2 || ids[0] != events[0].ID()+"/firing" || ids[1] != events[0].ID()+"/resolved" {
			t.Errorf("told %v", ids)
		}
		if n := len(ids); n != len(slices.Compact(slices.Sorted(slices.Values(ids)))) {
			t.Errorf("told twice: %v", ids)
		}
		if told := hook.at[0].Sub(begin.Add(8 * time.Minute)); told < 0 || told > 20*time.Second {
			t.Errorf("told %v after the minute ended", told)
		}
	})
}

// What nobody takes is given up after ten attempts, and what comes after it is told.
func TestGivenUpOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &receiver{fails: sendAttempts}
		c, site, _, stop := running(t, hook, func(s *Site) {
			s.Alerts = []alert.Rule{{Name: "Any", Kind: alert.Threshold, Metric: alert.Pageviews, Over: new(0.0), Minutes: 1, Quiet: 60}}
			s.Webhooks = []string{"http://127.0.0.1:9/hook"}
		})
		time.Sleep(3 * time.Minute)
		pageviewAt(t, c, site, "a", time.Now())
		time.Sleep(4 * time.Hour)
		stop()
		if len(hook.at) != sendAttempts+1 || len(hook.told) != 1 {
			t.Fatalf("%d attempts, told %v", len(hook.at), hook.told)
		}
		for i := 1; i < sendAttempts; i++ {
			if pause := hook.at[i].Sub(hook.at[i-1]); i != 9 && pause > min(sendCap, sendBase<<(i-1))+2*time.Second {
				t.Errorf("attempt %d after %v", i+1, pause)
			}
		}
	})
}

// The cursor of a shard is written at most once a second, never goes back, and a shard is closed only when its children are there.
func TestCursorsOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		inner := storetest.NewMemory()
		s := storetest.Faulty(inner, func(op storetest.Op) storetest.Fault {
			if op.Method == "Put" {
				writes++
			}
			return storetest.Pass
		})
		c := NewCursors(s, "arn", time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { c.Run(ctx, func(err error) { t.Error(err) }) })
		c.Added("1")
		for range 1000 {
			c.Passed("1", time.Now())
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		group.Wait()
		if writes < 5 || writes > 12 {
			t.Errorf("%d writes in ten seconds", writes)
		}
		other := NewCursors(inner, "arn", time.Now)
		other.Passed("1", time.Now().Add(-time.Hour))
		mustDo(other.Flush(t.Context()))
		now := time.Now().UnixMilli()
		if p := must(settlePoint(t.Context(), inner, now+minuteMS, now, undamaged)); p.passed < floor(now-settleMarginMS-2000, minuteMS) {
			t.Errorf("a slower process took the cursor back: %+v at %d", p, now)
		}
		other.Added("2")
		other.Drained("1")
		mustDo(other.Flush(t.Context()))
		if p := must(settlePoint(t.Context(), inner, now, now, undamaged)); p.passed != 0 {
			t.Errorf("a shard of which nothing is counted holds nothing up: %+v", p)
		}
		other.Passed("2", time.UnixMilli(now+3*minuteMS))
		mustDo(other.Flush(t.Context()))
		if p := must(settlePoint(t.Context(), inner, now+minuteMS, now, undamaged)); p.passed != floor(now, minuteMS) {
			t.Errorf("a shard that is drained holds minutes up: %+v", p)
		}
	})
}

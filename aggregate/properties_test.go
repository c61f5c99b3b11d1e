package aggregate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// The keys are those of the events of the span, against a list: in windows, in roll-ups, and where there are more visitors than a sample holds, the most frequent first.
func TestPropertiesAgainstAList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := newCounted(t, "Europe/Berlin")
	type counted struct {
		at  int64
		key string
	}
	var list []counted
	copies := make([]Copy, crowdVisitors)
	for i := range copies {
		at := c.now.Add(-time.Duration(rng.Int64N(int64(20 * time.Hour)))).UnixMilli()
		e := event.Event{Site: c.site.ID, Name: event.Pageview, URL: "/", ID: fmt.Sprint("c", i), Visitor: fmt.Sprint("v", i), TS: at, ReceivedAt: c.now.UnixMilli()}
		copies[i] = must(c.committer.Place(c.ctx, c.site, &e, c.position()))
		copies[i].Hit = plainHit(&e, at)
		for k := range 8 {
			if rng.IntN(1<<k) == 0 {
				key := fmt.Sprint("key", k)
				copies[i].Hit.Props = append(copies[i].Hit.Props, sketch.Prop{Key: key, Value: fmt.Sprint(rng.IntN(20))})
				list = append(list, counted{at, key})
			}
		}
	}
	must(c.committer.Commit(c.ctx, copies))
	check := func(when string, from, to time.Time) {
		t.Helper()
		keys, complete, reading, err := c.reader.Properties(c.ctx, c.site, from.UnixMilli(), to.UnixMilli())
		if err != nil || !complete {
			t.Fatalf("%s: complete %v, %v", when, complete, err)
		}
		events := map[string]int{}
		for _, x := range list {
			if x.at >= reading.From && x.at < reading.To {
				events[x.key]++
			}
		}
		if len(keys) != len(events) || !slices.IsSortedFunc(keys, func(a, b string) int { return events[b] - events[a] }) {
			t.Errorf("%s: %v of %v", when, keys, events)
		}
	}
	begin, end := c.now.Add(-24*time.Hour), c.now.Add(time.Minute)
	check("all of it", begin, end)
	check("a minute", end.Add(-3*time.Hour), end.Add(-3*time.Hour+time.Minute))
	check("before it", begin.Add(-48*time.Hour), begin.Add(-24*time.Hour))
	c.age(2)
	check("rolled up", begin, end)
	c.age(40)
	check("after its minutes", begin, end)
}

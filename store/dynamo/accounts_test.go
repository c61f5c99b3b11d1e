package dynamo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/event"
)

// TestAccountUnits measures what a door's account costs each time that it is written, by the kinds of faults that it tells apart. The plan takes one unit, which must hold for what is usual;
// names that a sender made up of random letters, to be a burden, are bounded.
func TestAccountUnits(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	store := open(t, &countingAPI{API: server.client}, Options{Table: server.create(t)})
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rng := rand.New(rand.NewPCG(1, 2))
	usual := func(i int) string { return fmt.Sprintf("props.property_%d_of_a_shop", i) }
	burden := func(int) string {
		name := make([]byte, event.MaxKey)
		for i := range name {
			name[i] = byte('!' + rng.IntN('~'-'!'))
		}
		return "props." + string(name)
	}
	for _, c := range []struct {
		what  string
		kinds int
		name  func(int) string
		most  float64
	}{{"none", 0, usual, 1}, {"one", 1, usual, 1}, {"ten", 10, usual, 1}, {"as_many_as_may_be", 500, usual, 1}, {"made_up", 500, burden, 5}} {
		a := aggregate.NewAccounts(store, func() time.Time { return now })
		a.Accepted(c.what, 1_000_000)
		for i := range c.kinds {
			a.Refused(c.what, aggregate.FaultKind{Field: c.name(i), Reason: "type"})
			now = now.Add(time.Millisecond)
		}
		before := store.used()
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		used := store.used().since(before, 1)
		t.Attr("account_with_faults_"+c.what, used.String())
		if used.Writes > c.most {
			t.Errorf("an account with %d kinds, %s, takes %v", c.kinds, c.what, used)
		}
	}
}

// TestMinuteUnits measures what it costs each time that a function writes what it noted of the pipeline, at the end of a busy minute: the plan takes one unit of writing and one of reading.
func TestMinuteUnits(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	store := open(t, &countingAPI{API: server.client}, Options{Table: server.create(t)})
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rng := rand.New(rand.NewPCG(1, 2))
	took := func() time.Duration { return time.Duration(math.Exp(rng.NormFloat64()/2+10)) * time.Microsecond }
	for _, c := range []struct {
		what string
		note func(*pipeline.Minutes)
	}{
		{"door", func(m *pipeline.Minutes) { m.Events(20, 1, 0); m.Acked(took()) }},
		{"consumer", func(m *pipeline.Minutes) {
			m.Delays(func(yield func(time.Duration, uint64) bool) { yield(time.Second+10*took(), 20) })
			m.Batch(pipeline.Batch{Shard: fmt.Sprintf("shardId-%012d", rng.IntN(2)), Records: 1000, Bytes: 400_000, Took: took()})
		}},
	} {
		m := pipeline.NewMinutes(store, func() time.Time { return now })
		for range 3000 {
			c.note(m)
		}
		before := store.used()
		if err := m.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		used := store.used().since(before, 1)
		t.Attr("minute_of_"+c.what, used.String())
		if used.Writes > 1 || used.Reads > 1 {
			t.Errorf("the minute of a %s takes %v", c.what, used)
		}
	}
}

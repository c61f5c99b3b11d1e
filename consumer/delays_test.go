package consumer_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
)

// A report says of each copy that was to be counted how long it took from the door, and of nothing else.
func TestDelays(t *testing.T) {
	b := newBench(t)
	var got []time.Duration
	runs := 0
	c := aggregate.NewCommitter(b.store, b.sites, aggregate.Options{Now: b.clock})
	b.handler = consumer.New(b.store, b.sites, c, consumer.Options{CreateSites: true, Now: b.clock, Report: func(r consumer.Report) {
		for d, n := range r.Delays {
			for range n {
				got = append(got, d)
			}
			runs++
		}
	}})
	line := func(id string, ago time.Duration) string {
		return fmt.Sprintf(`{"site":"shop","name":"pageview","id":%q,"visitor":"v","received_at":%d}`, id, b.now.Add(-ago).UnixMilli())
	}
	stamped := []string{line("1", 250*time.Millisecond), line("2", 3*time.Second), line("3", -time.Second), "no JSON", `{"site":"shop"}`}
	unstamped := `{"site":"shop","name":"pageview","visitor":"v"}` // it has arrived with its record
	b.deliver(b.record(stamped...), b.record(unstamped))
	if want := []time.Duration{250 * time.Millisecond, 3 * time.Second, 0, 0}; !slices.Equal(got, want) || runs != 3 {
		t.Errorf("delays %v in %d runs, want %v in 3", got, runs, want)
	}
}

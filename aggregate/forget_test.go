package aggregate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Copies of events without a time of their own are delivered in any order, again after any time up to a month, and claims are forgotten between: whatever copy came to the door within a day of the
// first is counted once in all, and in the end nothing is left of claims and accounts that are old.
func TestForgottenClaimsCountNothingTwice(t *testing.T) {
	seeds := 20
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		seeds = 1000
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 5))
		r := newRig(t)
		roller := NewRoller(r.store, r.sites, r.clock)
		roller.Forgets = true
		accounts := NewAccounts(r.store, r.clock)
		type copied struct {
			id       int
			received int64
			pos      Position
		}
		var copies []copied
		counted := make(map[int]int)
		deliver := func(c copied) {
			e := event.Event{Site: "demo", Name: event.Pageview, ID: fmt.Sprint("id", c.id), Visitor: "v", ReceivedAt: c.received}
			cp, err := r.committer.Place(t.Context(), r.site, &e, c.pos)
			if err != nil {
				return // expired: it is put aside
			}
			if cp.Outcome == Counted {
				cp.Hit = plainHit(&e, cp.At)
			}
			all := []Copy{cp}
			must(r.committer.Commit(t.Context(), all))
			if all[0].Became == Counted {
				counted[c.id]++
			}
		}
		begin := r.now
		for id := range 12 { // each comes to the door up to three times within a day
			first := begin.Add(time.Duration(rnd.Int64N(int64(10 * time.Hour))))
			for k := range 1 + rnd.IntN(3) {
				at := first.Add(time.Duration(k) * time.Duration(rnd.Int64N(int64(6*time.Hour))))
				copies = append(copies, copied{id, at.UnixMilli(), r.position()})
			}
		}
		for step := 0; step < 60; step++ {
			r.now = r.now.Add(time.Duration(rnd.Int64N(int64(12 * time.Hour))))
			for range 4 {
				if c := copies[rnd.IntN(len(copies))]; c.received <= r.now.UnixMilli() {
					deliver(c)
				}
			}
			accounts.Accepted("demo", 1)
			mustDo(accounts.Flush(t.Context()))
			if rnd.IntN(3) == 0 {
				mustDo(roller.Round(t.Context()))
				mustDo(roller.SumAccounts(t.Context()))
				mustDo(roller.Expire(t.Context()))
				r.restart()
			}
		}
		for id, n := range counted {
			if n > 1 {
				t.Fatalf("seed %d: event %d was counted %d times", seed, id, n)
			}
		}
		accepted := r.books().Accepted
		r.now = r.now.Add(500 * 24 * time.Hour)
		mustDo(roller.Round(t.Context()))
		mustDo(roller.SumAccounts(t.Context()))
		mustDo(roller.Expire(t.Context()))
		if got := r.books().Accepted; got != accepted || accepted != 60 {
			t.Fatalf("seed %d: %d accepted, %d after the accounts of minutes were removed", seed, accepted, got)
		}
		for _, partition := range []string{claimPartition("demo"), minutesPartition("demo"), sumLevels[0].partition("demo")} {
			for it, err := range r.store.Scan(t.Context(), store.Range{Partition: partition}) {
				mustDo(err)
				if it.Key.Sort != summedKey {
					t.Fatalf("seed %d: %s %s is left", seed, partition, it.Key.Sort)
				}
			}
		}
	}
}

package querytest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/event"

	"github.com/streamgauge/streamgauge/aggregate/querytest"
)

var long = os.Getenv("STREAMGAUGE_LONG") != ""

// A random question about a random workload has the same answer everywhere, to the last digit: from the naive evaluator, from one sample of everything, and at the end of
// the whole way, whatever the shards, the batches, the reshards, the redeliveries, the deaths of consumers, and the moments at which minutes, quarters and days are rolled up.
func TestEnginesAgreeOnRandomWorkloads(t *testing.T) {
	seeds, questions := uint64(60), 15
	if long {
		seeds = 1000
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			w := querytest.NewWorkload(r, false)
			p, err := newPipeline(t, randomWay(r), seed)
			if err != nil {
				t.Fatal(err)
			}
			oracle := querytest.NewNaive(enriched)
			all := []querytest.Engine{oracle, newSampled(enriched), p}
			if err := load(t.Context(), w.Site, querytest.Cut(r, w.Copies, 80), all...); err != nil {
				t.Fatal(err)
			}
			asker := querytest.NewAsker(r, w, oracle)
			for range questions {
				ask(t, asker.Question(), oracle, all[1:]...)
			}
			checkBooks(t, oracle, p)
		})
	}
}

// randomWay is one on which the order in which an event's copies are processed is that of their arrival: the first one decides what the event says.
func randomWay(r *rand.Rand) way {
	return way{
		embedded: r.IntN(8) == 0, shards: 1 + r.IntN(5), pack: 1 + r.IntN(4), batch: 5 + r.IntN(120), slice: 1 + r.IntN(200), warm: 1 << (10 + r.IntN(17)),
		parallel: 1 + r.IntN(8), again: 200, restart: 100, reshard: 100, roll: []int{0, 50, 200, 500}[r.IntN(4)], tidy: 200,
		together: r.IntN(4) == 0,
	}
}

func load(ctx context.Context, site querytest.Site, batches [][]event.Event, engines ...querytest.Engine) error {
	for _, e := range engines {
		if err := e.SetSite(ctx, site); err != nil {
			return fmt.Errorf("set site: %w", err)
		}
		for _, batch := range batches {
			if err := e.Load(ctx, batch); err != nil {
				return fmt.Errorf("load: %w", err)
			}
		}
	}
	return nil
}

func ask(t *testing.T, q querytest.Question, oracle querytest.Engine, engines ...querytest.Engine) {
	t.Helper()
	want, err := q.Ask(t.Context(), oracle)
	if err != nil {
		t.Fatalf("%v: %v", q, err)
	}
	for i, e := range engines {
		got, err := q.Ask(t.Context(), e)
		if err != nil {
			t.Errorf("%v: %v", q, err)
		} else if d := q.Disagreement(got, want); d != "" {
			t.Errorf("engine %d of %d: %v: %s", i+1, len(engines), q, d)
		}
	}
}

func checkBooks(t *testing.T, oracle, e querytest.Engine) {
	t.Helper()
	want, err := oracle.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got.Redelivered = 0
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the books say %+v, want %+v", got, want)
	}
}

// ways are those by which the same events have to come to the same answers.
func ways() (all []way) {
	for _, onDisk := range []bool{false, true} {
		for _, w := range []way{
			{}, {shards: 2}, {shards: 8}, {shards: 16, batch: 1}, {shards: 3, anyShard: true}, {shards: 7, anyShard: true, shuffled: true},
			{batch: 1}, {batch: 2, pack: 3}, {batch: 10, pack: 50}, {batch: 1000, pack: 500}, {slice: 1}, {slice: 7, shards: 4}, {slice: 64, batch: 500},
			{warm: 1}, {warm: 4096, batch: 5}, {warm: 1 << 20, restart: 500}, {parallel: 1}, {parallel: 4, shards: 4},
			{roll: 100}, {roll: 1000}, {roll: 1000, tidy: 1000}, {roll: 1000, batch: 1}, {roll: 300, shards: 4, batch: 7}, {roll: 1000, shuffled: true}, {roll: 500, again: 500},
			{again: 1000}, {again: 300, restart: 300, shards: 5}, {reshard: 300, restart: 300, again: 300, batch: 10}, {restart: 1000}, {shuffled: true}, {shuffled: true, shards: 5, batch: 3, anyShard: true, again: 400, restart: 200, roll: 300},
		} {
			w.embedded = onDisk
			all = append(all, w)
		}
	}
	return all
}

// The same events come to the same answers and the same books on every way, in whatever order they arrive.
func TestEveryWayLeadsToTheSameAnswers(t *testing.T) {
	workloads := uint64(1)
	if long {
		workloads = 20
	}
	for seed := range workloads {
		r := rand.New(rand.NewPCG(seed, 2))
		w := querytest.NewWorkload(r, true)
		oracle := querytest.NewNaive(enriched)
		if err := load(t.Context(), w.Site, [][]event.Event{w.Copies}, oracle); err != nil {
			t.Fatal(err)
		}
		asker := querytest.NewAsker(r, w, oracle)
		var questions []querytest.Question
		for range 12 {
			questions = append(questions, asker.Question())
		}
		for i, how := range ways() {
			t.Run(fmt.Sprintf("seed %d/%d %+v", seed, i, how), func(t *testing.T) {
				p, err := newPipeline(t, how, seed)
				if err != nil {
					t.Fatal(err)
				}
				copies := p.arrivals(w)
				if p.shuffled { // the clock stands where all of them have arrived
					p.now = p.later(slices.MaxFunc(copies, func(a, b event.Event) int { return int(a.ReceivedAt - b.ReceivedAt) }).ReceivedAt)
				}
				if err := load(t.Context(), w.Site, [][]event.Event{copies}, p); err != nil {
					t.Fatal(err)
				}
				for _, q := range questions {
					ask(t, q, oracle, p)
				}
				checkBooks(t, oracle, p)
			})
		}
	}
}

func TestThereAreManyWays(t *testing.T) {
	if n := len(ways()); n < 50 {
		t.Errorf("%d ways", n)
	}
}

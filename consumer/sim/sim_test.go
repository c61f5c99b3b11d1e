package sim

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

var (
	oneSeed   = flag.Uint64("sim.seed", 0, "run this seed only, and print its trace")
	firstSeed = flag.Uint64("sim.first", 1, "begin with this seed")
	manySeeds = flag.Uint64("sim.seeds", 0, "how many seeds; 0 for 400, or 30,000 with STREAMGAUGE_LONG")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seeds is how many runs a test makes.
func seeds() uint64 {
	if *manySeeds != 0 {
		return *manySeeds
	}
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		return 30_000
	}
	return 400
}

func TestEverythingIsCountedOnce(t *testing.T) {
	if *oneSeed != 0 {
		w := newWorld(*oneSeed, mutant{})
		w.print = func(s string) { fmt.Println(s) }
		if f := w.run(); f != nil {
			t.Fatalf("%s: %s", f.check, f.detail)
		}
		return
	}
	seen := make(map[string]int)
	for seed := *firstSeed; seed < *firstSeed+seeds(); seed++ {
		w := newWorld(seed, mutant{})
		if f := w.run(); f != nil {
			t.Fatalf("seed %d: %s: %s\nagain with: go test ./consumer/sim -run %s -sim.seed=%d", seed, f.check, f.detail, t.Name(), seed)
		}
		for what, n := range w.seen {
			seen[what] += n
		}
		seen["steps"] += w.steps
	}
	checkHappened(t, seen)
	t.Log(seen)
}

// A seed that fails must fail again.
func TestSameSeedSameTrace(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		first, second := newWorld(seed, mutant{}), newWorld(seed, mutant{})
		first.run()
		second.run()
		if a, b := first.trace.Sum64(), second.trace.Sum64(); a != b || first.steps != second.steps {
			t.Errorf("seed %d: traces %x of %d steps and %x of %d steps", seed, a, first.steps, b, second.steps)
		}
	}
}

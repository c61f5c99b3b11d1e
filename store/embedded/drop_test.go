package embedded

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/streamgauge/streamgauge/store"
)

// A power cut leaves all dropped deltas or none, with their bodies, and none when something durable was written after the drop.
func TestDropInAPowerCut(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	const deltas = 30 // several tables
	for round := range 8 {
		disk := vfs.NewCrashableMem()
		s := open(t, tiny(disk))
		for n := uint32(1); n <= deltas; n++ {
			if err := appendDelta(t.Context(), s, "log", n); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DropLogs(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		durable := round%2 == 1
		if durable {
			if _, err := s.Put(t.Context(), store.Key{Partition: "p", Sort: "after"}, nil, store.Write{}); err != nil {
				t.Fatal(err)
			}
		}
		left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		entries, err := open(t, tiny(left)).Read(t.Context(), logKey("log"), 0, store.Bodies)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 0 && (durable || len(entries) != deltas) {
			t.Errorf("durable write after it: %v; %d deltas of %d are left", durable, len(entries), deltas)
		}
	}
}

package sim

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// settling makes it a world in which the pollers keep cursors and the rollers make final values.
func settling(seed uint64, m mutant) *world {
	w := newWorld(seed, m)
	w.settles = true
	w.focus = nil
	if seed%2 == 0 {
		w.focus = recent
	}
	w.cursors = aggregate.NewCursors(w.truth, streamARN, func() time.Time { return w.now })
	for _, sh := range w.stream.shards {
		w.cursors.Added(sh.id)
	}
	w.flushCursors()
	return w
}

func (w *world) flushCursors() {
	if err := w.cursors.Flush(context.Background()); err != nil {
		panic(err)
	}
}

// passed is what the poller notes when its checkpoint has moved, or when it finds nothing behind it.
func (w *world) passed(sh *shard) {
	if !w.settles {
		return
	}
	switch {
	case sh.drained() || w.mutant.cursorsAhead:
		w.cursors.Passed(sh.id, w.now)
	case sh.checkpoint > 0:
		w.cursors.Passed(sh.id, sh.records[sh.checkpoint-1].arrival)
	}
	w.flushCursors()
}

// looksAgain lets idle shards be read, and the time pass in which minutes end.
func (w *world) looksAgain() {
	for _, sh := range w.stream.shards {
		if sh.drained() || w.mutant.cursorsAhead {
			w.passed(sh)
		}
	}
}

// runSettling lets everything happen for some minutes, with a round of a roller now and then that nothing disturbs.
func (w *world) runSettling() *finding {
	defer w.killAll()
	for records := 0; records < 2*recordsPerRun; {
		if w.move() {
			records++
			w.now = w.now.Add(w.upTo(6 * time.Second))
		}
		if w.happens(20) {
			w.looksAgain()
		}
	}
	w.faults = [5]int{}
	for !w.fixed {
		w.mend()
	}
	if f := w.consumeAll(); f != nil {
		return f
	}
	w.now = w.now.Add(drained)
	w.roll(false)
	for len(w.parked) > 0 && w.steps <= maxSteps {
		w.step(w.parked[0], pass)
	}
	return w.checkSettled()
}

// value is what a manifest says.
type value struct {
	site     string
	minute   int64
	revision uint64
	byAge    bool
	counted  uint64
}

// manifests reads all of the store, by what docs/FORMATS.md says of them.
func (w *world) manifests() (all []value) {
	for _, s := range []aggregate.Site{demo, other} {
		for it, err := range w.truth.Scan(context.Background(), store.Range{Partition: fmt.Sprintf("F#%d#%s", s.Gen, s.ID)}) {
			if err != nil {
				panic(err)
			}
			minute, revision, _ := strings.Cut(it.Key.Sort, "#")
			v := value{site: s.ID}
			v.minute, _ = strconv.ParseInt(minute, 16, 64)
			v.revision, _ = strconv.ParseUint(revision, 16, 32)
			eachField(it.Value[1:], func(num protowire.Number, n uint64, bytes []byte) {
				switch num {
				case 5:
					v.byAge = n != 0
				case 2:
					eachField(bytes, func(num protowire.Number, n uint64, _ []byte) {
						if num == 2 {
							v.counted = n
						}
					})
				}
			})
			all = append(all, v)
		}
	}
	return all
}

func eachField(b []byte, f func(num protowire.Number, n uint64, bytes []byte)) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		var v uint64
		var bytes []byte
		m := 0
		if typ == protowire.VarintType {
			v, m = protowire.ConsumeVarint(b[n:])
		} else {
			bytes, m = protowire.ConsumeBytes(b[n:])
		}
		f(num, v, bytes)
		b = b[n+m:]
	}
}

// checkSettled holds the manifests against what was on the stream: one that was not settled by age has every event of its minute that was there when the minute
// ended, and the last revision of each has all of them.
func (w *world) checkSettled() *finding {
	folded := aggregate.NewReader(hidden{w.truth, "R#"}, w.sites())
	last := make(map[value]value) // by site and minute
	for _, v := range w.manifests() {
		last[value{site: v.site, minute: v.minute}] = v
		if v.byAge {
			w.saw("a minute is settled by age")
			continue
		}
		w.saw("a minute is settled by cursors")
		if want := w.onStream(folded, v.site, v.minute, v.minute+60_000); v.counted < want {
			return &finding{"settled", fmt.Sprintf("%+v: %d events were on the stream when the minute ended", v, want)}
		}
		if v.revision > 1 {
			w.saw("a settled minute is revised")
		}
	}
	for at := range w.minutes() {
		v := last[at]
		if want := w.onStream(folded, at.site, at.minute, forEver); v.counted < want {
			return &finding{"final", fmt.Sprintf("the last manifest of %+v is %+v: %d events are counted", at, v, want)}
		}
	}
	return nil
}

const forEver = 1 << 60

// minutes are those that something was sent of, which are over.
func (w *world) minutes() map[value]bool {
	all := make(map[value]bool)
	for _, c := range w.copies {
		if w.plain(c.Event, c.Outcome) {
			at := c.Event.Place(c.Event.ReceivedAt).Time
			all[value{site: c.Event.Site, minute: at - at%60_000}] = true
		}
	}
	return all
}

// plain reports whether a copy is one that shall be counted at its own time, whatever else comes.
func (w *world) plain(e event.Event, o aggregate.Outcome) bool {
	p := e.Place(e.ReceivedAt)
	return o == 0 && w.hasSite(e.Site) && e.Title != crash && p.Believed && !event.Late(p.Time, e.ReceivedAt) && p.Time < w.ms(-10*time.Minute)
}

// onStream returns how many events of a minute came onto the stream before a time, and are counted in it.
func (w *world) onStream(folded *aggregate.Reader, site string, minute, before int64) uint64 {
	ids := make(map[string]bool)
	for _, sh := range w.stream.shards {
		for _, r := range sh.records {
			for _, c := range r.copies {
				at := c.Event.Place(c.Event.ReceivedAt).Time
				if c.Event.Site != site || at-at%60_000 != minute || r.arrival.UnixMilli() >= before || !w.plain(c.Event, c.Outcome) {
					continue
				}
				if !ids[c.Event.ID] && w.countedAt(folded, &c.Event, at) {
					ids[c.Event.ID] = true
				}
			}
		}
	}
	return uint64(len(ids))
}

func settlingSeeds() uint64 {
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		return 5000
	}
	return 40
}

func TestSettledMinutesAreComplete(t *testing.T) {
	seen := make(map[string]int)
	for seed := uint64(1); seed <= settlingSeeds(); seed++ {
		w := settling(seed, mutant{})
		if f := w.runSettling(); f != nil {
			t.Fatalf("seed %d: %s: %s", seed, f.check, f.detail)
		}
		for what, n := range w.seen {
			seen[what] += n
		}
	}
	for _, what := range []string{"a minute is settled by cursors", "a minute is settled by age", "a settled minute is revised"} {
		t.Logf("%s: %d", what, seen[what])
		if seen[what] == 0 {
			t.Errorf("it never came about that %s", what)
		}
	}
}

// Cursors that run ahead of what was counted are found, and so are manifests that nobody revises.
func TestSettlingMutantsAreFound(t *testing.T) {
	for _, m := range []mutant{
		{name: "cursors are ahead", cursorsAhead: true, caught: []string{"settled"}},
		{name: "minutes are not marked", see: forRole("roller", dropPuts("X#final#")), caught: []string{"final"}},
		{name: "manifests are made once", see: forRole("roller", func(s store.Store) store.Store { return firstManifest{s} }), caught: []string{"final"}},
	} {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			for seed := uint64(1); seed <= 200; seed++ {
				f := settling(seed, m).runSettling()
				if f == nil {
					continue
				}
				t.Logf("seed %d: %s: %s", seed, f.check, f.detail)
				if f.check != m.caught[0] {
					t.Errorf("found by the check %q, want %q", f.check, m.caught[0])
				}
				return
			}
			t.Error("not found")
		})
	}
}

// firstManifest keeps no further revision of a manifest.
type firstManifest struct{ store.Store }

func (s firstManifest) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	if strings.HasPrefix(key.Partition, "F#") && !strings.HasSuffix(key.Sort, "#00000001") {
		return 1, nil
	}
	return s.Store.Put(ctx, key, value, w)
}

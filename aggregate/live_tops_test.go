package aggregate

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

// naiveTops adds up from the start what slidingTops keep.
type naiveTops struct {
	heads map[int64][]*head // by window
}

func (n *naiveTops) top(t headTable, over int64) LiveTop {
	sums, exact := make(map[string]uint64), true
	for window, heads := range n.heads {
		if window+event.WindowMS <= over {
			continue
		}
		for _, h := range heads {
			exact = exact && !h.cut.has(t)
			for value, count := range h.tables[t] {
				sums[value] += count
			}
		}
	}
	if t == headNames {
		delete(sums, event.Engagement)
	}
	top := LiveTop{Rows: []LiveRow{}, Exact: exact}
	for _, r := range Top(sums, liveRows) {
		top.Rows = append(top.Rows, LiveRow{r.Name, r.Count})
	}
	return top
}

func randomHead(rnd *rand.Rand) *head {
	h := newHead()
	for t := range h.tables {
		for range rnd.IntN(6) {
			value := fmt.Sprint("v", rnd.IntN(30))
			if rnd.IntN(10) == 0 {
				value = event.Engagement
			}
			h.tables[t][value] += uint64(1 + rnd.IntN(9))
		}
	}
	if rnd.IntN(20) == 0 {
		h.cut = headTables(rnd.IntN(int(everyHeadTable) + 1))
	}
	return h
}

// Whatever comes in whatever order, also to windows that are over, the tops are those of a plain sum. Who is told the tables whose
// version is another than the one he knows holds all of them.
func TestTopsAreAPlainSum(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		tops, naive := newSlidingTops(), naiveTops{heads: make(map[int64][]*head)}
		now, over := int64(10*hourMS), int64(0)
		var known [numHeadTables]uint64
		held := make(map[string]LiveTop)
		for _, title := range headTitles {
			held[title] = LiveTop{Rows: []LiveRow{}, Exact: true}
		}
		for step := range 200 {
			now += int64(rnd.IntN(30_000))
			for range rnd.IntN(4) {
				window := event.Window(now - int64(rnd.IntN(15*minuteMS)) + minuteMS)
				h := randomHead(rnd)
				tops.take(window, h)
				if window+event.WindowMS > over {
					naive.heads[window] = append(naive.heads[window], h)
				}
			}
			over = now - liveSpanMS
			tops.pass(over)
			tops.settle()
			for title, top := range tops.since(&known) {
				held[title] = top
			}
			for table, title := range headTitles {
				want := naive.top(headTable(table), over)
				if got := tops.since(nil)[title]; !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d step %d: %s are %+v, want %+v", seed, step, title, got, want)
				}
				if !reflect.DeepEqual(held[title], want) {
					t.Fatalf("seed %d step %d: who is told of changes holds %s %+v, want %+v", seed, step, title, held[title], want)
				}
			}
		}
	}
}

// A table that is trimmed keeps its largest rows, and says that it is no more exact.
func TestTrimmedTops(t *testing.T) {
	tops := newLiveTops()
	for i := range 100 {
		h := newHead()
		h.tables[headPages][fmt.Sprint("/", i)] = uint64(i)
		tops.add(h)
	}
	tops.trim(60)
	if tops.settle(); !tops.exact.has(headPages) {
		t.Error("trimmed below twice the rows")
	}
	tops.trim(20)
	tops.settle()
	got := tops.since(nil)["pages"]
	if got.Exact || len(tops.sums.tables[headPages]) != 20 || got.Rows[0] != (LiveRow{"/99", 99}) || got.Rows[9] != (LiveRow{"/90", 90}) {
		t.Errorf("%d rows kept, top %+v", len(tops.sums.tables[headPages]), got)
	}
	if !tops.exact.has(headNames) {
		t.Error("a table that was not trimmed is not exact")
	}
}

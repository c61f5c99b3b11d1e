package aggregate

import (
	"cmp"
	"slices"

	"github.com/streamgauge/streamgauge/event"
)

// LiveTop is the largest rows of a table of the last ten minutes, the largest first. Where it is not exact, events of a head that had no room for all of its
// rows are missing: counts may be too low, never too high.
type LiveTop struct {
	Rows  []LiveRow `json:"rows"`
	Exact bool      `json:"exact"`
}

// LiveRow is a row of a table: what its column holds, and how many pageviews (of names, events) there are of that.
type LiveRow struct {
	Value string `json:"value"`
	Count uint64 `json:"count"`
}

// headTitles are what a live view calls the tables.
var headTitles = [numHeadTables]string{
	headPages: "pages", headNames: "names", headSources: "sources",
	headCountries: "countries", headDevices: "devices", headBrowsers: "browsers",
}

// liveRows is how many rows of a table are shown.
const liveRows = 10

// headRows are the tables of one or more heads.
type headRows struct {
	tables [numHeadTables]map[string]uint64
	cut    headTables
}

func (r *headRows) add(tables *[numHeadTables]map[string]uint64, cut headTables) {
	r.cut |= cut
	for t, rows := range tables {
		if r.tables[t] == nil {
			r.tables[t] = make(map[string]uint64, len(rows))
		}
		for value, n := range rows {
			r.tables[t][value] += n
		}
	}
}

// liveTops are sums of the tables of heads, and what was last found to be their top.
type liveTops struct {
	sums    headRows
	stale   headTables // whose sums have changed since
	tops    [numHeadTables][]LiveRow
	exact   headTables
	version [numHeadTables]uint64 // grows with each change of what is shown
}

func newLiveTops() *liveTops {
	l := &liveTops{exact: everyHeadTable}
	for t := range l.tops {
		l.tops[t] = []LiveRow{}
	}
	return l
}

func (l *liveTops) add(h *head) {
	l.sums.add(&h.tables, h.cut)
	l.touch(&h.tables)
}

func (l *liveTops) touch(tables *[numHeadTables]map[string]uint64) {
	for t, rows := range tables {
		if len(rows) > 0 {
			l.stale |= 1 << t
		}
	}
}

// slidingTops are the tops of the windows that are not over. The sums are kept as windows come and go: adding up all windows for each frame would cost a
// site with many pages more than reading them.
type slidingTops struct {
	*liveTops
	windows map[int64]*headRows
	over    int64 // windows that end by then are in the sums no more
}

func newSlidingTops() *slidingTops {
	return &slidingTops{liveTops: newLiveTops(), windows: make(map[int64]*headRows)}
}

func (l *slidingTops) take(window int64, h *head) {
	if window+event.WindowMS <= l.over {
		return
	}
	if l.windows[window] == nil {
		l.windows[window] = &headRows{}
	}
	l.windows[window].add(&h.tables, h.cut)
	l.add(h)
}

// pass takes the windows that end by then out. It does not go back.
func (l *slidingTops) pass(over int64) {
	l.over, l.sums.cut = max(l.over, over), 0
	for t, w := range l.windows {
		if t+event.WindowMS > l.over {
			l.sums.cut |= w.cut
			continue
		}
		l.remove(w)
		delete(l.windows, t)
	}
}

func (l *slidingTops) remove(w *headRows) {
	for t, rows := range w.tables {
		for value, n := range rows {
			if l.sums.tables[t][value] -= n; l.sums.tables[t][value] == 0 {
				delete(l.sums.tables[t], value)
			}
		}
	}
	l.touch(&w.tables)
}

// settle brings the tops up to date with the sums.
func (l *liveTops) settle() {
	for t := range numHeadTables {
		changed := l.sums.cut.has(t) == l.exact.has(t)
		if l.stale.has(t) {
			top := topRows(l.sums.tables[t], liveRows, t)
			changed = changed || !slices.Equal(top, l.tops[t])
			l.tops[t] = top
		}
		if changed {
			l.version[t]++
		}
	}
	l.stale, l.exact = 0, everyHeadTable&^l.sums.cut
}

// since returns the tables whose version is another, and makes known that of each.
func (l *liveTops) since(known *[numHeadTables]uint64) map[string]LiveTop {
	tops := make(map[string]LiveTop)
	for t := range numHeadTables {
		if known == nil || known[t] != l.version[t] {
			tops[headTitles[t]] = LiveTop{l.tops[t], l.exact.has(t)}
		}
	}
	if known != nil {
		*known = l.version
	}
	return tops
}

// trim keeps the largest rows of each table, where there are more than twice as many.
func (l *liveTops) trim(rows int) {
	for t, sums := range l.sums.tables {
		if len(sums) <= 2*rows {
			continue
		}
		kept := make(map[string]uint64, rows)
		for _, r := range topRows(sums, rows, headTable(t)) {
			kept[r.Value] = r.Count
		}
		l.sums.tables[t] = kept
		l.sums.cut |= 1 << t
	}
}

// topRows returns the n largest rows of a table as [Top] does, in one pass. What is counted by the name of an engagement is no event.
func topRows(sums map[string]uint64, n int, t headTable) []LiveRow {
	rows := make([]LiveRow, 0, n+1)
	for value, count := range sums {
		if t == headNames && value == event.Engagement {
			continue
		}
		r := LiveRow{value, count}
		if len(rows) == n && compareRows(rows[n-1], r) < 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(rows, r, compareRows)
		rows = slices.Insert(rows, at, r)
		rows = rows[:min(n, len(rows))]
	}
	return rows
}

func compareRows(a, b LiveRow) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
}

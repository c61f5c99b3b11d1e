package aggregate

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func keyOf(l Log) store.Key { return markKey(minutes, l.Gen, l.Site, childOf(l)) }

func childOf(l Log) child { return child{l.Window, l.Cell} }

var markedLog = Log{Gen: 1, Site: "demo", Window: 1_773_489_600_000, Cell: 2}

func marksOf(t interface{ Fatal(...any) }, s store.Store) []mark {
	marks, err := siteMarks(context.Background(), s, minutes, markedLog.Gen, markedLog.Site, span{0, event.MaxTimeMS})
	if err != nil {
		t.Fatal(err)
	}
	return marks
}

// clearCovered clears the marks that a roll-up with the vector covers.
func clearCovered(ctx context.Context, s store.Store, marks []mark, v vector) error {
	site := Site{ID: markedLog.Site, Gen: markedLog.Gen}
	return clearMarks(ctx, s, slices.DeleteFunc(slices.Clone(marks), func(m mark) bool { return !site.covers(v, m) }))
}

// Writers with memories of any age raise marks, rollers clear what they have read a while ago: a raised number stays until a vector covers it.
func TestMarksAreNotLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := storetest.NewMemory()
		ctx := context.Background()
		writers := make([]markState, 3)
		var read []mark    // what the roller knows
		var highest uint32 // raised, and not covered since
		t.Repeat(map[string]func(*rapid.T){
			"raise": func(t *rapid.T) {
				n := rapid.Uint32Range(1, 6).Draw(t, "n")
				if err := raiseMark(ctx, s, keyOf(markedLog), n, &writers[rapid.IntRange(0, 2).Draw(t, "writer")]); err != nil {
					t.Fatal(err)
				}
				highest = max(highest, n)
			},
			"forget": func(t *rapid.T) { writers[rapid.IntRange(0, 2).Draw(t, "writer")] = markState{} },
			"read":   func(t *rapid.T) { read = marksOf(t, s) },
			"clear": func(t *rapid.T) {
				v := vector{{markedLog.Window, markedLog.Cell}: rapid.Uint32Range(0, 6).Draw(t, "holds")}
				if err := clearCovered(ctx, s, read, v); err != nil {
					t.Fatal(err)
				}
				if len(marksOf(t, s)) == 0 && v.covers(vector{{markedLog.Window, markedLog.Cell}: highest}) {
					highest = 0
				}
			},
			"": func(t *rapid.T) {
				marks := marksOf(t, s)
				switch {
				case len(marks) == 0 && highest > 0:
					t.Fatalf("mark %d is lost", highest)
				case len(marks) > 0 && (marks[0].n < highest || marks[0].child != childOf(markedLog)):
					t.Fatalf("mark %+v, want %d of %v", marks[0], highest, markedLog)
				}
			},
		})
	})
}

// The mark is raised between a roller's reading and its clearing, to a number that its vector does not hold or to the same one once more.
func TestMarkRaisedWhileItIsCleared(t *testing.T) {
	for _, again := range []uint32{4, 5} {
		s := storetest.NewMemory()
		var writer, other markState
		mustDo(raiseMark(t.Context(), s, keyOf(markedLog), 4, &writer))
		read := marksOf(t, s)
		mustDo(raiseMark(t.Context(), s, keyOf(markedLog), again, &other))
		mustDo(raiseMark(t.Context(), s, keyOf(markedLog), again, &writer))
		mustDo(clearCovered(t.Context(), s, read, vector{{markedLog.Window, markedLog.Cell}: 4}))
		if marks := marksOf(t, s); len(marks) != 1 || marks[0].n != again {
			t.Errorf("raised to %d: %+v", again, marks)
		}
	}
}

func TestMarksOfOthersAreLeftAlone(t *testing.T) {
	s := storetest.NewMemory()
	logs := []Log{
		markedLog, {1, "demo", markedLog.Window + event.WindowMS, 2}, {1, "demo", markedLog.Window, 3}, {2, "demo", markedLog.Window, 2},
		{1, "demo-2", markedLog.Window, 2}, {0, "", markedLog.Window, 2},
	}
	for _, l := range logs {
		mustDo(raiseMark(t.Context(), s, keyOf(l), 1, &markState{}))
	}
	mustDo(clearCovered(t.Context(), s, marksOf(t, s), vector{{markedLog.Window, markedLog.Cell}: 1}))
	left := make(map[Log]bool)
	for _, m := range must(allMarks(t.Context(), s, minutes, undamaged)) {
		left[Log{m.gen, m.site, m.child.start, m.child.cell}] = true
	}
	for i, l := range logs {
		if left[l] != (i > 0) {
			t.Errorf("%v: left %v", l, left[l])
		}
	}
}

// The writer of a delta dies before it has marked the minute, which is rolled up: the redelivery marks it.
func TestRedeliveryMarksWhatADeadWriterDidNot(t *testing.T) {
	r := newRig(t)
	cp := r.place(event.Event{ID: "1", Visitor: "v", TS: noon.UnixMilli()})
	r.commit(cp) // the minute is open: no mark
	reader := NewReader(r.store, r.sites)
	if marks := must(allMarks(t.Context(), r.store, minutes, undamaged)); len(marks) != 0 {
		t.Fatalf("an open minute is marked: %+v", marks)
	}
	r.now = r.now.Add(hourMS * 1e6)
	mustDo(NewRoller(r.store, r.sites, r.clock).Round(t.Context()))
	r.restart()
	r.commit(cp)
	if marks := must(allMarks(t.Context(), r.store, minutes, undamaged)); len(marks) != 1 || marks[0].n != 1 {
		t.Errorf("marks %+v", marks)
	}
	mustDo(NewRoller(r.store, r.sites, r.clock).Round(t.Context()))
	if marks := must(allMarks(t.Context(), r.store, minutes, undamaged)); len(marks) != 0 {
		t.Errorf("marks after the next round: %+v", marks)
	}
	if b := must(reader.Books(t.Context(), r.site.ID, 0, 0)); b.Counted != 1 {
		t.Errorf("books %+v", b)
	}
}

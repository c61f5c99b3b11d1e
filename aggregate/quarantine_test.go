package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// A copy that comes again finds what was kept at first: its time, its site and its reason stay.
func TestQuarantineKeepsTheFirst(t *testing.T) {
	now := noon
	q := NewQuarantine(storetest.NewMemory(), func() time.Time { return now })
	c := QuarantinedCopy{
		Site: "demo", Gen: 1, Reason: "invalid", Message: "name is required", Position: Position{"arn", "shard", "7", 1},
		Arrival: noon.UnixMilli(), Data: []byte{0, 0xff, '{'},
	}
	first := must(q.Keep(t.Context(), c))
	now = now.Add(time.Hour)
	c.Site, c.Reason = "", "unknown_site"
	second := must(q.Keep(t.Context(), c))
	shown := must(q.Show(t.Context(), first.Key()))
	if first.Kept != noon.UnixMilli() || fmt.Sprint(second) != fmt.Sprint(first) || fmt.Sprint(shown) != fmt.Sprint(first) {
		t.Errorf("kept %+v, then %+v, shown %+v", first, second, shown)
	}
}

// Two copies that arrive in the same millisecond are two.
func TestQuarantineTellsPositionsApart(t *testing.T) {
	q := NewQuarantine(storetest.NewMemory(), func() time.Time { return noon })
	for i := range 2 {
		for _, seq := range []string{"1", "2"} {
			must(q.Keep(t.Context(), QuarantinedCopy{Position: Position{"arn", "shard", seq, i}, Arrival: 5}))
		}
	}
	if list, _, err := q.List(t.Context(), "", "", 10); len(list) != 4 || err != nil {
		t.Errorf("%d copies, %v", len(list), err)
	}
}

func TestQuarantineList(t *testing.T) {
	q := NewQuarantine(storetest.NewMemory(), func() time.Time { return noon })
	for i := range 10 {
		c := QuarantinedCopy{Position: Position{SequenceNumber: fmt.Sprint(i)}, Arrival: int64(i) << 20}
		if i%2 == 0 {
			c.Site = "demo"
		}
		must(q.Keep(t.Context(), c))
	}
	for _, c := range []struct {
		site string
		want []string // sequence numbers, those that arrived last first
	}{
		{"", []string{"9", "8", "7", "6", "5", "4", "3", "2", "1", "0"}}, {"demo", []string{"8", "6", "4", "2", "0"}}, {"other", nil},
	} {
		for limit := 1; limit <= 11; limit++ {
			var got []string
			for after := ""; ; {
				list, next, err := q.List(t.Context(), c.site, after, limit)
				if err != nil || len(list) > limit {
					t.Fatalf("%d copies, %v", len(list), err)
				}
				for _, k := range list {
					got = append(got, k.SequenceNumber)
				}
				if after = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("site %q by %d: %v, want %v", c.site, limit, got, c.want)
			}
		}
	}
}

func TestQuarantineShowsOnlyWhatIsKept(t *testing.T) {
	q := NewQuarantine(storetest.NewMemory(), func() time.Time { return noon })
	for _, key := range []string{"", "x", "a\x00b", string(make([]byte, 100)), timeKey(5) + "-0000000000000000"} {
		if _, err := q.Show(t.Context(), key); !errors.Is(err, ErrNotKept) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// Each of the outcomes is booked once for a copy, however often it is committed, by committers that forget.
func TestEveryOutcomeIsBookedOnce(t *testing.T) {
	r := newRig(t)
	e := event.Event{Site: "demo", Name: "buy", ID: "1", TS: noon.UnixMilli(), ReceivedAt: noon.UnixMilli()}
	q := NewQuarantine(r.store, r.clock)
	kept := must(q.Keep(t.Context(), QuarantinedCopy{Site: "demo", Gen: 1, Reason: "invalid", Position: r.position(), Arrival: 7}))
	copies := []Copy{
		must(r.committer.Place(t.Context(), r.site, &e, r.position())),
		must(r.committer.Place(t.Context(), r.site, &e, r.position())),
		must(r.committer.PlaceDropped(t.Context(), r.site, &e, r.position(), Bot, "crawler")),
		must(r.committer.PlaceQuarantined(t.Context(), kept)),
		r.place(event.Event{ID: "2", TS: noon.Add(-25 * time.Hour).UnixMilli()}),
	}
	for i := range 4 {
		l := r.commit(copies...)
		if want := uint64(len(copies)); i == 0 && (l.Received != want || l.Redelivered != 0) || i > 0 && (l.Received != 0 || l.Redelivered != want) {
			t.Errorf("delivery %d: %+v", i, l)
		}
		if i%2 == 1 {
			r.restart()
		}
	}
	b := r.books()
	if b.Received != 5 || b.Counted != 1 || b.Duplicate != 1 || b.Bot != 1 || b.Quarantined != 1 || b.Late != 1 || !b.Balanced() {
		t.Errorf("books %+v", b)
	}
	if b.Reasons["bot: crawler"] != 1 || b.Reasons["quarantined: invalid"] != 1 {
		t.Errorf("reasons %v", b.Reasons)
	}
}

package event

import (
	"testing"

	"pgregory.net/rapid"
)

const (
	minute = 60_000
	hour   = 60 * minute
	day    = 24 * hour
)

// noon is an arrival: 2026-03-14T12:00:00Z.
const noon = 1_773_489_600_000

func TestPlace(t *testing.T) {
	ahead := IDTime(uuid7At(noon + MaxAheadMS + 1))
	for _, c := range []struct {
		name    string
		event   Event
		arrival int64
		want    Place
	}{
		{"the client's clock", Event{TS: noon - 7}, noon, Place{noon - 7, true}},
		{"… is preferred to the id's", Event{TS: noon - 7, ID: uuid7At(noon - 9)}, noon, Place{noon - 7, true}},
		{"… although it is years old", Event{TS: 1}, noon, Place{1, true}},
		{"just believed", Event{TS: noon + MaxAheadMS}, noon, Place{noon + MaxAheadMS, true}},
		{"just not believed", Event{TS: noon + MaxAheadMS + 1}, noon, Place{noon + MaxAheadMS + 1, false}},
		{"… and believed a moment later", Event{TS: noon + MaxAheadMS + 1}, noon + 1, Place{noon + MaxAheadMS + 1, true}},
		{"a wrong clock does not make the id's count", Event{TS: noon + hour, ID: uuid7At(noon)}, noon, Place{noon + hour, false}},
		{"the id's time", Event{ID: uuid7At(noon - 9)}, noon, Place{noon - 9, true}},
		{"the id's time is ahead", Event{ID: uuid7At(noon + MaxAheadMS + 1)}, noon, Place{ahead, false}},
		{"an assigned id", Event{ID: AssignID(noon, "door", 1)}, noon + day, Place{noon, true}},
		{"no time", Event{ID: "order-1"}, noon, Place{}},
		{"no id", Event{}, noon, Place{}},
	} {
		if got := c.event.Place(c.arrival); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	for ms, want := range map[int64]int64{
		0: 0, 1: 0, 9_999: 0, 10_000: 10_000, noon: noon, noon + 9_999: noon, noon - 1: noon - 10_000, -1: -10_000, -10_000: -10_000,
	} {
		if got := Window(ms); got != want {
			t.Errorf("Window(%d) = %d, want %d", ms, got, want)
		}
	}
}

func TestLateAndExpiredAtTheirEdges(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want bool
	}{
		{"24 h", Late(noon-day, noon), false},
		{"24 h and 1 ms", Late(noon-day-1, noon), true},
		{"ahead", Late(noon+hour, noon), false},
		{"last moment", Expired(noon, noon+WindowMS+8*day-1), false},
		{"over", Expired(noon, noon+WindowMS+8*day), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
}

// What an event's cell and window are made of is the same in every copy of it, whoever brings it, whenever, on whatever way.
func TestCopiesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := drawEvent(t)
		second := first
		second.ReceivedAt = first.ReceivedAt + rapid.Int64Range(-day, day).Draw(t, "later")
		second.UserAgent = rapid.SampledFrom([]string{"", "curl/8", "Mozilla/5.0"}).Draw(t, "ua")
		second.Country = rapid.SampledFrom([]string{"", "DE", "FR"}).Draw(t, "country")
		second.DoorVisitor = rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "door visitor")
		if first.PartitionKey() != second.PartitionKey() {
			t.Fatalf("partition keys %q and %q", first.PartitionKey(), second.PartitionKey())
		}
		for n := 1; n <= 1024; n *= 2 {
			if first.Cell(n) != second.Cell(n) {
				t.Fatalf("cells %d and %d of %d", first.Cell(n), second.Cell(n), n)
			}
		}
		a, b := first.Place(first.ReceivedAt), second.Place(second.ReceivedAt)
		if a.Time != b.Time {
			t.Fatalf("times %d and %d", a.Time, b.Time)
		}
		if later := second.ReceivedAt >= first.ReceivedAt; later && a.Believed && !b.Believed {
			t.Fatal("believed at first and no more")
		}
	})
}

// An id that the door assigned brings a retry back to the cell and the window of the first copy, from another address too.
func TestAssignedIDComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := drawEvent(t)
		first.ID = ""
		first.DoorVisitor = rapid.String().Draw(t, "door visitor")
		first.ID = AssignID(first.ReceivedAt, first.DoorVisitor, rapid.Uint64().Draw(t, "random"))
		again := first
		again.ReceivedAt += rapid.Int64Range(0, 7*day).Draw(t, "later")
		again.DoorVisitor = rapid.String().Draw(t, "other door visitor")
		a, b := first.Place(first.ReceivedAt), again.Place(again.ReceivedAt)
		if a.Time != b.Time || a.Believed && !b.Believed || first.Cell(64) != again.Cell(64) {
			t.Fatalf("%+v in cell %d, then %+v in cell %d", a, first.Cell(64), b, again.Cell(64))
		}
		if first.TS == 0 && (a.Time != first.ReceivedAt || !a.Believed) {
			t.Fatalf("an assigned id holds %+v, want the arrival %d", a, first.ReceivedAt)
		}
	})
}

// drawEvent draws what matters for cells and times.
func drawEvent(t *rapid.T) Event {
	arrival := rapid.Int64Range(noon-day, noon+day).Draw(t, "arrival")
	near := arrival + rapid.Int64Range(-hour, hour).Draw(t, "client's clock")
	some := func(label string) string {
		return rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, label)
	}
	return Event{
		Site: "demo", Name: Pageview, ReceivedAt: arrival,
		TS:      rapid.SampledFrom([]int64{0, near}).Draw(t, "ts"),
		ID:      rapid.SampledFrom([]string{"id-1", uuid7At(near), "", some("id")}).Draw(t, "id kind"),
		Visitor: some("visitor"), Session: some("session"),
	}
}

package aggregate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// counted is a store with some history, and all of its events by heart.
type counted struct {
	*rig
	ctx    context.Context
	reader *Reader
	roller *Roller
	times  []int64 // of every event counted
	least  level   // up to which roll-ups must be read: logs are gone
}

func newCounted(t *testing.T, tz string) *counted {
	c := &counted{rig: newRig(t), ctx: context.Background()}
	c.site = must(c.sites.Add(c.ctx, Site{ID: "elsewhere", TZ: tz}))
	c.reader, c.roller = NewReader(c.store, c.sites), NewRoller(c.store, c.sites, c.clock)
	return c
}

// countAt counts an event that is so old.
func (c *counted) countAt(age time.Duration) {
	at := c.now.Add(-age).UnixMilli()
	e := event.Event{Site: c.site.ID, Name: event.Pageview, ID: fmt.Sprint("e", len(c.times)), Visitor: "v", TS: at, ReceivedAt: c.now.UnixMilli()}
	cp := must(c.committer.Place(c.ctx, c.site, &e, c.position()))
	cp.Hit = plainHit(&e, at)
	must(c.committer.Commit(c.ctx, []Copy{cp}))
	c.times = append(c.times, at)
}

// check holds every way to read a span against what was counted in it.
func (c *counted) check(t interface{ Fatalf(string, ...any) }, sp span) {
	want := 0
	for _, at := range c.times {
		if sp.contains(at) {
			want++
		}
	}
	for top := c.least; top <= days; top++ {
		var heads Ledger
		mustDo(c.reader.pieces(c.ctx, c.site, sp, top, store.Heads, func(p piece) error {
			heads.Merge(p.ledger)
			return nil
		}))
		st := must(c.reader.stretch(c.ctx, c.site, sp, top))
		sample := must(sketch.Project(sketch.Needs{}, st.parts.samples))
		if sample.Hits() != want || heads.Counted != uint64(want) || st.parts.ledger.Counted != uint64(want) || st.deltas != uint64(want) {
			t.Fatalf("%v from roll-ups of up to %v: %d hits, %d in the books, %d in the bodies' books, %d deltas; want %d",
				sp, top, sample.Hits(), heads.Counted, st.parts.ledger.Counted, st.deltas, want)
		}
	}
}

// Whatever is counted late or in time, however roll-ups are made, repaired and removed in between, every span holds what was counted in it.
func TestRollupsHoldWhatWasCounted(t *testing.T) {
	zones := []string{"UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"}
	rapid.Check(t, func(rt *rapid.T) {
		c := newCounted(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		hours := rapid.IntRange(0, 30)
		rt.Repeat(map[string]func(*rapid.T){
			"count": func(rt *rapid.T) {
				for range rapid.IntRange(1, 3).Draw(rt, "n") {
					c.countAt(time.Duration(rapid.Int64Range(0, event.LatenessMS).Draw(rt, "age")) * time.Millisecond)
				}
			},
			"count now": func(*rapid.T) { c.countAt(0) },
			"a while": func(rt *rapid.T) {
				c.now = c.now.Add(time.Duration(rapid.IntRange(1, 1200).Draw(rt, "s")) * time.Second)
			},
			"hours":   func(rt *rapid.T) { c.now = c.now.Add(time.Duration(hours.Draw(rt, "h")) * time.Hour) },
			"days":    func(*rapid.T) { c.now = c.now.Add(5 * 24 * time.Hour) },
			"restart": func(*rapid.T) { c.restart() },
			"roll":    func(*rapid.T) { mustDo(c.roller.Round(c.ctx)) },
			"roll minutes": func(*rapid.T) {
				mustDo(c.roller.round(c.ctx, func(lv level) bool { return lv == minutes }))
			},
			"repair": func(*rapid.T) { mustDo(c.roller.Repair(c.ctx)) },
			"expire": func(*rapid.T) {
				mustDo(c.roller.dropLogs(c.ctx, c.site, c.now.UnixMilli()-dropAfterMS))
				c.least = minutes
			},
			"": func(rt *rapid.T) {
				c.check(rt, span{0, forEver})
				if len(c.times) > 0 {
					around := rapid.SampledFrom(c.times).Draw(rt, "around")
					from, to := c.reader.widen(c.site, around, around+1)
					c.check(rt, span{from, to})
				}
			},
		})
	})
}

// Spans that cut roll-ups are made up of smaller ones.
func TestSpansOfAnyEnds(t *testing.T) {
	c := newCounted(t, "Asia/Kathmandu")
	for i := range 200 {
		c.countAt(time.Duration(i) * 7 * time.Minute)
	}
	c.now = c.now.Add(50 * time.Hour)
	mustDo(c.roller.Round(c.ctx))
	newest := event.Window(noon.UnixMilli())
	for i := range int64(60) {
		from := newest - i*1_234_560
		c.check(t, span{event.Window(from - i*i*70_000), event.Window(from)})
	}
}

// After a day and more, nothing but the roll-ups of days is read of a day.
func TestDaysAreRolledUp(t *testing.T) {
	c := newCounted(t, "America/New_York")
	for i := range 48 {
		c.countAt(time.Duration(i%24) * time.Hour)
	}
	c.now = c.now.Add(48 * time.Hour)
	mustDo(c.roller.Round(c.ctx))
	var read []span
	mustDo(c.reader.pieces(c.ctx, c.site, span{0, forEver}, days, store.Bodies, func(p piece) error {
		read = append(read, p.span)
		return nil
	}))
	midnight := time.Date(2026, 3, 14, 4, 0, 0, 0, time.UTC).UnixMilli()
	if len(read) != 2 || read[0].to != midnight || read[1].from != midnight {
		t.Errorf("read %v, want the two days that meet at %d", read, midnight)
	}
}

// The day of a zone goes from midnight to midnight: 23 and 25 hours long where the clock is put forward and back, half an hour off on Lord Howe Island.
func TestDaysOfZones(t *testing.T) {
	for _, c := range []struct {
		zone, at string
		hours    float64
		start    string
	}{
		{"America/New_York", "2026-03-08T20:00:00Z", 23, "2026-03-08T05:00:00Z"},
		{"America/New_York", "2026-11-01T20:00:00Z", 25, "2026-11-01T04:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T00:00:00Z", 24.5, "2026-04-04T13:00:00Z"},
		{"Asia/Kolkata", "2026-03-14T18:29:59Z", 24, "2026-03-13T18:30:00Z"},
		{"Asia/Kolkata", "2026-03-14T18:30:00Z", 24, "2026-03-14T18:30:00Z"},
		{"Asia/Kathmandu", "2026-03-14T18:15:00Z", 24, "2026-03-14T18:15:00Z"},
		{"America/Sao_Paulo", "2018-11-04T12:00:00Z", 23, "2018-11-04T03:00:00Z"}, // there was no midnight on that day
	} {
		zone := must(time.LoadLocation(c.zone))
		got := localDay(zone, must(time.Parse(time.RFC3339, c.at)).UnixMilli())
		want := must(time.Parse(time.RFC3339, c.start)).UnixMilli()
		if got != (span{want, want + int64(c.hours*hourMS)}) {
			t.Errorf("%s in %s: %v, want %v hours from %v", c.at, c.zone, got, c.hours, want)
		}
	}
}

// A time before 1970 once had no day, and was looked for without an end.
func TestDayOfATimeBefore1970(t *testing.T) {
	if got := localDay(time.UTC, -1); got != (span{0, dayMS}) {
		t.Errorf("%v", got)
	}
}

// Days follow each other without a gap or an overlap, on quarters of an hour, in every zone.
func TestDaysMeet(t *testing.T) {
	for _, name := range []string{"UTC", "Africa/Monrovia", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Caracas"} {
		zone := must(time.LoadLocation(name))
		for at := int64(0); at < time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(); {
			day := localDay(zone, at)
			if !day.contains(at) || day.from%quarterMS != 0 || day.to%quarterMS != 0 || at > 0 && day.from != at || day.to-day.from > days.longest() {
				t.Fatalf("%s at %d: %v", name, at, day)
			}
			at = day.to
		}
	}
}

func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (all []span) {
			for range rapid.IntRange(0, 6).Draw(t, label) {
				from := rapid.Int64Range(0, 20).Draw(t, "from")
				all = append(all, span{from, from + rapid.Int64Range(0, 8).Draw(t, "length")})
			}
			return all
		}
		some, holes, sp := draw("spans"), within(draw("holes"), span{0, 40}), span{3, 18}
		in := func(list []span, at int64) (n int) {
			for _, s := range list {
				if s.contains(at) {
					n++
				}
			}
			return n
		}
		union := within(append([]span(nil), some...), sp)
		left := without(union, holes)
		for at := range int64(40) {
			there := in(some, at) > 0 && sp.contains(at)
			if (in(union, at) == 1) != there || (in(left, at) == 1) != (there && in(holes, at) == 0) {
				t.Fatalf("at %d: of %v within %v %v, without %v %v", at, some, sp, union, holes, left)
			}
		}
	})
}

// What was kept long enough goes, and the figures of days stay.
func TestExpire(t *testing.T) {
	c := newCounted(t, "Europe/Berlin")
	for i := range 24 {
		c.countAt(time.Duration(i) * time.Hour)
	}
	parts := func() (logs, minuteRollups, quarterRollups int) {
		mustDo(c.reader.windows(c.ctx, c.site, []span{{0, c.now.UnixMilli()}}, store.Heads, func(piece) error { logs++; return nil }))
		count := func(n *int) func(string, *rollup, store.Revision) error {
			return func(string, *rollup, store.Revision) error { *n++; return nil }
		}
		mustDo(eachRollup(c.ctx, c.store, minutes, c.site, span{0, c.now.UnixMilli()}, count(&minuteRollups)))
		mustDo(eachRollup(c.ctx, c.store, quarters, c.site, span{0, c.now.UnixMilli()}, count(&quarterRollups)))
		return logs, minuteRollups, quarterRollups
	}
	for _, step := range []struct {
		days int
		want string
	}{{3, "24 24 24"}, {9, "0 24 24"}, {7, "0 0 24"}, {400, "0 0 0"}} {
		c.now = c.now.Add(time.Duration(step.days) * 24 * time.Hour)
		mustDo(c.roller.Round(c.ctx))
		for range 2 { // a second time changes nothing
			mustDo(c.roller.Expire(c.ctx))
			logs, ms, qs := parts()
			if got := fmt.Sprint(logs, ms, qs); got != step.want {
				t.Errorf("after %v: %s logs, minutes, quarters; want %s", c.now, got, step.want)
			}
		}
	}
	st := must(c.reader.stretch(c.ctx, c.site, span{0, forEver}, days))
	var rest uint64
	for _, r := range st.thin.rests {
		rest += r.Pageviews
	}
	sample := must(sketch.Project(sketch.Needs{}, st.thin.samples))
	if rest != 24 || len(st.parts.samples) > 0 || sample.Hits() != 0 || sample.Fraction() != 0 || st.whole() {
		t.Errorf("%d pageviews are kept, %d hits, fraction %v", rest, sample.Hits(), sample.Fraction())
	}
	if books := must(c.reader.Books(c.ctx, c.site.ID, 0, 0)); books.Counted != 24 || !books.Balanced() {
		t.Errorf("books %+v", books)
	}
}

// A roller dies after any of its calls, that one applied or not: another goes on, and nothing is lost.
func TestRollerDiesAnywhere(t *testing.T) {
	for _, last := range []storetest.Fault{storetest.Fail, storetest.LoseAnswer} {
		for n := 0; ; n++ {
			c := newCounted(t, "UTC")
			c.countAt(0)
			c.now = c.now.Add(23 * time.Hour)
			mustDo(c.roller.Round(c.ctx))
			c.countAt(23 * time.Hour)
			calls := 0
			dying := storetest.Faulty(c.store, func(storetest.Op) storetest.Fault {
				calls++
				switch {
				case calls <= n:
					return storetest.Pass
				case calls == n+1:
					return last
				}
				return storetest.Fail
			})
			err := NewRoller(dying, c.sites, c.clock).Round(c.ctx)
			c.check(t, span{0, forEver})
			mustDo(c.roller.Round(c.ctx))
			c.check(t, span{0, forEver})
			if err == nil {
				break
			}
		}
	}
}

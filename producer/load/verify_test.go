package load

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// ledgerTwin is a server that counts what it is given, and can be made to lie. It hashes ids as something nobody knows.
type ledgerTwin struct {
	windows map[int64][]uint64
	seen    map[string]bool
	books   Books
	hashed  map[string]uint64
}

func newLedgerTwin() *ledgerTwin {
	return &ledgerTwin{windows: map[int64][]uint64{}, seen: map[string]bool{}, hashed: map[string]uint64{}}
}

func (l *ledgerTwin) hash(id string) uint64 {
	h, ok := l.hashed[id]
	if !ok {
		h = rand.Uint64()
		l.hashed[id] = h
	}
	return h
}

func (l *ledgerTwin) Hashes(_ context.Context, ids []string) ([]uint64, error) {
	all := make([]uint64, len(ids))
	for i, id := range ids {
		all[i] = l.hash(id)
	}
	return all, nil
}

func (l *ledgerTwin) Counted(_ context.Context, from, to int64) (all []uint64, _ error) {
	for w, ids := range l.windows {
		if w >= from && w < to {
			all = append(all, ids...)
		}
	}
	return all, nil
}

// take counts a copy as the product does.
func (l *ledgerTwin) take(c *Planned) {
	l.books.Accepted++
	l.books.Received++
	switch {
	case c.Kind == Crawler:
		l.books.Bot++
	case c.Kind == Overdue:
		l.books.Late++
	case l.seen[c.ID]:
		l.books.Duplicate++
	default:
		l.seen[c.ID] = true
		l.count(c)
	}
}

func (l *ledgerTwin) count(c *Planned) {
	l.books.Counted++
	w := event.Window(c.TS)
	l.windows[w] = append(l.windows[w], l.hash(c.ID))
}

// tale is a run whose copies had these verdicts.
func tale(t *testing.T, p Plan, verdict func(*Planned) Verdict) Ran {
	t.Helper()
	rec := NewRecorder(p.Start, time.Second)
	for c := range p.Copies() {
		rec.verdicts.set(c.N, verdict(c))
		rec.begun = c.N + 1
	}
	return rec.Ran(p)
}

// honest says what a door says.
func honest(l *ledgerTwin) func(*Planned) Verdict {
	return func(c *Planned) Verdict {
		if c.Kind == Malformed {
			return Refused
		}
		l.take(c)
		return Accepted
	}
}

func verifyPlan(t *testing.T) Plan {
	return complete(t, Plan{Seed: rand.Uint64(), Rate: 100, For: 4 * time.Minute, People: 100, Mix: everyKind})
}

func TestVerifyBalances(t *testing.T) {
	p, l := verifyPlan(t), newLedgerTwin()
	l.windows[event.Window(p.Start.UnixMilli())] = []uint64{77} // of somebody before
	before := Books{Accepted: 5, Received: 4, Counted: 4}
	l.books = before
	ran := tale(t, p, honest(l))
	v, err := Verify(t.Context(), []Ran{ran}, before, l.books, []uint64{77}, l)
	if err != nil || !v.OK {
		t.Fatalf("seed %d: %+v, %v", p.Seed, v, err)
	}
	if v.IDsChecked != l.books.Counted-4 {
		t.Errorf("seed %d: %d ids were checked of %d", p.Seed, v.IDsChecked, l.books.Counted-4)
	}
}

// A server that drops one of a thousand that it accepted, and counts another one of a thousand twice, so that the sums are nearly those of an honest one, is
// found out, and so is one that counts what it refused to take, or what nobody sent.
func TestVerifyFindsLies(t *testing.T) {
	p, l := verifyPlan(t), newLedgerTwin()
	var dropped, doubled, untaken []string
	n := 0
	ran := tale(t, p, func(c *Planned) Verdict {
		if c.Kind != Ordinary {
			if c.Kind == Repeated { // of one that was not taken, it is the first that was
				untaken = slices.DeleteFunc(untaken, func(id string) bool { return id == c.ID })
			}
			return honest(l)(c)
		}
		n++
		switch n % 1000 {
		case 250:
			dropped = append(dropped, c.ID)
			l.books.Accepted, l.books.Received = l.books.Accepted+1, l.books.Received+1
			l.seen[c.ID] = true // its copies are duplicates of nothing
			return Accepted
		case 500:
			doubled = append(doubled, c.ID)
			l.count(c)
		case 750:
			untaken = append(untaken, c.ID)
			l.take(c)
			return Untaken
		}
		return honest(l)(c)
	})
	l.windows[event.Window(p.Start.UnixMilli())] = append(l.windows[event.Window(p.Start.UnixMilli())], 0xabc)
	v, err := Verify(t.Context(), []Ran{ran}, Books{}, l.books, nil, l)
	if err != nil || v.OK {
		t.Fatalf("seed %d: it was believed: %+v, %v", p.Seed, v, err)
	}
	for name, c := range map[string]struct {
		got  Difference
		want []string
	}{"dropped": {v.Missing, dropped}, "doubled": {v.Doubled, doubled}, "untaken": {v.Untaken, untaken}, "foreign": {v.Foreign, []string{"0000000000000abc"}}} {
		if c.got.Events != uint64(len(c.want)) || len(c.want) == 0 || len(c.got.Examples) == 0 {
			t.Errorf("seed %d: %s: %+v, want %q", p.Seed, name, c.got, c.want)
		}
		for _, id := range c.got.Examples {
			if !slices.Contains(c.want, id) {
				t.Errorf("seed %d: %s is said to be %s, and is not", p.Seed, id, name)
			}
		}
	}
}

// What had no answer may be counted or not, and neither is a lie; more than once is.
func TestVerifyWithLostAnswers(t *testing.T) {
	p, l := verifyPlan(t), newLedgerTwin()
	ran := tale(t, p, func(c *Planned) Verdict {
		if c.N%10 != 0 || c.Kind == Malformed {
			return honest(l)(c)
		}
		if c.N%20 == 0 {
			l.take(c)
		}
		return Unknown
	})
	v, err := Verify(t.Context(), []Ran{ran}, Books{}, l.books, nil, l)
	if err != nil || !v.OK {
		t.Fatalf("seed %d: %+v, %v", p.Seed, v, err)
	}
	l.books.Bot += 1000
	l.books.Received += 1000
	if v, err = Verify(t.Context(), []Ran{ran}, Books{}, l.books, nil, l); err != nil || v.OK {
		t.Fatalf("seed %d: 1000 bots too many: %+v, %v", p.Seed, v, err)
	}
}

// door is a target that accepts what a ledger then counts.
type door struct {
	virtual
	ledger *ledgerTwin
	plan   map[uint32]*Planned
}

func (d *door) Start(r *Request) {
	v := make([]Verdict, len(r.Items))
	at := d.serve(time.Now())
	for i, it := range r.Items {
		v[i] = honest(d.ledger)(d.plan[it.N])
	}
	time.AfterFunc(time.Until(at), func() { d.done(r, Answer{At: time.Now(), Verdicts: v}) })
}

// A run in batches that is cut short leaves requests of crawlers behind that are not full, while later events of people were sent. Whatever the moment, and also
// where answers are under way, its books balance.
func TestVerifyOfARunCutShort(t *testing.T) {
	seed := rand.Uint64()
	for cut := range 8 {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			mix := everyKind
			mix.Bots = 0.05
			p := complete(t, Plan{Seed: seed, Start: start, Rate: 1000, For: time.Minute, People: 100, Batch: 10, Mix: mix})
			s, err := p.Prepare()
			if err != nil {
				t.Fatal(err)
			}
			d := &door{ledger: newLedgerTwin(), plan: map[uint32]*Planned{}}
			d.serve = func(now time.Time) time.Time { return now.Add(70 * time.Millisecond) }
			for c := range p.Copies() {
				own := *c
				d.plan[c.N] = &own
			}
			rec := NewRecorder(p.Start, time.Second)
			run, err := NewRunner(s, rec, Limits{}, func(done Done) (Target, error) { d.done = done; return d, nil })
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second+time.Duration(cut)*37*time.Millisecond)
			defer cancel()
			if err := run.Run(ctx); err != nil {
				t.Fatal(err)
			}
			v, err := Verify(t.Context(), []Ran{rec.Ran(p)}, Books{}, d.ledger.books, nil, d.ledger)
			if err != nil || !v.OK || d.ledger.books.Counted < 2000 || rec.Totals().Unknown > 0 {
				t.Errorf("seed %d, cut %d: %+v, %v", seed, cut, v, err)
			}
		})
	}
}

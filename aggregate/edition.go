package aggregate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

// How a site's live figures are made anew
//
// Which events are counted is decided in the logs of the live generation, once and for ever: ids, guards, holds and tags stay there, and no writer has to know of anything
// else. What can be made anew is what those deltas *say*: their hits and their bookings. An *edition* is a generation that holds such deltas, each of which names the delta
// that it stands for (its origin). Its figures are the fold of all deltas of its stack, the live logs and the editions up to it, without those that another one stands for.
// A delta that nobody could make anew is so still there, and one that is appended to the live logs is in every edition at once, with its number and its dirty mark.
//
// So an edition needs no copy of anything and no moment at which writers stand still. Only roll-ups are its own: an edition has those of the days from a day on, all of
// whose logs were kept when it was begun; older days stay with the edition before it. It is switched in by one compare-and-swap of the site, when its roll-ups are made.
//
// While two editions are kept, a mark may be cleared only when the roll-ups of both hold what it tells of. A roller reads marks first and then the site; and who begins an edition,
// after he has written that into the site, touches all marks. So whoever clears a mark has read it before it was touched, and fails, or has read the site afterwards, and rolls up both.

// Edition is a making of a site's live figures.
type Edition struct {
	Gen uint32 `json:"gen"`
	// From is when the first day begins whose roll-ups are its own, Unix milliseconds.
	From  int64     `json:"from"`
	Begun time.Time `json:"begun_at"`
	// Finished is when it was switched in.
	Finished time.Time `json:"finished_at,omitzero"`
	RebuildSum
}

// Retired is an edition whose roll-ups nobody needs from a day on.
type Retired struct {
	Gen  uint32    `json:"gen"`
	From int64     `json:"from"`
	At   time.Time `json:"at"`
	// GivenUp: it never was switched in, and its logs go, too.
	GivenUp bool `json:"given_up,omitempty"`
}

// origin names a delta that another one stands for. The two are of the same site, window and cell.
type origin struct {
	gen uint32
	n   uint32
}

// owned returns the span whose roll-ups are the site's in this generation.
func (s Site) owned() span {
	if s.own == (span{}) {
		return span{0, forEver}
	}
	return s.own
}

// logGens returns the generations whose logs the figures are folded from, the last edition first.
func (s Site) logGens() []uint32 {
	if s.stack == nil {
		return []uint32{s.Gen}
	}
	return s.stack
}

// edition returns the site as it is seen in its live generation (i = 0), or in the edition number i.
func (s Site) edition(editions []Edition, i int, from int64) Site {
	s.stack = []uint32{s.Gen}
	for _, e := range editions[:i] {
		s.stack = append(s.stack, e.Gen)
	}
	slices.Reverse(s.stack)
	s.Gen = s.stack[0]
	s.own = span{from, forEver}
	return s
}

// current returns the site in the last edition that was switched in, as the logs of any time are read.
func (s Site) current() Site { return s.edition(s.Editions, len(s.Editions), 0) }

// editions returns the site once for each edition that a part of its live figures is read from, in order of time.
func (s Site) editions() []Site {
	var all []Site
	var from int64
	for i := range len(s.Editions) + 1 {
		if i > 0 {
			from = s.Editions[i-1].From
		}
		e := s.edition(s.Editions, i, from)
		if i < len(s.Editions) {
			e.own.to = s.Editions[i].From
		}
		if e.own.from < e.own.to {
			all = append(all, e)
		}
	}
	return all
}

// keepRetired is how long the roll-ups of a retired edition are kept up. Who read the site before may still ask for them.
const keepRetired = sweepAfter / 2

// rolled returns the site once for each edition whose roll-ups are to be kept up: also of the one that a rebuild fills, and of those that were retired a moment ago.
func (s Site) rolled(now time.Time) []Site {
	all := s.editions()
	for _, r := range s.Retired {
		i := slices.IndexFunc(s.Editions, func(e Edition) bool { return e.Gen == r.Gen }) + 1
		if !r.GivenUp && now.Sub(r.At) < keepRetired && (i > 0 || r.Gen == s.Gen) {
			old := s.edition(s.Editions, i, r.From)
			old.aside = true
			all = append(all, old)
		}
	}
	if s.Next.Gen != 0 {
		all = append(all, s.next())
	}
	return all
}

// next returns the site in the edition that a rebuild fills.
func (s Site) next() Site {
	stack := append(slices.Clone(s.Editions), s.Next)
	n := s.edition(stack, len(stack), s.Next.From)
	n.aside = true
	return n
}

// at returns the site in the edition that a time is read from.
func (s Site) at(ms int64) Site {
	for _, e := range s.editions() {
		if e.owned().contains(ms) {
			return e
		}
	}
	return s
}

// liveGen returns the generation whose logs decide what is counted.
func (s Site) liveGen() uint32 {
	gens := s.logGens()
	return gens[len(gens)-1]
}

// firstNumber is that of the first roll-up of a period: an edition's are greater than all that the ones before it can have, so that the newest is known by its number.
func (s Site) firstNumber() uint32 { return uint32(len(s.logGens())-1)<<20 + 1 }

// everyLogGen returns all generations whose logs the site's figures are made from.
func (s Site) everyLogGen() []uint32 {
	all := []uint32{s.Gen}
	for _, e := range s.Editions {
		all = append(all, e.Gen)
	}
	return append(all, s.Layers...)
}

// unsettled returns from when on an edition is filled, or was retired: logs of that time are not removed yet.
func (l Layering) unsettled() int64 {
	from := int64(forEver)
	if l.Next.Gen != 0 {
		from = l.Next.From
	}
	for _, r := range l.Retired {
		from = min(from, r.From)
	}
	return from
}

// cells returns the hours and cells within the span that have a log in any generation of the stack, in order.
func (s Site) cells(ctx context.Context, items itemStore, from, to int64) ([]hourCell, error) {
	var all []hourCell
	for _, gen := range s.logGens() {
		cells, err := cellsWithin(ctx, items, gen, s.ID, from, to)
		if err != nil {
			return nil, err
		}
		all = append(all, cells...)
	}
	slices.SortFunc(all, func(a, b hourCell) int { return cmp.Or(cmp.Compare(a.hour, b.hour), cmp.Compare(a.cell, b.cell)) })
	return slices.Compact(all), nil
}

// replaced are the deltas of a log for which another one stands. The deltas of a stack are shown to it in order, those of the last edition first.
type replaced map[origin]bool

// note notes what a delta stands for, as its head says.
func (r replaced) note(head []byte) error {
	origins, err := originsOf(head)
	if err != nil {
		return err
	}
	for _, o := range origins {
		r[o] = true
	}
	return nil
}

// entry is a delta of a stack.
type entry struct {
	child child // with its generation; see Site.child
	store.Entry
	replaced bool // another one stands for it
}

// eachEntry calls f for the deltas of all generations of the stack, of the logs of an hour and cell. The editions come before what they stand for, the last one first:
// what is appended meanwhile is then seen with all that it stands for, or not at all.
func (s Site) eachEntry(ctx context.Context, logs logStore, hc hourCell, sp span, parts store.Parts, f func(entry) error) error {
	gens := s.logGens()
	gone := make(map[child]replaced)
	for i, gen := range gens {
		err := eachEntry(ctx, logs, hc.log(gen, s.ID), sp, parts, func(c child, e store.Entry) error {
			if i < len(gens)-1 { // those of the live generation stand for nothing
				if gone[c] == nil {
					gone[c] = make(replaced)
				}
				if err := gone[c].note(e.Head); err != nil {
					return err
				}
			}
			return f(entry{s.child(gen, c), e, gone[c][origin{gen, e.N}]})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// child tells the logs of an edition from those of the live generation, in vectors: its cells follow after all that there can be.
func (s Site) child(gen uint32, c child) child {
	if gen != s.liveGen() {
		c.cell += int(gen) * maxCells
	}
	return c
}

// marks returns the marks of a level in the span: of minutes, for the logs of the whole stack.
func (s Site) marks(ctx context.Context, items itemStore, lv level, sp span) ([]mark, error) {
	if lv > minutes {
		return siteMarks(ctx, items, lv, s.Gen, s.ID, sp)
	}
	var all []mark
	for _, gen := range s.logGens() {
		marks, err := siteMarks(ctx, items, lv, gen, s.ID, sp)
		if err != nil {
			return nil, err
		}
		all = append(all, marks...)
	}
	return all, nil
}

// covers reports whether a roll-up of the site with that vector holds what the mark tells of.
func (s Site) covers(v vector, m mark) bool { return v[s.child(m.gen, m.child)] >= m.n }

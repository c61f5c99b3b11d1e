package aggregate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Remaking fills an edition: copies that are read from the stream again are gathered by the delta that has booked them. A delta all of whose copies were found is made anew; one of
// which a copy is missing stays. The copies of a delta lie close together on the stream, for they were of one batch: so few are gathered at a time. It is used by one goroutine.
type Remaking struct {
	committer *Committer
	site      Site // in the edition that is filled
	lookup    *Lookup
	logs      map[Log]*sourceLog
	held      int // ids and copies in logs
	Sum       RebuildSum
}

// Remake returns the remaking of the edition that is filled of the site, as Begin returned it. What it appends, c does.
func (rb *Rebuilds) Remake(site Site, c *Committer) *Remaking {
	return &Remaking{committer: c, site: site.next(), lookup: NewLookup(rb.store, rb.sites), logs: make(map[Log]*sourceLog)}
}

// sourceLog is what the deltas of a log say, without those that the edition has made anew. It is named by the log of the live generation.
type sourceLog struct {
	deltas []*sourceDelta
	copies map[bookedCopy]*sourceDelta // nil where more than one has booked the copy
	booked map[bookedCopy]bool         // by any readable delta, the edition's own too
	// counted are the ids that are counted by deltas for which no other one stands.
	counted map[uint64]bool
	lost    []origin  // deltas that cannot be read
	missed  uint64    // copies that they booked, as far as their heads can be read
	found   []*Remade // copies that belong here by their time, and that no readable delta has booked
}

// bookedCopy names a copy in its log as a delta does: a counted one by its id and short tag, any other by its tag, with no id.
type bookedCopy struct{ id, tag uint64 }

// namesOf returns what a copy may be called in a log.
func namesOf(id, tag uint64) [2]bookedCopy {
	return [2]bookedCopy{{tag: tag}, {id, uint64(shortTag(tag))}}
}

// sourceDelta is a delta that is to be made anew.
type sourceDelta struct {
	origin
	outcomes map[bookedCopy]Outcome // of copies that were not found yet
	summary  xxh3.Uint128           // hash of its bytes
	copies   []*Remade
	first    uint64 // how many records were read when the first was found
	left     int    // copies that were not found yet
}

// Remade is a copy that was found again. Outcome and Reason may be changed, from Bot to Counted and back; what is counted needs a Hit.
type Remade struct {
	Copy
	booked Outcome
	name   bookedCopy
	delta  *sourceDelta
	log    Log // of the live generation, where it is booked
	event  *event.Event
	pos    Position
}

// Booked is the outcome that the copy has up to now.
func (r *Remade) Booked() Outcome { return r.booked }

// Find returns the copy of a valid event, of which ReceivedAt and ID are set, where a delta is to be made anew that has booked it; else nil, and whether any other has.
func (m *Remaking) Find(ctx context.Context, e *event.Event, p Position) (_ *Remade, booked bool, _ error) {
	times, err := m.lookup.times(ctx, m.site, e)
	if err != nil {
		return nil, false, err
	}
	id, tag := m.site.HashID(e.ID), p.tag()
	for _, at := range times {
		log, err := m.placed(ctx, e, at)
		if err != nil {
			return nil, false, err
		}
		found, err := m.at(ctx, log, id, tag)
		if err != nil {
			return nil, false, err
		}
		if src := m.logs[log]; src != nil {
			for _, name := range namesOf(id, tag) {
				booked = booked || src.booked[name]
			}
		}
		if found == nil {
			continue
		}
		found.Visitor, found.event, found.pos = m.site.HashVisitor(e.Who()), e, p
		found.At = times[len(times)-1] // what is counted is so at its own time, or at the one that was claimed
		return found, true, nil
	}
	return nil, booked, nil
}

// FindQuarantined does it for a copy that is in quarantine.
func (m *Remaking) FindQuarantined(ctx context.Context, p Position, arrival int64) (*Remade, error) {
	it, err := m.committer.store.Get(ctx, quarantineKey(QuarantinedCopy{Position: p, Arrival: arrival}))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	c, err := decodeQuarantined(it)
	if err != nil || c.Site != m.site.ID || c.Gen != m.live() {
		return nil, err
	}
	cp, err := m.committer.PlaceQuarantined(ctx, c)
	if err != nil || cp.Log.Window < m.site.own.from {
		return nil, err
	}
	found, err := m.at(ctx, cp.Log, cp.ID, cp.Tag)
	if found != nil {
		found.Reason = c.Reason
	}
	return found, err
}

// live is the generation that decides what is counted.
func (m *Remaking) live() uint32 { return m.site.liveGen() }

// placed returns the live log of an event at a time; one before the edition begins where there is none.
func (m *Remaking) placed(ctx context.Context, e *event.Event, at int64) (Log, error) {
	n, ok, err := m.lookup.cells.look(ctx, at)
	if err != nil || !ok {
		return Log{Window: -1}, err
	}
	return Log{Gen: m.live(), Site: m.site.ID, Window: event.Window(at), Cell: e.Cell(n)}, nil
}

// at returns a copy that is booked in a log, and was not found yet.
func (m *Remaking) at(ctx context.Context, log Log, id, tag uint64) (*Remade, error) {
	if log.Window < m.site.own.from {
		return nil, nil
	}
	src, err := m.source(ctx, log)
	if err != nil {
		return nil, err
	}
	for _, name := range namesOf(id, tag) {
		d := src.copies[name]
		if d == nil {
			continue
		}
		if o, missing := d.outcomes[name]; missing { // else it was found before, and is twice on the stream
			return &Remade{Copy: Copy{Log: log, Outcome: o, Tag: tag, ID: id}, booked: o, name: name, delta: d, log: log}, nil
		}
	}
	return nil, nil
}

// maxHeld bounds the ids and copies of logs that are held in memory and of which no copy is gathered.
const maxHeld = 1 << 20

func (m *Remaking) source(ctx context.Context, log Log) (*sourceLog, error) {
	if src, ok := m.logs[log]; ok {
		return src, nil
	}
	if m.held > maxHeld {
		m.forget()
	}
	src := &sourceLog{copies: make(map[bookedCopy]*sourceDelta), booked: make(map[bookedCopy]bool), counted: make(map[uint64]bool)}
	gone := make(replaced)
	for _, gen := range m.site.stack {
		in := log
		in.Gen = gen
		entries, err := m.committer.store.Read(ctx, in.key(), 0, store.Bodies)
		if err != nil {
			return nil, fmt.Errorf("read log of %v: %w", in, err)
		}
		for _, e := range entries {
			_ = gone.note(e.Head) // of one that cannot be read it is not known, and it is lost itself
			if o := (origin{gen, e.N}); !gone[o] {
				src.add(o, e, gen != m.site.Gen)
			}
		}
	}
	m.logs[log] = src
	m.held += len(src.counted) + len(src.copies)
	return src, nil
}

// forget lets go of the logs of which no copy is gathered. They can be read again.
func (m *Remaking) forget() {
	m.held = 0
	for log, src := range m.logs {
		if len(src.lost) == 0 && !slices.ContainsFunc(src.deltas, (*sourceDelta).begun) {
			delete(m.logs, log)
			continue
		}
		m.held += len(src.counted) + len(src.copies)
	}
	m.held /= 2 // or what cannot be forgotten would be looked at each time
}

// begun reports whether some copies of the delta were found, and not all.
func (d *sourceDelta) begun() bool { return len(d.copies) > 0 }

// add notes a delta. One with what is no outcome of a copy stays as it is, and so does one that shares a copy with another.
func (s *sourceLog) add(o origin, e store.Entry, may bool) {
	d, err := decodeDelta(e.Body, true)
	if err != nil {
		s.lose(o, e)
		return
	}
	src := &sourceDelta{origin: o, outcomes: make(map[bookedCopy]Outcome), left: int(d.copies()), summary: summaryHash(e.Body)}
	if may {
		s.deltas = append(s.deltas, src)
	}
	for _, c := range d.counted {
		s.counted[c.id] = true
		s.book(src, bookedCopy{c.id, uint64(c.tag)}, Counted, may)
	}
	for _, o := range d.others {
		s.book(src, bookedCopy{tag: o.tag}, o.outcome, may)
	}
}

// book notes that a delta has booked a copy.
func (s *sourceLog) book(d *sourceDelta, name bookedCopy, o Outcome, may bool) {
	d.outcomes[name] = o
	if o > Quarantined {
		d.left++ // which is never found
	}
	if o == noted {
		return
	}
	if s.booked[name] = true; !may {
		return
	}
	_, twice := s.copies[name]
	if s.copies[name] = d; twice {
		s.copies[name] = nil
	}
}

// Add gathers a copy, and makes its delta anew when it was the last.
func (m *Remaking) Add(ctx context.Context, r *Remade) error {
	m.Sum.Copies++
	d := r.delta
	delete(d.outcomes, r.name)
	if !d.begun() {
		d.first = m.Sum.Records
	}
	d.copies = append(d.copies, r)
	if d.left--; d.left > 0 {
		return nil
	}
	copies := d.copies
	d.copies = nil
	return m.remake(ctx, r.log, d, copies)
}

// Break counts as kept the deltas that are not made anew because reading breaks off and goes on at an earlier record, of which they have copies before: that with so many before it.
func (m *Remaking) Break(records uint64) {
	for _, src := range m.logs {
		for _, d := range src.deltas {
			if d.begun() && d.first <= records {
				m.Sum.Kept++
			}
		}
	}
	m.Sum.Records = records
}

// remake replaces a delta: first what leaves it is booked elsewhere, in the edition as well, and then the rest is made one.
func (m *Remaking) remake(ctx context.Context, log Log, src *sourceDelta, copies []*Remade) error {
	var staying []*Remade
	for _, r := range copies {
		to, err := m.move(ctx, r)
		if err != nil {
			return err
		}
		if r.Outcome != r.booked {
			m.Sum.Moved++
		}
		if to != moved {
			staying = append(staying, r)
		}
	}
	d := &delta{origins: []origin{src.origin}}
	d.book(staying)
	if len(staying) == len(copies) && hashOf(d.made.appendTo(nil)) == src.summary {
		m.Sum.Unchanged++
		return nil
	}
	m.Sum.Remade++
	return m.replace(ctx, log, d)
}

// replace appends a delta to the edition's log, unless what it stands for was made anew already.
func (m *Remaking) replace(ctx context.Context, log Log, d *delta) error {
	log.Gen = m.site.Gen
	_, err := m.committer.commit(ctx, log, func(st *logState) (*delta, Ledger) {
		if slices.ContainsFunc(d.origins, func(o origin) bool { return st.origins[o] }) {
			return &delta{}, Ledger{}
		}
		return d, Ledger{}
	})
	return err
}

// book books copies that have their outcomes.
func (d *delta) book(copies []*Remade) {
	b := builders.Get().(*sketch.Builder)
	defer func() { b.Reset(); builders.Put(b) }()
	for _, r := range copies {
		d.add(&r.Copy, r.Outcome)
		d.made.ledger.Book(r.Outcome, r.Reason)
		if r.Outcome == Counted {
			b.Add(r.Visitor, r.Hit)
		}
	}
	d.made.ledger.Received = d.copies()
	d.made.sample, d.made.rest = b.Seal()
}

func hashOf(b []byte) xxh3.Uint128 { return xxh3.Hash128(b) }

// summaryHash is the hash of the summary in a body.
func summaryHash(body []byte) (h xxh3.Uint128) {
	b, err := versionedAs("delta body", body, bodyVersion)
	if err != nil {
		return h
	}
	h = hashOf(nil)
	_ = fields(b, func(num protowire.Number, _ uint64, bytes []byte) error { // it was decoded before
		if num == 4 {
			h = hashOf(bytes)
		}
		return nil
	})
	return h
}

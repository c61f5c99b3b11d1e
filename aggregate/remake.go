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
	held      int // ids and tags in logs
	Sum       RebuildSum
}

// Remake returns the remaking of the edition that is filled of the site, as Begin returned it. What it appends, c does.
func (rb *Rebuilds) Remake(site Site, c *Committer) *Remaking {
	return &Remaking{committer: c, site: site.next(), lookup: NewLookup(rb.store, rb.sites), logs: make(map[Log]*sourceLog)}
}

// sourceLog is what the deltas of a log say, without those that the edition has made anew. It is named by the log of the live generation.
type sourceLog struct {
	deltas []*sourceDelta
	tags   map[uint32]*sourceDelta // nil where more than one has the tag
	booked map[uint32]bool         // tags of copies that any readable delta has booked, the edition's own too
	// counted are the ids that are counted by deltas for which no other one stands.
	counted map[uint64]bool
	lost    []origin  // deltas that cannot be read
	missed  uint64    // copies that they booked, as far as their heads can be read
	found   []*Remade // copies that belong here by their time, and that no readable delta has booked
}

// sourceDelta is a delta that is to be made anew.
type sourceDelta struct {
	origin
	outcomes map[uint32]Outcome
	ids      map[uint64]bool
	summary  xxh3.Uint128 // hash of its bytes
	copies   []*Remade
	first    uint64 // how many records were read when the first was found
	left     int    // copies that were not found yet
}

// Remade is a copy that was found again. Outcome and Reason may be changed, from Bot to Counted and back; what is counted needs a Hit.
type Remade struct {
	Copy
	booked Outcome
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
	for _, at := range times {
		log, err := m.placed(ctx, e, at)
		if err != nil {
			return nil, false, err
		}
		found, err := m.at(ctx, log, p.tag())
		if err != nil {
			return nil, false, err
		}
		if src := m.logs[log]; src != nil {
			booked = booked || src.booked[p.tag()]
		}
		id := m.site.HashID(e.ID)
		if found == nil || found.booked == Counted && !found.delta.ids[id] {
			continue
		}
		found.ID, found.Visitor, found.event, found.pos = id, m.site.HashVisitor(e.Who()), e, p
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
	found, err := m.at(ctx, cp.Log, cp.Tag)
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

// at returns the copy that has the tag in a log.
func (m *Remaking) at(ctx context.Context, log Log, tag uint32) (*Remade, error) {
	if log.Window < m.site.own.from {
		return nil, nil
	}
	src, err := m.source(ctx, log)
	if err != nil {
		return nil, err
	}
	d := src.tags[tag]
	if d == nil {
		return nil, nil
	}
	o, missing := d.outcomes[tag]
	if !missing { // found before: it is twice on the stream, or two have the same tag
		return nil, nil
	}
	return &Remade{Copy: Copy{Log: log, Outcome: o, Tag: tag}, booked: o, delta: d, log: log}, nil
}

// maxHeld bounds the ids and tags of logs that are held in memory and of which no copy is gathered.
const maxHeld = 1 << 20

func (m *Remaking) source(ctx context.Context, log Log) (*sourceLog, error) {
	if src, ok := m.logs[log]; ok {
		return src, nil
	}
	if m.held > maxHeld {
		m.forget()
	}
	src := &sourceLog{tags: make(map[uint32]*sourceDelta), booked: make(map[uint32]bool), counted: make(map[uint64]bool)}
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
	m.held += len(src.counted) + len(src.tags)
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
		m.held += len(src.counted) + len(src.tags)
	}
	m.held /= 2 // or what cannot be forgotten would be looked at each time
}

// begun reports whether some copies of the delta were found, and not all.
func (d *sourceDelta) begun() bool { return len(d.copies) > 0 }

// add notes a delta. One with a tag that is no outcome of a copy stays as it is, and so does one whose tags are not its own.
func (s *sourceLog) add(o origin, e store.Entry, may bool) {
	d, err := decodeDelta(e.Body, true)
	if err != nil {
		s.lose(o, e)
		return
	}
	for _, id := range d.ids {
		s.counted[id] = true
	}
	src := &sourceDelta{origin: o, outcomes: make(map[uint32]Outcome), ids: make(map[uint64]bool), left: len(d.tags), summary: summaryHash(e.Body)}
	if may {
		s.deltas = append(s.deltas, src)
	}
	for _, id := range d.ids {
		src.ids[id] = true
	}
	for _, t := range d.tags {
		src.outcomes[t.tag] = t.outcome
		if t.outcome > Quarantined {
			src.left++ // which is never found
		}
		if t.outcome == noted {
			continue
		}
		if s.booked[t.tag] = true; !may {
			continue
		}
		_, twice := s.tags[t.tag]
		if s.tags[t.tag] = src; twice {
			s.tags[t.tag] = nil
		}
	}
}

// Add gathers a copy, and makes its delta anew when it was the last.
func (m *Remaking) Add(ctx context.Context, r *Remade) error {
	m.Sum.Copies++
	d := r.delta
	delete(d.outcomes, r.Tag)
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
		d.tags = append(d.tags, tagged{r.Tag, r.Outcome})
		d.made.ledger.Book(r.Outcome, r.Reason)
		if r.Outcome == Counted {
			d.ids = append(d.ids, r.ID)
			b.Add(r.Visitor, r.Hit)
		}
	}
	d.made.ledger.Received = uint64(len(d.tags))
	d.made.sample, d.made.rest = b.Seal()
}

func hashOf(b []byte) xxh3.Uint128 { return xxh3.Hash128(b) }

// summaryHash is the hash of the summary in a body.
func summaryHash(body []byte) (h xxh3.Uint128) {
	b, err := bodyFields(body)
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

package aggregate

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Lookup finds out, from the store alone and without changing it, what became of copies. It shares with the committer where things are kept, and
// nothing of how they are decided.
type Lookup struct {
	store store.Store
	sites *Sites
	cells *cellPlan
	logs  map[Log]*logRecord
}

// logRecord is what a log says about copies; damage is why it cannot be read.
type logRecord struct {
	damage error
	ids    map[uint64]idState
	others map[uint64]Outcome // of copies that are not counted, by their tags
}

// outcome returns that of a copy, zero where there is none.
func (r *logRecord) outcome(id, tag uint64) Outcome {
	if o, ok := r.others[tag]; ok {
		return o
	}
	if r.ids[id].counted(tag) {
		return Counted
	}
	return 0
}

// NewLookup returns a lookup of what is in the store now: each log is read once.
func NewLookup(s store.Store, sites *Sites) *Lookup {
	return &Lookup{store: s, sites: sites, cells: newCellPlan(s, 1), logs: make(map[Log]*logRecord)}
}

// Fate is what became of a copy. Outcome is zero where the store knows nothing of it.
type Fate struct {
	Outcome Outcome
	// EventID identifies the event among those counted: the hash of its id and its site's; zero if it is not counted.
	EventID CountedID
	Site    string
}

// CountedID identifies a counted event.
type CountedID struct {
	Gen  uint32
	Site string
	ID   uint64
}

// Event returns the fate of a copy of a valid event, of which ReceivedAt and ID are set. Where it is nowhere, and something cannot be read, the error is one of which IsDamage is true.
func (l *Lookup) Event(ctx context.Context, e *event.Event, p Position, arrival int64) (Fate, error) {
	fate, damage, err := l.search(ctx, e, p)
	if IsDamage(err) {
		damage, err = err, nil
	}
	if err != nil || fate.Outcome != 0 {
		return fate, err
	}
	fate, err = l.Poison(ctx, p, arrival)
	if err != nil || fate.Outcome != 0 {
		return fate, err
	}
	return Fate{}, damage
}

// Booked returns the fate of a copy of a valid event where it is booked anywhere but in quarantine.
func (l *Lookup) Booked(ctx context.Context, e *event.Event, p Position) (Fate, error) {
	fate, damage, err := l.search(ctx, e, p)
	if err == nil && damage != nil {
		return Fate{}, damage
	}
	return fate, err
}

// search looks for a copy in the logs of the times under which it may be booked. Past one that cannot be read it goes on, and says so.
func (l *Lookup) search(ctx context.Context, e *event.Event, p Position) (_ Fate, damage, err error) {
	site, err := l.sites.Get(ctx, e.Site)
	if err != nil && !errors.Is(err, ErrNoSite) { // of a removed site Get tells all the same
		return Fate{}, nil, err
	}
	times, err := l.times(ctx, site, e)
	if err != nil {
		return Fate{}, nil, err
	}
	current := site.current()
	for gen := site.Gen; gen > 0; gen-- { // the site may have been removed since, and taken anew
		for _, at := range times {
			fate, err := l.in(ctx, current, e, p, at)
			if IsDamage(err) {
				damage = err
				continue
			}
			if err != nil || fate.Outcome != 0 {
				return fate, damage, err
			}
		}
		current = site.as(gen - 1)
	}
	return Fate{}, damage, nil
}

// times returns the times under which the copy may be booked: its own, the one claimed for its id, its arrival.
func (l *Lookup) times(ctx context.Context, site Site, e *event.Event) ([]int64, error) {
	if site.ID == "" {
		return nil, nil
	}
	times := []int64{e.ReceivedAt}
	place := e.Place(e.ReceivedAt)
	if place.Time != 0 {
		times = append(times, place.Time)
	}
	if place.Believed {
		return times, nil
	}
	it, err := l.store.Get(ctx, claimKey(site, site.HashID(e.ID)))
	if errors.Is(err, store.ErrNotFound) {
		return times, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read claim: %w", err)
	}
	claimed, err := parseTimeKey(string(it.Value))
	return append(times, claimed), err
}

// in looks for the copy in the log of a time.
func (l *Lookup) in(ctx context.Context, site Site, e *event.Event, p Position, at int64) (Fate, error) {
	n, ok, err := l.cells.look(ctx, at)
	if err != nil || !ok {
		return Fate{}, err
	}
	gens := site.logGens()
	log := Log{Gen: gens[len(gens)-1], Site: site.ID, Window: event.Window(at), Cell: e.Cell(n)}
	rec, err := l.log(ctx, log, gens)
	if err != nil {
		return Fate{}, err
	}
	id := site.HashID(e.ID)
	fate := Fate{Outcome: rec.outcome(id, p.tag()), Site: site.ID}
	if fate.Outcome == Counted {
		fate.EventID = CountedID{gens[len(gens)-1], site.ID, id}
	}
	if fate.Outcome == Duplicate && rec.ids[id] == 0 {
		return Fate{}, nil // a duplicate of nothing
	}
	return fate, nil
}

// Poison returns the fate of a copy that can only be in quarantine. Where that cannot be read, the error is one of which IsDamage is true.
func (l *Lookup) Poison(ctx context.Context, p Position, arrival int64) (Fate, error) {
	it, err := l.store.Get(ctx, quarantineKey(QuarantinedCopy{Position: p, Arrival: arrival}))
	if errors.Is(err, store.ErrNotFound) {
		return Fate{}, nil
	}
	if err != nil {
		return Fate{}, fmt.Errorf("read quarantine: %w", err)
	}
	c, err := decodeQuarantined(it)
	if err != nil {
		return Fate{}, err
	}
	n, ok, err := l.cells.look(ctx, c.Kept)
	if IsDamage(err) {
		n, ok, err = 1, true, nil // as PlaceQuarantined has it
	}
	if err != nil || !ok {
		return Fate{}, err
	}
	gens := []uint32{c.Gen}
	if c.Site != "" {
		site, err := l.sites.Get(ctx, c.Site)
		if err != nil && !errors.Is(err, ErrNoSite) {
			return Fate{}, err
		}
		if site.Gen == c.Gen {
			gens = site.current().logGens()
		}
	}
	rec, err := l.log(ctx, Log{Gen: c.Gen, Site: c.Site, Window: event.Window(c.Kept), Cell: event.CellOf(p.Shard, n)}, gens)
	if err != nil {
		return Fate{}, err
	}
	if rec.others[p.quarantineTag()] == withdrawn {
		return Fate{}, nil
	}
	return Fate{Outcome: rec.others[p.quarantineTag()], Site: c.Site}, nil
}

// maxLookupLogs bounds the logs that are held in memory.
const maxLookupLogs = 20_000

// log returns what a log of the live generation says, in an edition: the generations of its stack are given.
func (l *Lookup) log(ctx context.Context, log Log, gens []uint32) (*logRecord, error) {
	if rec, ok := l.logs[log]; ok {
		return rec, rec.damage
	}
	rec, err := l.readLog(ctx, log, gens)
	if IsDamage(err) {
		rec = &logRecord{damage: err}
	} else if err != nil {
		return nil, err
	}
	if len(l.logs) >= maxLookupLogs {
		clear(l.logs)
	}
	l.logs[log] = rec
	return rec, rec.damage
}

func (l *Lookup) readLog(ctx context.Context, log Log, gens []uint32) (*logRecord, error) {
	rec := &logRecord{ids: make(map[uint64]idState), others: make(map[uint64]Outcome)}
	gone := make(replaced)
	for _, gen := range gens {
		in := log
		in.Gen = gen
		entries, err := l.store.Read(ctx, in.key(), 0, store.Bodies)
		if err != nil {
			return nil, fmt.Errorf("read log of %v: %w", in, err)
		}
		for _, e := range entries {
			if err := gone.note(e.Head); err != nil {
				return nil, fmt.Errorf("delta %d of %v: %w", e.N, in, err)
			}
			d, err := decodeDelta(e.Body, false)
			switch remade := gone[origin{gen, e.N}]; {
			case err == nil && remade: // the event may be a bot's now; copies of it are duplicates all the same
				for _, c := range d.counted {
					rec.guard(c.id)
				}
			case err == nil:
				rec.add(d)
			case !remade:
				return nil, fmt.Errorf("delta %d of %v: %w", e.N, in, err)
			}
		}
	}
	return rec, nil
}

// guard notes an id that is counted elsewhere, or not at all.
func (r *logRecord) guard(id uint64) {
	if r.ids[id].kind() != idCounted { // of one that an edition counts both are there
		r.ids[id] = guardedID
	}
}

func (r *logRecord) add(d *delta) {
	for _, id := range d.guards {
		r.guard(id)
	}
	for _, id := range d.holds {
		r.guard(id)
	}
	for _, c := range d.counted {
		r.ids[c.id] = countedAs(c.tag)
	}
	for _, o := range d.others {
		if o.outcome != noted {
			r.others[o.tag] = o.outcome
		}
	}
}

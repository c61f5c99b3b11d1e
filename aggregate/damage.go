package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

// What cannot be decoded does not come right by trying again. It must not stop what has nothing to do with it: a roller reports it and goes on with the other periods and sites, and
// a reader answers without it, and says so. "streamgauge rebuild" makes it anew from the stream. What is only a note of how far something came, a cursor, a mark, a watermark, is
// written anew by the next one who writes it.

// IsDamage reports whether an error is that of bytes which no encoder of this program wrote: ErrCorrupt, or what a newer program wrote.
func IsDamage(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, errNewer) || errors.Is(err, sketch.ErrCorrupt) || errors.Is(err, sketch.ErrNewer)
}

// decodeJSON reads an item that is JSON.
func decodeJSON(what string, it store.Item, v any) error {
	if err := json.Unmarshal(it.Value, v); err != nil {
		return fmt.Errorf("decode %s %s: %w: %w", what, it.Key.Sort, ErrCorrupt, err)
	}
	return nil
}

// teller is told of damage. The key is the same for the same damage.
type teller func(key string, err error)

// ignored is a teller where nobody is to be told.
func ignored(string, error) {}

// tellDamageEvery is how often the same damage is reported.
const tellDamageEvery = time.Hour

// told remembers what damage was reported.
type told struct {
	mu sync.Mutex // guards at
	at map[string]time.Time
}

// due reports whether the damage is to be reported now, and if so notes it.
func (t *told) due(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, before := t.at[key]; before && now.Sub(last) < tellDamageEvery {
		return false
	}
	if t.at == nil || len(t.at) >= maxTold {
		t.at = make(map[string]time.Time)
	}
	t.at[key] = now
	return true
}

// maxTold bounds the memory of what was reported.
const maxTold = 10_000

// tell reports damage, once an hour.
func (r *Roller) tell(key string, err error) {
	if r.told.due(key, r.now()) {
		r.OnError(err)
	}
}

// spared tells of damage, and returns every other error.
func spared(tell teller, key string, err error) error {
	if !IsDamage(err) {
		return err
	}
	tell(key, err)
	return nil
}

// damaged takes note of a period that could not be rolled up, for what it is made from cannot be read. Whatever holds it is dirty from now on, so that no longer roll-up is believed which
// lacks it; and a minute is known to lack its final value. It returns every other error.
func (r *Roller) damaged(ctx context.Context, lv level, s Site, start int64, err error) error {
	if !IsDamage(err) {
		return err
	}
	sp := lv.period(s.Zone(), start)
	r.tell(fmt.Sprint("roll up ", s.Gen, s.ID, sp), fmt.Errorf("site %q: the %s of %s cannot be rolled up; its figures are incomplete, and \"streamgauge rebuild --site %s\" may mend them: %w",
		s.ID, lv, time.UnixMilli(sp.from).UTC().Format(time.RFC3339), s.ID, err))
	if lv == minutes {
		if err := remakeFinal(ctx, r.store, s, sp.from, r.now()); err != nil {
			return err
		}
	}
	have, err := r.children(ctx, lv, s, sp)
	if err != nil {
		if IsDamage(err) { // not even the heads can be read
			return nil
		}
		return err
	}
	for c, n := range have[sp.from] {
		gen, c := s.logOf(lv, c)
		if err := raiseMark(ctx, r.store, markKey(lv, gen, s.ID, c), n, &markState{}); err != nil {
			return err
		}
	}
	return nil
}

// logOf is the reverse of child: the generation and the log that an entry of a vector of minutes is about.
func (s Site) logOf(lv level, c child) (uint32, child) {
	switch {
	case lv > minutes:
		return s.Gen, c
	case c.cell < maxCells:
		return s.liveGen(), c
	}
	return uint32(c.cell / maxCells), child{c.start, c.cell % maxCells}
}

// readable leaves the parts out that cannot be read. It returns how many those were.
func (p *parts) readable(needs sketch.Needs) (bad uint64) {
	var good parts
	for i, s := range p.samples {
		if _, err := sketch.Project(needs, []*sketch.Packed{s}); IsDamage(err) {
			bad++
			continue
		}
		good.samples, good.rests = append(good.samples, s), append(good.rests, p.rests[i])
	}
	p.samples, p.rests = good.samples, good.rests
	return bad
}

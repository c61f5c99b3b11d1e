package aggregate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// What cannot be decoded does not come right by trying again. It must not stop what has nothing to do with it: a roller reports it and goes on with the other periods and sites, and
// a reader answers without it, and says so. "streamgauge rebuild" makes it anew from the stream.

// isDamage reports whether an error is that of bytes which no encoder wrote.
func isDamage(err error) bool { return errors.Is(err, ErrCorrupt) || errors.Is(err, sketch.ErrCorrupt) }

// tellDamageEvery is how often the same damage is reported.
const tellDamageEvery = time.Hour

// damaged takes note of a period that could not be rolled up, for what it is made from cannot be read. Whatever holds it is dirty from now on, so that no longer roll-up is believed which
// lacks it. It returns every other error.
func (r *Roller) damaged(ctx context.Context, lv level, s Site, start int64, err error) error {
	if !isDamage(err) {
		return err
	}
	sp := lv.period(s.Zone(), start)
	key := sitePeriod{s.Gen, s.ID, sp.from}
	r.mu.Lock()
	told, now := r.told[key], r.now()
	if now.Sub(told) >= tellDamageEvery {
		r.told[key] = now
	} else {
		err = nil
	}
	r.mu.Unlock()
	if err != nil {
		r.OnError(fmt.Errorf("site %q: the %s of %s cannot be rolled up; its figures are incomplete, and \"streamgauge rebuild --site %s\" may mend them: %w",
			s.ID, lv, time.UnixMilli(sp.from).UTC().Format(time.RFC3339), s.ID, err))
	}
	have, err := r.children(ctx, lv, s, sp)
	if err != nil {
		if isDamage(err) { // not even the heads can be read
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
		if _, err := sketch.Project(needs, []*sketch.Packed{s}); isDamage(err) {
			bad++
			continue
		}
		good.samples, good.rests = append(good.samples, s), append(good.rests, p.rests[i])
	}
	p.samples, p.rests = good.samples, good.rests
	return bad
}

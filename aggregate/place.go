package aggregate

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Position is where a copy of an event lies on a stream. It is the same at every delivery of that copy.
type Position struct {
	Stream         string // name or ARN
	Shard          string
	SequenceNumber string
	Index          int // of the event in its record
}

// quarantineTag is the tag of a copy's booking in quarantine. It is another one, because its log may happen to be the one that the copy is booked
// in later, and both bookings have to be told apart there.
func (p Position) quarantineTag() uint64 { return ^p.tag() }

// tag returns the hash by which a delta remembers the copy.
func (p Position) tag() uint64 {
	h := xxh3.New()
	for _, s := range [...]string{p.Stream, p.Shard, p.SequenceNumber, strconv.Itoa(p.Index)} {
		_, _ = h.WriteString(s)
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// ErrExpired says that the window of a copy takes no delta any more. Such a copy is quarantined.
var ErrExpired = errors.New("the window is beyond the redrive horizon")

// Place finds out where a copy of a valid event belongs: its log, or that it is late. e.ReceivedAt must be set. What is kept of the event, Hit, is the caller's to add.
//
// Nearly always the place follows from the event's own bytes. Only where its own time is missing, or too far ahead of its
// arrival to be believed, is the arrival taken: and because another copy has another arrival, the first one is claimed for the
// id, so that all find the same. One trap is left: a copy that arrives later may find the time believable that
// an earlier copy did not. So an event that goes to a claimed time leaves its id as a guard in the log of
// its own time, before it is counted elsewhere; whichever copy comes first to that log decides.
func (c *Committer) Place(ctx context.Context, site Site, e *event.Event, p Position) (Copy, error) {
	place := e.Place(e.ReceivedAt)
	cp := Copy{Outcome: Counted, Tag: p.tag(), ID: site.HashID(e.ID), At: place.Time}
	if !place.Believed {
		if err := c.retry(ctx, func() (err error) {
			cp.At, err = c.claim(ctx, site, cp.ID, e.ReceivedAt)
			return err
		}); err != nil {
			return Copy{}, err
		}
	}
	if event.Late(cp.At, e.ReceivedAt) {
		return c.PlaceDropped(ctx, site, e, p, Late, "")
	}
	var err error
	if cp.Log, err = c.log(ctx, site, e, cp.At); err != nil {
		return Copy{}, err
	}
	if !place.Believed && place.Time != 0 && guarded(place.Time, cp.Log.Window) {
		if cp.Guard, err = c.log(ctx, site, e, place.Time); err != nil {
			return Copy{}, err
		}
	}
	cp.Visitor = site.HashVisitor(e.Who())
	return cp, c.unexpired(cp.Log)
}

// guarded reports whether a copy that believes the event's own time can come while the window that the event went to still takes deltas. Such a copy
// arrives no more than MaxAheadMS before that time.
func guarded(own, window int64) bool { return !event.Expired(window, own-event.MaxAheadMS) }

// PlaceDropped places a copy of an event that shall not be counted. It is booked in the window of its arrival: its own time may be
// any.
func (c *Committer) PlaceDropped(ctx context.Context, site Site, e *event.Event, p Position, o Outcome, reason string) (Copy, error) {
	log, err := c.log(ctx, site, e, e.ReceivedAt)
	if err != nil {
		return Copy{}, err
	}
	return Copy{Log: log, Outcome: o, Reason: reason, Tag: p.tag(), ID: site.HashID(e.ID)}, c.unexpired(log)
}

// PlaceQuarantined places a copy that is kept in quarantine, as Quarantine.Keep returned it.
func (c *Committer) PlaceQuarantined(ctx context.Context, q QuarantinedCopy) (Copy, error) {
	log := Log{Gen: q.Gen, Site: q.Site, Window: event.Window(q.Kept)}
	n, err := c.cellsAt(ctx, log.Window)
	if err != nil && !IsDamage(err) {
		return Copy{}, err
	}
	log.Cell = event.CellOf(q.Shard, max(1, n)) // no event's id is looked for here: where it is not known, any number of cells will do
	return Copy{Log: log, Outcome: Quarantined, Reason: q.Reason, Tag: q.quarantineTag()}, nil
}

func (c *Committer) log(ctx context.Context, site Site, e *event.Event, at int64) (Log, error) {
	w := event.Window(at)
	n, err := c.cellsAt(ctx, w)
	return Log{Gen: site.Gen, Site: site.ID, Window: w, Cell: e.Cell(n)}, err
}

func (c *Committer) cellsAt(ctx context.Context, ms int64) (n int, err error) {
	err = c.retry(ctx, func() (err error) {
		n, err = c.cells.fix(ctx, ms)
		return err
	})
	return n, err
}

func (c *Committer) unexpired(log Log) error {
	if event.Expired(log.Window, c.opts.Now().UnixMilli()) {
		return fmt.Errorf("%v: %w", log, ErrExpired)
	}
	return nil
}

// claim returns the time, in Unix milliseconds, that was first claimed for the id, which is arrival if nobody was before.
func (c *Committer) claim(ctx context.Context, site Site, id uint64, arrival int64) (int64, error) {
	key := claimKey(site, id)
	_, err := c.store.Put(ctx, key, []byte(timeKey(arrival)), store.Write{Relaxed: true})
	if err == nil {
		return arrival, nil
	}
	if !errors.Is(err, store.ErrConflict) {
		return 0, fmt.Errorf("claim a time for an id of site %s: %w", site.ID, err)
	}
	it, err := c.store.Get(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("read the time claimed for an id of site %s: %w", site.ID, err)
	}
	return parseTimeKey(string(it.Value))
}

func claimPartition(site string) string { return "C#" + siteKey(site) }

func claimKey(site Site, id uint64) store.Key {
	return store.Key{Partition: claimPartition(site.ID), Sort: fmt.Sprintf("%016x", id)}
}

package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/enrich"
)

// RebuildPoint is where a rebuild goes on that was done in part.
type RebuildPoint struct {
	Gen uint32 `json:"gen"` // of the edition that is filled
	// Until is when it was begun: what arrives later is consumed by the rules of now.
	Until time.Time `json:"until"`
	// Rolling: all was read.
	Rolling        bool                 `json:"rolling,omitempty"`
	Shard          string               `json:"shard,omitempty"`
	SequenceNumber string               `json:"sequence_number,omitempty"` // "" for the begin of the shard
	Sum            aggregate.RebuildSum `json:"sum"`
}

// ErrRebuildOver: the rebuild that a point is of is none any more.
var ErrRebuildOver = errors.New("the rebuild was given up, or another one has begun")

// ErrRebuildTime: a part was too short to get any further.
var ErrRebuildTime = errors.New("there was too little time to get any further: the next attempt needs more, or the same rebuild a place without such a limit")

// Stretch does the part of a rebuild that can be done by a deadline, and returns where the next part begins; nil when the rebuild is done. Without a point it begins at the begin,
// and without a deadline it does everything. The deltas of batches that lie across the end of a part are made anew by the next one, which reads some thousand records again.
func (r *Rebuilder) Stretch(ctx context.Context, siteID string, from *RebuildPoint, deadline time.Time, report func(RebuildProgress)) (RebuildProgress, *RebuildPoint, error) {
	if report == nil {
		report = func(RebuildProgress) {}
	}
	if from == nil {
		from = &RebuildPoint{Until: r.Now()}
	}
	if done, err := r.over(ctx, siteID, from); done || err != nil {
		return RebuildProgress{Phase: RebuildDone, Resumed: true, Percent: 100, RebuildSum: from.Sum}, nil, err
	}
	site, resumed, err := r.Rebuilds.Begin(ctx, siteID)
	if err != nil {
		return RebuildProgress{}, nil, fmt.Errorf("begin: %w", err)
	}
	run := &rebuild{
		Rebuilder: r, site: site, remaking: r.Rebuilds.Remake(site, r.Committer), enricher: r.Enricher, until: from.Until, report: report,
		breaks:   &breaks{from: *from, deadline: deadline, batch: uint64(cmp.Or(r.BatchSize, MaxBatch))},
		progress: RebuildProgress{Phase: RebuildReading, Resumed: resumed, From: time.UnixMilli(site.Next.From).UTC()},
	}
	run.remaking.Sum = from.Sum
	if run.enricher == nil {
		run.enricher = enrich.New(enrich.Options{})
	}
	if !from.Rolling {
		if err := run.readStream(ctx); err != nil {
			return run.progress, nil, err
		}
		if run.breaks.broken {
			next, err := run.breakOff()
			return run.progress, next, err
		}
	}
	return run.finish(ctx, deadline)
}

// over reports whether the rebuild that a point is of is done. Without this, to ask once more where the answer was lost would begin another.
func (r *Rebuilder) over(ctx context.Context, siteID string, from *RebuildPoint) (bool, error) {
	if from.Gen == 0 {
		return false, nil
	}
	site, err := r.Rebuilds.Get(ctx, siteID)
	switch {
	case err != nil:
		return false, err
	case slices.ContainsFunc(site.Editions, func(e aggregate.Edition) bool { return e.Gen == from.Gen }):
		return true, nil
	case site.Next.Gen != from.Gen:
		return false, ErrRebuildOver
	}
	return false, nil
}

// breakOff tells where the next part begins.
func (r *rebuild) breakOff() (*RebuildPoint, error) {
	at := r.breaks.next(r.remaking.Sum.Records)
	if at.shard == r.breaks.from.Shard && at.seq == r.breaks.from.SequenceNumber {
		return nil, ErrRebuildTime
	}
	r.remaking.Break(at.records)
	r.tell()
	return &RebuildPoint{Gen: r.site.Next.Gen, Until: r.until, Shard: at.shard, SequenceNumber: at.seq, Sum: r.remaking.Sum}, nil
}

// finish makes the roll-ups and switches them in, if there is time for that.
func (r *rebuild) finish(ctx context.Context, deadline time.Time) (RebuildProgress, *RebuildPoint, error) {
	r.progress.Phase, r.progress.Percent = RebuildRolling, 100
	r.tell()
	rolling := ctx
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		rolling, cancel = context.WithTimeout(ctx, deadline.Sub(r.Now()))
		defer cancel()
	}
	if _, err := r.Rebuilds.Finish(rolling, r.site.ID, r.site.Next.Gen, r.remaking.Sum); err != nil {
		if rolling.Err() != nil && ctx.Err() == nil {
			return r.progress, &RebuildPoint{Gen: r.site.Next.Gen, Until: r.until, Rolling: true, Sum: r.remaking.Sum}, nil
		}
		return r.progress, nil, fmt.Errorf("finish: %w", err)
	}
	r.progress.Phase = RebuildDone
	r.tell()
	return r.progress, nil, nil
}

// MaxBatch is the most records that a batch of a mapping has (Lambda Developer Guide, "Amazon Kinesis Data Streams event source mappings").
const MaxBatch = 10_000

// place is where a part can begin.
type place struct {
	shard, seq string
	records    uint64 // that were read before
}

// breaks knows where a part of a rebuild begins, when it ends, and where the next one has to begin. It does not hold a lock: reading is done by one goroutine.
type breaks struct {
	from     RebuildPoint
	deadline time.Time
	batch    uint64 // records: so far apart on a shard can the copies of a delta lie
	broken   bool
	places   []place // of the shard that is read
	held     *place  // the next part begins no later
}

// passed reports whether a shard was read by an earlier part: they are read in the order of their ids.
func (b *breaks) passed(shard string) bool { return shard < b.from.Shard }

// enter is called before a shard is read, and returns the record to begin with, "" for the first.
func (b *breaks) enter(shard string, records uint64) (seq string) {
	if shard == b.from.Shard {
		seq = b.from.SequenceNumber
	}
	b.places = append(b.places[:0], place{shard, seq, records})
	return seq
}

// at is called before a record is read, and reports whether reading breaks off here.
func (b *breaks) at(seq string, records uint64, now time.Time) bool {
	if b.deadline.IsZero() {
		return false
	}
	if b.broken = !now.Before(b.deadline); b.broken {
		return true
	}
	if last := b.places[len(b.places)-1]; records >= last.records+max(1, b.batch/10) {
		b.places = append(b.places, place{last.shard, seq, records})
	}
	if len(b.places) > 2 && b.places[1].records+b.batch <= records {
		b.places = b.places[1:]
	}
	return false
}

// hold keeps what was read last from being passed: it is gathered until the end.
func (b *breaks) hold() {
	if b.held == nil {
		at := b.places[len(b.places)-1]
		b.held = &at
	}
}

// next is where the next part begins, after so many records: the last place behind which a whole batch was read.
func (b *breaks) next(records uint64) place {
	at := b.places[0]
	for _, p := range b.places {
		if p.records+b.batch <= records {
			at = p
		}
	}
	if b.held != nil && b.held.records < at.records {
		at = *b.held
	}
	return at
}

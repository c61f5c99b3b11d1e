package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

// Rebuilder makes a site's live figures anew from what the stream still holds, by the rules of now: what browsers, sources and channels are, what a bot is, and whether bots
// count. What was counted stays counted once, and what the stream does not hold any more stays as it is. Two rebuilds of a site at a time do the same work twice, and no harm.
type Rebuilder struct {
	Stream     StreamReader
	StreamName string
	StreamARN  string // as the mapping names it in its events
	Rebuilds   *aggregate.Rebuilds
	// Committer appends what is made anew. It must be one of its own, which no live page listens to.
	Committer *aggregate.Committer
	// Consumed returns how far a shard was consumed.
	Consumed func(ctx context.Context, shard string) (Progress, error)
	Enricher *enrich.Enricher // nil for the one of now
	Now      func() time.Time
	// BatchSize is how far apart, in records of a shard, those of a batch may lie: the most that a batch had, times the batches of a shard at a time. 0 for the 10,000 that a mapping can
	// be told. What lies further apart, and across the end of a part, stays as it is.
	BatchSize int
}

// RebuildPhase says what a rebuild is doing.
type RebuildPhase string

// The phases.
const (
	RebuildReading RebuildPhase = "reading" // the stream
	RebuildRolling RebuildPhase = "rolling" // up
	RebuildDone    RebuildPhase = "done"
)

// RebuildProgress is how far a rebuild is.
type RebuildProgress struct {
	Phase RebuildPhase `json:"state"`
	// Resumed: it goes on with one that was interrupted.
	Resumed bool      `json:"resumed"`
	From    time.Time `json:"from"` // the first day that is made anew
	// Percent of the stream's time that was read.
	Percent int `json:"percent"`
	aggregate.RebuildSum
}

// Run rebuilds a site, and switches to what was made when all is there. Report is told of progress now and then; it may be nil. After an error, or when ctx ends, nothing
// has changed that anybody sees: the next run goes on.
func (r *Rebuilder) Run(ctx context.Context, siteID string, report func(RebuildProgress)) (RebuildProgress, error) {
	p, _, err := r.Stretch(ctx, siteID, nil, time.Time{}, report)
	return p, err
}

// rebuild is one that is under way.
type rebuild struct {
	*Rebuilder
	site     aggregate.Site
	remaking *aggregate.Remaking
	enricher *enrich.Enricher
	until    time.Time // what arrives later is consumed by the rules of now
	breaks   *breaks
	report   func(RebuildProgress)
	progress RebuildProgress
	told     time.Time
	shards   int
	shard    int // the one that is read, from 0
}

func (r *rebuild) tell() {
	r.told = r.Now()
	r.progress.RebuildSum = r.remaking.Sum
	r.report(r.progress)
}

func (r *rebuild) readStream(ctx context.Context) error {
	shards, err := shardsOf(ctx, r.Stream, r.StreamName)
	if err != nil {
		return err
	}
	r.shards = len(shards)
	for i, s := range shards {
		if r.breaks.passed(s) {
			continue
		}
		r.shard = i
		if err := r.readShard(ctx, s); err != nil {
			return fmt.Errorf("read %s again: %w", s, err)
		}
		if r.breaks.broken {
			return nil
		}
	}
	if err := r.remaking.End(ctx); err != nil {
		return fmt.Errorf("mend logs: %w", err)
	}
	r.tell()
	return nil
}

func (r *rebuild) readShard(ctx context.Context, shard string) error {
	done, err := r.Consumed(ctx, shard)
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	// An event may be ahead of its arrival, and its arrival at the door ahead of that on the stream.
	begin := time.UnixMilli(r.site.Next.From - 3*event.MaxAheadMS)
	from := kinesis.GetShardIteratorInput{
		StreamName: &r.StreamName, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(begin),
	}
	if seq := r.breaks.enter(shard, r.remaking.Sum.Records); seq != "" {
		from.ShardIteratorType, from.StartingSequenceNumber, from.Timestamp = types.ShardIteratorTypeAtSequenceNumber, &seq, nil
	}
	return eachRecord(ctx, r.Stream, from, func(rec *types.Record) (bool, error) {
		if r.breaks.at(*rec.SequenceNumber, r.remaking.Sum.Records, r.Now()) {
			return false, nil
		}
		if at := rec.ApproximateArrivalTimestamp; at != nil {
			if at.After(r.until) {
				return false, nil
			}
			r.percent(at.Sub(begin), r.until.Sub(begin))
		}
		r.remaking.Sum.Records++
		for _, it := range copiesOf(r.StreamARN, shard, rec) {
			if err := r.copy(ctx, &it, done); err != nil {
				return false, err
			}
		}
		return true, ctx.Err()
	})
}

// tellEvery is how often progress is told.
const tellEvery = time.Second

// percent notes how much of the time of a shard was read.
func (r *rebuild) percent(read, all time.Duration) {
	if all <= 0 || r.Now().Sub(r.told) < tellEvery {
		return
	}
	of := min(1, max(0, float64(read)/float64(all)))
	r.progress.Percent = int(100 * (float64(r.shard) + of) / float64(r.shards))
	r.tell()
}

// copy finds the booking of a copy, and judges it anew.
func (r *rebuild) copy(ctx context.Context, it *item, done Progress) error {
	own, booked := it.valid && it.event.Site == r.site.ID, false
	if own {
		var found *aggregate.Remade
		var err error
		if found, booked, err = r.remaking.Find(ctx, &it.event, it.pos); err != nil {
			return err
		}
		if found != nil {
			return r.judge(ctx, it, found)
		}
	}
	if booked {
		return nil // by a delta that stays as it is, or was made anew before
	}
	if it.event.Site != r.site.ID && event.SiteOfPartitionKey(it.partitionKey) != r.site.ID {
		return nil // whatever is wrong with it, it cannot have been booked under this site
	}
	found, err := r.remaking.FindQuarantined(ctx, it.pos, it.arrival)
	switch {
	case err != nil:
		return err
	case found != nil:
		return r.remaking.Add(ctx, found)
	case own && done.holds(it.pos.SequenceNumber, it.arrival):
		return r.orphan(ctx, it)
	}
	return nil
}

// judge says what the copy is by the rules of now. Only whether it is a bot's can have changed: late, quarantined and repeated copies stay what they are.
func (r *rebuild) judge(ctx context.Context, it *item, found *aggregate.Remade) error {
	outcome, why := r.verdict(it)
	switch booked := found.Booked(); {
	case booked == aggregate.Quarantined:
		return r.remaking.Add(ctx, found)
	case outcome == aggregate.Bot || booked == aggregate.Bot:
		found.Outcome, found.Reason = outcome, why
	}
	found.Hit = r.hit(it, found.At) // of a bot too: it may have to stay what it was
	return r.remaking.Add(ctx, found)
}

func (r *rebuild) verdict(it *item) (aggregate.Outcome, string) {
	if why := droppedAs(r.enricher, &r.site, &it.event); why != "" {
		return aggregate.Bot, why
	}
	return aggregate.Counted, ""
}

func (r *rebuild) hit(it *item, at int64) *sketch.Hit {
	h := new(sketch.Hit)
	r.enricher.Hit(h, &it.event, at)
	return h
}

// orphan takes a copy that was consumed and that nothing readable has booked: it may be one of a log that cannot be read.
func (r *rebuild) orphan(ctx context.Context, it *item) error {
	outcome, why := r.verdict(it)
	found, err := r.remaking.Orphan(ctx, &it.event, it.pos, outcome, why)
	if err != nil || found == nil {
		return err
	}
	found.Hit = r.hit(it, found.At)
	r.breaks.hold()
	return nil
}

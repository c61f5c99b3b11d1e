package consumer

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Auditor re-reads what the stream still holds and looks every copy up in the store. It shares no state with the consumer, and
// decides nothing: it asks whether what is there has an outcome, and whether no event was counted twice.
type Auditor struct {
	Stream     StreamReader
	StreamName string
	StreamARN  string // as the mapping names it in its events
	Store      store.Store
	Sites      *aggregate.Sites
	// Consumed returns how far a shard was consumed. What is behind that is pending.
	Consumed func(ctx context.Context, shard string) (Progress, error)
}

// Progress is how far a shard was consumed.
type Progress struct {
	All            bool   // to its end; it is closed
	SequenceNumber string // of the last record that was; "" if none was
	// Arrived is another way to say it: everything that arrived before was consumed.
	Arrived time.Time
}

// holds reports whether the record with that sequence number, which arrived then (Unix milliseconds), was consumed. Sequence numbers are decimal.
func (p Progress) holds(seq string, arrival int64) bool {
	if !p.Arrived.IsZero() && arrival < p.Arrived.UnixMilli() {
		return true
	}
	if p.All || len(seq) != len(p.SequenceNumber) {
		return p.All || len(seq) < len(p.SequenceNumber)
	}
	return seq <= p.SequenceNumber
}

// Difference is a copy that is not where it should be.
type Difference struct {
	Kind           string `json:"kind"` // "missing", "counted_twice", or "unreadable": what may hold it is damaged, or of a newer program
	Shard          string `json:"shard"`
	SequenceNumber string `json:"sequence_number"`
	Index          int    `json:"index"`
	ID             string `json:"id,omitempty"`
	Message        string `json:"message"`
}

// Audit is what an audit found. Copies are those with an outcome, and those that should have one.
type Audit struct {
	Site            string       `json:"site"`
	Copies          uint64       `json:"copies"`
	Events          uint64       `json:"events"` // different ones that are counted
	Counted         uint64       `json:"counted"`
	Duplicate       uint64       `json:"duplicate"`
	Bot             uint64       `json:"bot"`
	Late            uint64       `json:"late"`
	Quarantined     uint64       `json:"quarantined"`
	Pending         uint64       `json:"pending"` // on the stream, not consumed yet
	DifferenceCount uint64       `json:"difference_count"`
	Differences     []Difference `json:"differences"`
	Agrees          bool         `json:"agrees"`
}

// maxDifferences is how many an audit lists; all are counted.
const maxDifferences = 100

// Run audits a site, or everything if site is "".
func (a *Auditor) Run(ctx context.Context, site string) (*Audit, error) {
	r := &auditRun{
		Auditor: a, lookup: aggregate.NewLookup(a.Store, a.Sites), counted: make(map[aggregate.CountedID]struct{}),
		out: &Audit{Site: site, Differences: []Difference{}},
	}
	shards, err := shardsOf(ctx, a.Stream, a.StreamName)
	if err != nil {
		return nil, err
	}
	for _, s := range shards {
		if err := r.shard(ctx, s); err != nil {
			return nil, fmt.Errorf("audit %s: %w", s, err)
		}
	}
	r.out.Events = uint64(len(r.counted))
	r.out.Agrees = r.out.DifferenceCount == 0
	return r.out, nil
}

type auditRun struct {
	*Auditor
	lookup  *aggregate.Lookup
	counted map[aggregate.CountedID]struct{}
	out     *Audit
}

func (r *auditRun) shard(ctx context.Context, shard string) error {
	// Read before the records: everything up to here was committed before it is looked up.
	done, err := r.Consumed(ctx, shard)
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	from := kinesis.GetShardIteratorInput{StreamName: &r.StreamName, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	return eachRecord(ctx, r.Stream, from, func(rec *types.Record) (bool, error) { return true, r.record(ctx, shard, done, rec) })
}

func (r *auditRun) record(ctx context.Context, shard string, done Progress, rec *types.Record) error {
	items := copiesOf(r.StreamARN, shard, rec)
	for i := range items {
		fate, err := r.fate(ctx, &items[i])
		if err != nil && !aggregate.IsDamage(err) {
			return err
		}
		if r.isMine(&items[i], fate) {
			r.book(&items[i], fate, done, err)
		}
	}
	return nil
}

func (r *auditRun) fate(ctx context.Context, it *item) (aggregate.Fate, error) {
	if it.poison != "" {
		return r.lookup.Poison(ctx, it.pos, it.arrival)
	}
	return r.lookup.Event(ctx, &it.event, it.pos, it.arrival)
}

// isMine reports whether a copy is of the site that is audited.
func (r *auditRun) isMine(it *item, fate aggregate.Fate) bool {
	site := fate.Site
	if fate.Outcome == 0 {
		site = cmp.Or(it.claimedSite(), event.SiteOfPartitionKey(it.partitionKey))
	}
	return r.out.Site == "" || site == r.out.Site
}

// book counts a copy by its fate; damage is why that cannot be read, or nil.
func (r *auditRun) book(it *item, fate aggregate.Fate, done Progress, damage error) {
	if fate.Outcome == 0 && !done.holds(it.pos.SequenceNumber, it.arrival) {
		r.out.Pending++
		return
	}
	r.out.Copies++
	switch fate.Outcome {
	case aggregate.Counted:
		r.out.Counted++
		if _, twice := r.counted[fate.EventID]; twice {
			r.differ(it, "counted_twice", "another copy of the same event is counted as well")
		}
		r.counted[fate.EventID] = struct{}{}
	case aggregate.Duplicate:
		r.out.Duplicate++
	case aggregate.Bot:
		r.out.Bot++
	case aggregate.Late:
		r.out.Late++
	case aggregate.Quarantined:
		r.out.Quarantined++
	default:
		if damage != nil {
			r.differ(it, "unreadable", damage.Error())
			return
		}
		r.differ(it, "missing", "the stream holds this copy, it was consumed, and it has no outcome")
	}
}

func (r *auditRun) differ(it *item, kind, message string) {
	r.out.DifferenceCount++
	if len(r.out.Differences) < maxDifferences {
		r.out.Differences = append(r.out.Differences, Difference{
			Kind: kind, Shard: it.pos.Shard, SequenceNumber: it.pos.SequenceNumber, Index: it.pos.Index, ID: it.event.ID, Message: message,
		})
	}
}

package consumer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// Options are what a Handler can be told. The zero value is good.
type Options struct {
	// CreateSites creates a site at its first event. Without it, events of sites that nobody registered go to quarantine.
	CreateSites bool
	// SliceCopies is how many copies are committed together; 2,000 if zero.
	SliceCopies int
	// Margin is the time before the deadline in which the verdict is sent; 500 ms if zero.
	Margin time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Report is told of every slice that was committed; it must return quickly. Nil for nobody.
	Report func(Report)
}

// Report says what became of a slice of a batch.
type Report struct {
	Records int
	Copies  int
	Tally   aggregate.Tally
	Took    time.Duration
	// Booked are the copies that have their outcome because of this delivery. It is valid until Report returns.
	Booked iter.Seq[Booked]
	// Delays yields, of every copy that was to be counted, how long after it came to the door its slice was committed: also of those that
	// turned out to be duplicates, or were counted at an earlier delivery. Copies of the same millisecond that follow one another are yielded together,
	// with their number. It is to be run before Report returns.
	Delays iter.Seq2[time.Duration, uint64]
}

// Booked is a copy with its outcome. What it holds is valid as long as what it came from.
type Booked struct {
	Site     string
	Outcome  aggregate.Outcome
	Reason   string // as in the ledger; may be empty
	Position aggregate.Position
	Event    *event.Event // not filled in where the copy could not be decoded
	At       int64        // event time, Unix milliseconds, of what is counted
	Data     []byte       // the line
}

// booked yields the copies of a slice that was committed.
func booked(items []item) iter.Seq[Booked] {
	return func(yield func(Booked) bool) {
		for i := range items {
			it := &items[i]
			if it.became == 0 {
				continue
			}
			b := Booked{Site: it.siteID(), Outcome: it.became, Reason: it.copy.Reason, Position: it.pos, Event: &it.event, At: it.copy.At, Data: it.data}
			if !yield(b) {
				return
			}
		}
	}
}

func (o Options) filled() Options {
	if o.SliceCopies == 0 {
		o.SliceCopies = 2000
	}
	if o.Margin == 0 {
		o.Margin = 500 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(Report) {}
	}
	return o
}

// Handler counts the events of batches of records. It may be called concurrently.
type Handler struct {
	opts      Options
	store     store.Store
	sites     *aggregate.Sites
	committer *aggregate.Committer
	kept      *aggregate.Quarantine
	enricher  *enrich.Enricher
}

// New returns a handler that commits to c, whose store is s.
func New(s store.Store, sites *aggregate.Sites, c *aggregate.Committer, opts Options) *Handler {
	opts = opts.filled()
	return &Handler{opts: opts, store: s, sites: sites, committer: c, kept: aggregate.NewQuarantine(s, opts.Now), enricher: enrich.New(enrich.Options{})}
}

// Handle counts a batch. It works in slices: what is done is durable, and a slice that would not be done before the deadline of ctx is not begun. Where it
// could not finish, it names the first record that is not done (ReportBatchItemFailures, which the mapping must have on), and the
// poller comes again from there. It fails only where the first slice cannot be committed, and never because of what is in a record.
func (h *Handler) Handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	ctx, cancel := h.withMargin(ctx)
	defer cancel()
	var slowest time.Duration
	for from := 0; from < len(batch.Records); {
		items, to := h.slice(batch.Records, from)
		if !h.timeFor(ctx, slowest) {
			return unfinished(batch.Records[from]), nil
		}
		began := h.opts.Now()
		tally, err := h.run(ctx, items)
		if err != nil && from == 0 {
			return events.KinesisEventResponse{}, fmt.Errorf("count records: %w", err)
		}
		if err != nil {
			return unfinished(batch.Records[from]), nil // the next call begins there, and says why
		}
		now := h.opts.Now()
		took := now.Sub(began)
		slowest = max(slowest, took)
		h.opts.Report(Report{Records: to - from, Copies: len(items), Tally: tally, Took: took, Delays: delays(items, now), Booked: booked(items)})
		freeItems(items) // after an error too little is known of who still looks at them
		from = to
	}
	return events.KinesisEventResponse{}, nil
}

// withMargin ends the work a little before the deadline, so that there is time left to say how far it came.
func (h *Handler) withMargin(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-h.opts.Margin))
}

// timeFor reports whether another slice would be done in time, if it takes no longer than twice the slowest so far.
func (h *Handler) timeFor(ctx context.Context, slowest time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || h.opts.Now().Add(2*slowest).Before(deadline)
}

// sliceBytes bounds what came out of compressed records and lies in memory at a time: that may be much more than a batch has bytes.
const sliceBytes = 32 << 20

// slice unpacks records from the given one on until there are enough copies. It returns the index of the first record that is left. The items
// are the caller's to free.
func (h *Handler) slice(records []events.KinesisEventRecord, from int) ([]item, int) {
	items := newItems()
	items = slices.Grow(items, min(len(records)-from, h.opts.SliceCopies))
	to, bytes, grown := from, 0, 0
	for to < len(records) && len(items) < h.opts.SliceCopies && bytes < sliceBytes {
		items, grown = unpack(items, &records[to])
		bytes += grown
		to++
	}
	return items, to
}

// run takes the copies through the stages and commits them.
func (h *Handler) run(ctx context.Context, items []item) (aggregate.Tally, error) {
	for _, s := range [...]stage{h.decode, h.lookUpSites, h.filterBots, h.place, h.quarantine} {
		if err := s(ctx, items); err != nil {
			return nil, err
		}
	}
	return h.commit(ctx, items)
}

// commit books the copies, and then sees to those that were in quarantine under other rules.
func (h *Handler) commit(ctx context.Context, items []item) (aggregate.Tally, error) {
	hits := newHits()
	defer hits.free()
	h.enrich(items, hits)
	copies := make([]aggregate.Copy, 0, len(items))
	for i := range items {
		if !items[i].booked {
			copies = append(copies, items[i].copy)
		}
	}
	tally, err := h.committer.Commit(ctx, copies)
	damaged := errors.Is(err, aggregate.ErrCorrupt)
	if err != nil && !damaged {
		return tally, err
	}
	for i := range items {
		if it := &items[i]; !it.booked {
			it.became, it.copy.Damage, copies = copies[0].Became, copies[0].Damage, copies[1:]
		}
	}
	if damaged {
		if err := h.spare(ctx, items, tally); err != nil {
			return tally, err
		}
	}
	return tally, h.leaveQuarantine(ctx, items)
}

// spare puts the copies aside whose logs cannot be read, so that these stop nothing else.
func (h *Handler) spare(ctx context.Context, items []item, tally aggregate.Tally) error {
	for i := range items {
		it := &items[i]
		if it.booked || it.copy.Damage == nil {
			continue
		}
		it.quarantine(poisonDamaged, it.copy.Damage.Error())
		if err := h.keep(ctx, it); err != nil {
			return err
		}
		if it.booked { // elsewhere, as it turned out
			continue
		}
		aside := []aggregate.Copy{it.copy}
		more, err := h.committer.Commit(ctx, aside)
		if err != nil {
			return err
		}
		tally.Merge(more)
		it.became = aside[0].Became
	}
	return nil
}

// delays are those of Report. The clocks of the door and of this process may differ: a delay below zero is none.
func delays(items []item, now time.Time) iter.Seq2[time.Duration, uint64] {
	return func(yield func(time.Duration, uint64) bool) {
		last, n := time.Duration(0), uint64(0)
		for i := range items {
			it := &items[i]
			if it.copy.Outcome != aggregate.Counted {
				continue
			}
			d := time.Duration(max(0, now.UnixMilli()-it.event.ReceivedAt)) * time.Millisecond
			if d != last && n > 0 {
				if !yield(last, n) {
					return
				}
				n = 0
			}
			last = d
			n++
		}
		if n > 0 {
			yield(last, n)
		}
	}
}

// noDelays are those of copies that were put aside before: how long that was says nothing of the way of the others.
func noDelays(func(time.Duration, uint64) bool) {}

func unfinished(r events.KinesisEventRecord) events.KinesisEventResponse {
	return events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{{ItemIdentifier: r.Kinesis.SequenceNumber}}}
}

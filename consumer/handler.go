package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/enrich"
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
		took := h.opts.Now().Sub(began)
		slowest = max(slowest, took)
		h.opts.Report(Report{Records: to - from, Copies: len(items), Tally: tally, Took: took})
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

// slice unpacks records from the given one on until there are enough copies. It returns the index of the first record that is left.
func (h *Handler) slice(records []events.KinesisEventRecord, from int) ([]item, int) {
	var items []item
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
	if err != nil {
		return tally, err
	}
	return tally, h.leaveQuarantine(ctx, items)
}

func unfinished(r events.KinesisEventRecord) events.KinesisEventResponse {
	return events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{{ItemIdentifier: r.Kinesis.SequenceNumber}}}
}

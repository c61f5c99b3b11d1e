package producer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"golang.org/x/sync/semaphore"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer/spool"
)

// PutRecordsAPI is what the producer needs of Kinesis. *kinesis.Client has it, and so has the embedded stream. An implementation
// heeds the context and does not look at the input again after it returned.
type PutRecordsAPI interface {
	PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, opts ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// Item is one event on its way to the stream.
type Item struct {
	// PartitionKey chooses the shard: 1 to 256 Unicode code points.
	PartitionKey string
	// Data is one event as JSON, without a newline in it, and with an id: a record may be stored twice, and its id tells the second copy.
	// The bytes belong to the producer until the item has its result; after a call that ended early because of its context, until
	// Close returned.
	Data []byte
}

// Result is what became of an item. Err is nil if the stream acknowledged it, else an *Error. Where that is ErrMisplaced, the other
// two say where the item is.
type Result struct {
	ShardID        string
	SequenceNumber string
	Err            error
}

// Producer puts items on one stream. Its methods may be called concurrently.
type Producer struct {
	client PutRecordsAPI
	stream string
	opts   Options
	room   *semaphore.Weighted // bytes of the buffer that are free

	ctx    context.Context // ends when Close gives up; every call runs under it
	cancel context.CancelFunc
	wake   chan struct{}  // holds one token when the loop should look again
	calls  sync.WaitGroup // the senders, and who asks for the shards
	work   chan *request  // from the loop to the senders
	done   chan struct{}  // closed when the loop has returned

	senders int // goroutines; the loop's alone

	spool *spool.Spool // nil if there is none

	mu         sync.Mutex // guards what follows; never held during a call to the stream, to the disk or to the user
	queue      queue
	prediction prediction
	flushes    int      // Flush calls that wait
	epoch      *epoch   // counts the items taken since the last Flush
	sealed     []*epoch // earlier ones that were not resolved when they were sealed
	keeping    int      // calls that are writing into the spool
	closed     bool
	lost       UndeliveredError // since Close began
	spoolErr   error            // why the spool could not be closed
	stats      Stats
}

// New returns a producer for the stream of that name and starts its sender loop: the one goroutine that makes requests, with one more for
// each request in flight. Close waits for all of them.
//
// The producer has its own bounds for retries, so the SDK's retryer is switched off for its calls. With a spool, New reads what an earlier
// run left in it and sends it first.
func New(client PutRecordsAPI, stream string, opts Options) (*Producer, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	if client == nil || stream == "" {
		return nil, errors.New("producer: a client and the name of a stream are needed")
	}
	p := &Producer{
		client: client,
		stream: stream,
		opts:   opts,
		wake:   make(chan struct{}, 1),
		work:   make(chan *request),
		done:   make(chan struct{}),
		epoch:  &epoch{},
	}
	p.queue = newQueue(&p.opts)
	p.prediction.stale = opts.Shards != nil
	if err := p.openSpool(); err != nil {
		return nil, err
	}
	p.room = semaphore.NewWeighted(max(opts.Buffer, p.stats.BufferedBytes))
	p.room.TryAcquire(p.stats.BufferedBytes)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
	return p, nil
}

// Put sends one item and returns when it is durable (nil) or will not be (an *Error). If ctx ends first the code is Canceled, and
// the item may be delivered all the same.
func (p *Producer) Put(ctx context.Context, it Item) error {
	return p.put(ctx, []Item{it})[0]
}

// PutAll sends items and returns when each is durable or will not be: errs has one place an item, nil where it is durable. The
// other error is nil if all are durable, else says how many are not, and why the first is not.
//
// If ctx ends first, items without a result have the code Canceled, and may be delivered all the same. Under Fail, from the first
// item of a call that has no room on, none of it is taken.
func (p *Producer) PutAll(ctx context.Context, items []Item) (errs []error, err error) {
	errs = p.put(ctx, items)
	bad := 0
	for _, e := range errs {
		if e == nil {
			continue
		}
		if bad++; err == nil {
			err = e
		}
	}
	if bad > 0 {
		err = fmt.Errorf("%d of %d items not delivered, the first: %w", bad, len(errs), err)
	}
	return errs, err
}

// PutEvent sends one event under its own partition key. An event without an id gets one, in e: without it, a copy that is stored twice
// would be counted twice. See Put.
func (p *Producer) PutEvent(ctx context.Context, e *event.Event) error {
	if e.ID == "" {
		e.ID = p.newID(e)
	}
	return p.Put(ctx, Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)})
}

func (p *Producer) newID(e *event.Event) string {
	now := p.opts.Clock.Now().UnixMilli()
	p.mu.Lock()
	defer p.mu.Unlock()
	random := uint64(p.opts.Rand()*(1<<32))<<32 | uint64(p.opts.Rand()*(1<<32))
	key := e.Key()
	if key == "" {
		key = strconv.FormatUint(random, 16) // nobody is known: a visitor of its own
	}
	return event.AssignID(now, key, random)
}

// PutAsync hands over one item and returns when it is taken; the context counts until then. An error means that it was not taken, and
// fn is not called. Otherwise fn is called exactly once, for the items of one partition key in their order, on the goroutine of the
// request: it must be quick, and must not wait for this producer.
func (p *Producer) PutAsync(ctx context.Context, it Item, fn func(Result)) error {
	c := newCall(1)
	c.fn = fn
	p.accept(ctx, c, []Item{it})
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.rejected
}

func (p *Producer) put(ctx context.Context, items []Item) []error {
	if len(items) == 0 {
		return nil
	}
	c := newCall(len(items))
	p.accept(ctx, c, items)
	select {
	case <-c.finished:
		return c.errs
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		return c.abandon(canceled(ctx))
	}
}

// accept takes as many items as have room, again and again until all are taken or rejected.
func (p *Producer) accept(ctx context.Context, c *call, items []Item) {
	costs := make([]int64, len(items))
	for i, it := range items {
		if err := p.check(it); err != nil {
			c.reject(i, err) // nobody else knows the call yet
			continue
		}
		costs[i] = costOf(it)
	}
	for from := 0; from < len(items); {
		n, bytes, err := p.reserve(ctx, costs[from:])
		if err == nil {
			err = p.take(c, items, from, from+n, bytes)
		}
		if err != nil {
			p.mu.Lock()
			c.rejectFrom(from, err)
			p.mu.Unlock()
			return
		}
		from += n
	}
}

// costOf is what an item takes of the buffer.
func costOf(it Item) int64 { return int64(len(it.PartitionKey) + len(it.Data) + itemOverhead) }

// check says what is wrong with an item.
func (p *Producer) check(it Item) error {
	switch {
	case it.PartitionKey == "" || !utf8.ValidString(it.PartitionKey) ||
		len(it.PartitionKey) > MaxPartitionKeyLen && utf8.RuneCountInString(it.PartitionKey) > MaxPartitionKeyLen:
		return &Error{Code: Invalid, Err: fmt.Errorf("%w: the partition key must have 1 to %d code points of UTF-8", ErrInvalid, MaxPartitionKeyLen)}
	case len(it.Data) == 0 || bytes.IndexByte(it.Data, '\n') >= 0:
		return &Error{Code: Invalid, Err: fmt.Errorf("%w: the data must not be empty or hold a newline", ErrInvalid)}
	case len(it.PartitionKey)+len(it.Data) > p.opts.maxItem():
		return &Error{Code: TooLarge, Err: fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(it.PartitionKey)+len(it.Data), p.opts.maxItem())}
	}
	return nil
}

// reserve makes room for all items, else for as many of the first as there is room for, else, under Block, waits for the first. Room
// is given in the order in which it was asked for.
func (p *Producer) reserve(ctx context.Context, costs []int64) (n int, bytes int64, err error) {
	if ctx.Err() != nil {
		return 0, 0, canceled(ctx)
	}
	for _, c := range costs {
		bytes += c
	}
	if p.room.TryAcquire(bytes) {
		return len(costs), bytes, nil
	}
	for bytes = 0; n < len(costs) && p.room.TryAcquire(costs[n]); n++ {
		bytes += costs[n]
	}
	if n > 0 {
		return n, bytes, nil
	}
	if p.opts.OnFull == Fail {
		return 0, 0, &Error{Code: Full, Err: ErrFull}
	}
	if p.room.Acquire(ctx, costs[0]) != nil {
		return 0, 0, canceled(ctx)
	}
	return 1, costs[0], nil
}

// take keeps items[from:to], whose room is reserved, in the spool and queues them.
func (p *Producer) take(c *call, items []Item, from, to int, bytes int64) error {
	spooled, err := p.keep(items[from:to], c.errs[from:to])
	if err == nil && !p.enqueue(c, items, from, to, bytes, spooled) {
		err = &Error{Code: Closed, Err: ErrClosed}
	}
	if err != nil {
		p.room.Release(bytes)
	}
	return err
}

// enqueue hands items[from:to] to the loop, if it still runs. In the spool they have the numbers from spooled on.
func (p *Producer) enqueue(c *call, items []Item, from, to int, bytes int64, spooled uint64) bool {
	slab := make([]pending, to-from)
	now := p.opts.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spool != nil {
		p.keeping--
	} else if p.closed {
		return false
	}
	for i := from; i < to; i++ {
		if c.errs[i] != nil {
			continue // rejected
		}
		e := &slab[i-from]
		*e = pending{data: items[i].Data, call: c, epoch: p.epoch, index: int32(i)}
		if p.spool != nil {
			e.spool = spooled
			spooled++
		}
		c.errs[i] = errPending
		p.epoch.left++
		p.stats.Pending++
		p.queue.add(items[i].PartitionKey, e, now)
	}
	p.stats.BufferedBytes += bytes
	p.notify()
	return true
}

// notify lets the loop look again. One token is enough: the loop looks at everything each time.
func (p *Producer) notify() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

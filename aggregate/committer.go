package aggregate

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

// Copy is one delivery of an event, placed: see [Committer.Place].
type Copy struct {
	Log Log
	// Outcome is Counted for a copy that shall be counted unless its id is in the log already, else the outcome that it has.
	Outcome Outcome
	Reason  string // why, for every other outcome than Counted
	Tag     uint64 // hash of the copy's position
	ID      uint64 // hash of the event's id; zero of a quarantined copy

	// The rest belongs to copies that shall be counted.

	Visitor uint64 // hash of who did it
	At      int64  // event time, Unix milliseconds
	// Hit is what is kept of the event. It is read until the copy is committed, and its strings are copied.
	Hit *sketch.Hit
	// Guard is the log that the event would belong to by its own time, which was not believed; zero where there is none.
	Guard Log
	// Became is the outcome that Commit gave the copy; zero where it had one before. After an error it says nothing, but after ErrCorrupt.
	Became Outcome
	// Damage is why Commit could not book the copy: what its log says of others cannot be read.
	Damage error
	// ended: the guarded log has the outcome of this copy, and it goes nowhere else.
	ended bool
}

// Options are what a Committer can be told. The zero value is good.
type Options struct {
	// Shards of the stream: into how many cells hours that nobody has begun are cut.
	Shards int
	// WarmBytes bounds the memory for id sets of recent logs; 64 MiB if zero.
	WarmBytes int
	// Parallel is how many logs a commit appends to at a time; 16 if zero.
	Parallel int
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Wait is what passes the time before a failed call is tried again; nil for a timer. A simulation takes a step of its own instead.
	Wait func(ctx context.Context, d time.Duration) error
	// NewNonce makes the nonces of deltas; random if nil.
	NewNonce func() store.Nonce
	// OnCommit is told of every delta that was appended, after it is durable. It must return quickly.
	OnCommit func(Log)
}

func (o Options) filled() Options {
	if o.WarmBytes == 0 {
		o.WarmBytes = 64 << 20
	}
	if o.Parallel == 0 {
		o.Parallel = 16
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.NewNonce == nil {
		o.NewNonce = randomNonce
	}
	if o.OnCommit == nil {
		o.OnCommit = func(Log) {}
	}
	return o
}

func randomNonce() (n store.Nonce) {
	_, _ = crand.Read(n[:]) // never fails, crypto/rand says
	return n
}

// Committer counts copies of events, each event once. Several may work on the same store at the same time, in one process or in many: every
// promise rests on the conditional append, none on the memory of a committer.
type Committer struct {
	store store.Store
	opts  Options
	sites *Sites
	cells *cellPlan
	warm  *warm
}

// NewCommitter returns a committer on s that knows sites from the registry.
func NewCommitter(s store.Store, sites *Sites, opts Options) *Committer {
	opts = opts.filled()
	return &Committer{
		store: s, opts: opts, sites: sites,
		cells: newCellPlan(s, opts.Shards),
		warm:  newWarm(opts.WarmBytes),
	}
}

// Tally says what a commit did: the outcomes of the copies that had none before, and Redelivered for those that had.
type Tally map[string]Ledger // by site

func (t Tally) add(site string, l Ledger) {
	sum := t[site]
	sum.Merge(l)
	t[site] = sum
}

// Merge adds what another commit came to.
func (t Tally) Merge(o Tally) {
	for site, l := range o {
		t.add(site, l)
	}
}

// Commit makes the outcomes of the copies durable. After an error some may be and some not; the same copies can be committed again, here or
// elsewhere, and will end the same. Transient errors of the store are retried until ctx ends. A log that cannot be read stops no other: all copies but its own, which have the
// reason as their Damage, are booked then, and the error is ErrCorrupt.
func (c *Committer) Commit(ctx context.Context, copies []Copy) (Tally, error) {
	tally := make(Tally)
	passed, err := c.commitGuards(ctx, copies, tally)
	if err != nil {
		return tally, err
	}
	if err := c.each(ctx, byLog(passed), tally, c.count); err != nil {
		return tally, err
	}
	return tally, damageOf(copies)
}

func damageOf(copies []Copy) error {
	for i := range copies {
		if copies[i].Damage != nil {
			return copies[i].Damage
		}
	}
	return nil
}

// each calls commit for every log, some at a time. Copies of a log that cannot be read get that as their damage.
func (c *Committer) each(ctx context.Context, groups []logCopies, tally Tally, commit func(context.Context, logCopies) (Ledger, error)) error {
	ledgers := make([]Ledger, len(groups))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.opts.Parallel)
	for i, group := range groups {
		g.Go(func() (err error) {
			ledgers[i], err = commit(ctx, group)
			if !errors.Is(err, ErrCorrupt) || ctx.Err() != nil {
				return err
			}
			for _, cp := range group.copies {
				cp.Damage = err
			}
			return nil
		})
	}
	err := g.Wait()
	for i, l := range ledgers {
		tally.add(groups[i].log.Site, l)
	}
	return err
}

// logCopies are the copies of one log, in the order of the batch.
type logCopies struct {
	log    Log
	copies []*Copy
}

// byLog groups copies by log, in the order in which logs first appear.
func byLog(copies []*Copy) []logCopies {
	index := make(map[Log]int)
	var groups []logCopies
	for _, cp := range copies {
		i, ok := index[cp.Log]
		if !ok {
			i = len(groups)
			index[cp.Log] = i
			groups = append(groups, logCopies{log: cp.Log})
		}
		groups[i].copies = append(groups[i].copies, cp)
	}
	return groups
}

// count appends the delta of the copies that are new to their log.
func (c *Committer) count(ctx context.Context, g logCopies) (Ledger, error) {
	return c.commit(ctx, g.log, func(st *logState) (*delta, Ledger) { return sortCopies(st, g.copies) })
}

// commit appends what fold makes of the log's state. Whoever loses the race for a number reads the deltas that it has not seen
// and folds again.
func (c *Committer) commit(ctx context.Context, log Log, fold func(*logState) (*delta, Ledger)) (Ledger, error) {
	st := c.warm.get(log)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.n == 0 {
		if err := c.retry(ctx, func() error { return st.catchUp(ctx, c.store, log) }); err != nil {
			c.warm.forget(log)
			return Ledger{}, err
		}
	}
	for {
		if err := c.release(ctx, log, st); err != nil {
			return Ledger{}, err
		}
		d, ledger := fold(st)
		if d.empty() {
			c.warm.settle(log, st)
			// The writer of what was redelivered may have died before it marked the minute.
			return ledger, c.markIfClosed(ctx, log, st, st.n)
		}
		won, err := c.append(ctx, log, st, d)
		if err != nil {
			// The delta may be there or not; the next one to ask reads the log.
			c.warm.forget(log)
			return Ledger{}, err
		}
		if won {
			st.apply(st.n+1, d)
			c.warm.settle(log, st)
			c.opts.OnCommit(log)
			return ledger, nil
		}
		if err := c.retry(ctx, func() error { return st.catchUp(ctx, c.store, log) }); err != nil {
			c.warm.forget(log)
			return Ledger{}, err
		}
	}
}

// append tries to make d the next delta of the log. Where the minute may be rolled up already, the mark goes first. If the minute closes while
// the append is on its way, the mark follows, and where the writer dies between the two, the redelivery sees to it (in commit).
func (c *Committer) append(ctx context.Context, log Log, st *logState, d *delta) (bool, error) {
	n := st.n + 1
	if err := c.list(ctx, log, st); err != nil {
		return false, err
	}
	marked := c.closed(log)
	if err := c.markIfClosed(ctx, log, st, n); err != nil {
		return false, err
	}
	encoded, nonce := d.encode(), c.opts.NewNonce()
	var answer store.Appended
	err := c.retry(ctx, func() (err error) {
		answer, err = c.store.Append(ctx, log.key(), n, encoded, nonce)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("append delta %d to %v: %w", n, log, err)
	}
	if answer == store.Won && !marked {
		err = c.markIfClosed(ctx, log, st, n)
	}
	return answer == store.Won, err
}

// closed reports whether the minute of the log may have been rolled up.
func (c *Committer) closed(log Log) bool {
	return c.opts.Now().UnixMilli() >= floor(log.Window, minuteMS)+minuteMS
}

func (c *Committer) markIfClosed(ctx context.Context, log Log, st *logState, n uint32) error {
	if n == 0 || !c.closed(log) {
		return nil
	}
	return c.retry(ctx, func() error {
		return raiseMark(ctx, c.store, markKey(minutes, log.Gen, log.Site, child{log.Window, log.Cell}), n, &st.mark)
	})
}

// list enters the cell into the index of cells that exist, before anything is appended there.
func (c *Committer) list(ctx context.Context, log Log, st *logState) error {
	if st.listed {
		return nil
	}
	err := c.retry(ctx, func() error {
		_, err := c.store.Put(ctx, cellIndexKey(log), []byte{1}, store.Write{Relaxed: true})
		if errors.Is(err, store.ErrConflict) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list cell of %v: %w", log, err)
	}
	st.listed = true
	return nil
}

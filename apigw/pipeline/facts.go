package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Facts are what stands in the store, and is the same for every process that asks.
type Facts struct {
	At    time.Time // when they were read
	Books aggregate.Books
	Rolls aggregate.RollState
}

const (
	factsEvery = time.Second
	factsShare = 20 // they are read no more than a twentieth of the time
)

// Keeper reads facts, and keeps them for as long as asking again would be waste: their reading costs more the longer the history is.
type Keeper struct {
	reader *aggregate.Reader
	now    func() time.Time
	flush  func(context.Context) error

	turn chan struct{} // holds one: who reads. The others wait for what he finds.

	mu    sync.Mutex // guards the rest
	facts Facts
	cost  time.Duration
}

// NewKeeper returns a keeper of the facts in what r reads. flush writes this process' accounts, so that the books know them; nil where there are none.
func NewKeeper(r *aggregate.Reader, flush func(context.Context) error, now func() time.Time) *Keeper {
	if flush == nil {
		flush = func(context.Context) error { return nil }
	}
	return &Keeper{reader: r, now: now, flush: flush, turn: make(chan struct{}, 1)}
}

// Facts answers the facts, at most a moment old.
func (k *Keeper) Facts(ctx context.Context) (Facts, error) {
	if f, fresh := k.kept(); fresh {
		return f, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return Facts{}, ctx.Err()
	}
	if f, fresh := k.kept(); fresh { // another has read them meanwhile
		return f, nil
	}
	return k.read(ctx)
}

func (k *Keeper) kept() (Facts, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := k.now().Sub(k.facts.At)
	return k.facts, !k.facts.At.IsZero() && age >= 0 && age < max(factsEvery, factsShare*k.cost)
}

func (k *Keeper) read(ctx context.Context) (Facts, error) {
	f := Facts{At: k.now()}
	if err := k.flush(ctx); err != nil {
		return f, err
	}
	var err error
	if f.Books, err = k.reader.Books(ctx, "", 0, 0); err != nil {
		return f, err
	}
	if f.Rolls, err = k.reader.RollState(ctx); err != nil {
		return f, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.facts, k.cost = f, k.now().Sub(f.At)
	return f, nil
}

// Fill puts the facts into a view.
func (f Facts) Fill(v *View) {
	v.Ledger = f.Books.View()
	v.Quarantine.Waiting = f.Books.Quarantined
	v.Rollup.LagMS = f.Rolls.Lag(time.UnixMilli(v.AsOf)).Milliseconds()
	v.Rollup.Marks = f.Rolls.Marks
}

// Show tells the value of each meter that a fact is of, with the values of its labels: all of one meter behind one another.
func (f Facts) Show(now time.Time, show func(m meters.Meter, v float64, labels ...string)) {
	for _, line := range f.Books.Lines() {
		show(meters.Ledger, float64(line.Copies), line.Outcome)
	}
	show(meters.LedgerImbalance, float64(f.Books.Imbalance()))
	show(meters.QuarantineWaiting, float64(f.Books.Quarantined))
	show(meters.RollupLag, f.Rolls.Lag(now).Seconds())
	show(meters.RollupMarks, float64(f.Rolls.Marks.Minute), "minute")
	show(meters.RollupMarks, float64(f.Rolls.Marks.Quarter), "quarter")
	show(meters.RollupMarks, float64(f.Rolls.Marks.Day), "day")
}

package aggregate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/streamgauge/streamgauge/store"
)

// Accounts are what a process counts on its own: how many events its door accepted and refused, why it refused them, and how many redelivered copies its consumer saw. They are kept
// by process and minute and written a moment later, so a process that is killed forgets its last hundredth of a second, of what it refused too: unlike the windows,
// these are no proof, but what the windows are compared with. (A function that is paid by the write writes more rarely: see cmd/lambda.)
type Accounts struct {
	store   itemStore
	now     func() time.Time
	process string
	flusher

	mu    sync.Mutex // guards dirty and all
	all   map[accountKey]*account
	dirty map[accountKey]bool
}

type accountKey struct {
	site   string
	minute int64
}

type account struct {
	Accepted    uint64 `json:"accepted,omitempty"`
	Redelivered uint64 `json:"redelivered,omitempty"`
	Invalid     uint64 `json:"invalid,omitempty"` // refused at the door, and no part of the books
	// Faults are why. Accounts that older programs wrote have none.
	Faults faultSums `json:"faults,omitempty"`
}

// NewAccounts returns the accounts of this process.
func NewAccounts(s store.Store, now func() time.Time) *Accounts {
	return &Accounts{
		store: s, now: now, process: uuid.NewString(), flusher: newFlusher(),
		all: make(map[accountKey]*account), dirty: make(map[accountKey]bool),
	}
}

// Accepted notes that n events of a site were accepted.
func (a *Accounts) Accepted(site string, n uint64) {
	a.note(site, func(sum *account, _ int64) { sum.Accepted += n })
}

// Redelivered notes that n copies were seen that had their outcome already.
func (a *Accounts) Redelivered(site string, n uint64) {
	a.note(site, func(sum *account, _ int64) { sum.Redelivered += n })
}

// Refused notes that an event of a site was refused, and why. The site is "" for one that names none, or none that its sender may write to: senders must not be able to make
// accounts as many as they like.
func (a *Accounts) Refused(site string, why ...FaultKind) {
	a.note(site, func(sum *account, now int64) {
		sum.Invalid++
		if sum.Faults == nil {
			sum.Faults = make(faultSums)
		}
		for _, k := range why {
			sum.Faults.note(k, now)
		}
	})
}

func (a *Accounts) note(site string, more func(sum *account, now int64)) {
	now := a.now().UnixMilli()
	k := accountKey{site, floor(now, minuteMS)}
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := a.all[k]
	if sum == nil {
		sum = new(account)
		a.all[k] = sum
	}
	more(sum, now)
	a.dirty[k] = true
	a.poke()
}

// Flush writes what changed since the last flush.
func (a *Accounts) Flush(ctx context.Context) error {
	return a.alone(ctx, func() error {
		var errs []error
		for k, sum := range a.take() {
			if err := a.write(ctx, k, sum); err != nil {
				a.putBack(k)
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
}

func (a *Accounts) write(ctx context.Context, k accountKey, sum account) error {
	value, err := json.Marshal(sum)
	if err != nil {
		return fmt.Errorf("encode account: %w", err)
	}
	key := store.Key{Partition: minutesPartition(k.site), Sort: timeKey(k.minute) + "#" + a.process}
	write := func() error {
		if _, err := a.store.Put(ctx, key, value, store.Write{Any: true, Relaxed: true}); err != nil {
			return fmt.Errorf("write account of site %q: %w", k.site, err)
		}
		return nil
	}
	if late(k.minute, a.now()) {
		return writeLate(ctx, a.store, k.site, k.minute, write)
	}
	return write()
}

// take returns what is to be written, and forgets minutes that are over and written.
func (a *Accounts) take() map[accountKey]account {
	a.mu.Lock()
	defer a.mu.Unlock()
	changed := make(map[accountKey]account, len(a.dirty))
	old := floor(a.now().UnixMilli(), minuteMS) - minuteMS
	for k, sum := range a.all {
		switch {
		case a.dirty[k]:
			now := *sum
			now.Faults = maps.Clone(sum.Faults)
			changed[k] = now
		case k.minute < old:
			delete(a.all, k)
		}
	}
	clear(a.dirty)
	return changed
}

func (a *Accounts) putBack(k accountKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dirty[k] = true
}

const (
	// accountGap is the pause between two flushes: about what a killed process forgets.
	accountGap = 10 * time.Millisecond
	// accountRetry is the pause after a flush that failed.
	accountRetry = time.Second
)

// Run flushes soon after every change until ctx ends, and once more then. Errors go to onError; what could not be written is tried again.
func (a *Accounts) Run(ctx context.Context, onError func(error)) {
	a.run(ctx, a.Flush, accountGap, accountRetry, onError)
}

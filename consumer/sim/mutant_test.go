package sim

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/store"
)

// mutant is a fault that the simulation must find. The zero value is the product as it is.
type mutant struct {
	name   string
	caught []string // the checks that may find it
	from   uint64   // the seed to begin with, where it is rare; else 1

	// see changes the store as one role sees it: "consumer", "roller" or "reader".
	see             func(role string, s store.Store) store.Store
	zeroNonce       bool // all deltas have the same nonce
	checkpointFirst bool // the poller moves on before the handler has succeeded
	cursorsAhead    bool
}

func (m mutant) seenBy(role string, s store.Store) store.Store {
	if m.see != nil {
		return m.see(role, s)
	}
	return s
}

func (m mutant) nonce(n store.Nonce) store.Nonce {
	if m.zeroNonce {
		return store.Nonce{}
	}
	return n
}

var mutants = []mutant{
	{name: "an append overwrites", see: forAll(func(s store.Store) store.Store { return overwriting{s} }), caught: []string{"lost", "doubled", "missed", "ledger"}},
	{name: "the nonce is always zero", zeroNonce: true, caught: []string{"lost", "missed", "doubled", "ledger"}},
	{name: "a read misses the last delta", see: forRole("consumer", func(s store.Store) store.Store { return forgetfulRead{s} }), caught: []string{"progress"}},
	{name: "a roller's scan misses the last delta", see: forRole("roller", func(s store.Store) store.Store { return &forgetfulScan{Store: s} }), caught: []string{"roll-ups", "missed", "marks", "ledger"}},
	{name: "marks are dropped", see: forAll(dropPuts("X#")), caught: []string{"roll-ups", "missed", "ledger"}},
	{name: "marks of quarters are dropped", see: forAll(dropPuts("X#quarter")), caught: []string{"roll-ups", "missed", "ledger"}},
	{name: "marks of days are dropped", see: forAll(dropPuts("X#day")), caught: []string{"roll-ups", "missed", "ledger"}},
	{name: "marks are not seen by readers", see: forRole("reader", hide("X#")), caught: []string{"missed", "ledger"}},
	{name: "a mark is cleared though it was raised", see: forRole("roller", func(s store.Store) store.Store { return deleting{s} }), caught: []string{"roll-ups", "missed", "ledger"}},
	{name: "roll-ups are replaced without comparing", from: 1700, see: forRole("roller", anyPuts("R#")), caught: []string{"roll-ups", "missed", "marks", "ledger"}},
	{name: "claims are not created if absent", see: forAll(anyPuts("C#")), caught: []string{"doubled", "lost", "ledger"}},
	{name: "cells are not fixed", see: forAll(anyPuts("H")), caught: []string{"doubled", "audit", "ledger"}},
	{name: "cells are not listed", see: forAll(dropPuts("W#")), caught: []string{"lost", "missed", "ledger"}},
	{name: "quarantine forgets", see: forAll(anyPuts("Q")), caught: []string{"ledger"}},
	{name: "guards are dropped", see: forAll(withoutFields(fieldGuards)), caught: []string{"doubled", "audit", "ledger"}},
	{name: "counted copies are dropped", from: 2, see: forAll(withoutFields(fieldCounted)), caught: []string{"doubled", "ledger"}},
	{name: "other copies are dropped", see: forAll(withoutFields(fieldOthers)), caught: []string{"ledger", "redrive"}},
	{name: "the index of quarantine is lost", see: forAll(dropPuts("I#")), caught: []string{"twice", "ledger"}},
	{name: "the index of quarantine is late", from: 630, see: forRole("consumer", func(s store.Store) store.Store { return &lateIndex{Store: s} }), caught: []string{"twice", "ledger"}},
	{name: "a withdrawal leaves no mark", see: forAll(func(s store.Store) store.Store { return unmarking{s} }), caught: []string{"ledger"}},
	{name: "a withdrawal takes nothing back", see: forAll(func(s store.Store) store.Store { return keeping{s} }), caught: []string{"ledger"}},
	{name: "the checkpoint comes first", checkpointFirst: true, caught: []string{"lost", "ledger"}},
}

func TestMutantsAreFound(t *testing.T) {
	for _, m := range mutants {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			for seed := m.from + 1; seed <= m.from+seeds(); seed++ {
				f := newWorld(seed, m).run()
				if f == nil {
					continue
				}
				t.Logf("seed %d: %s: %s", seed, f.check, f.detail)
				if !slices.Contains(m.caught, f.check) {
					t.Errorf("found by the check %q, want one of %q", f.check, m.caught)
				}
				return
			}
			t.Error("not found")
		})
	}
}

func forAll(wrap func(store.Store) store.Store) func(string, store.Store) store.Store {
	return func(_ string, s store.Store) store.Store { return wrap(s) }
}

func forRole(role string, wrap func(store.Store) store.Store) func(string, store.Store) store.Store {
	return func(r string, s store.Store) store.Store {
		if r == role {
			return wrap(s)
		}
		return s
	}
}

// overwriting finds every number free: the delta that was there is gone to whoever reads, in favour of the new one.
type overwriting struct{ store.Store }

func (s overwriting) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	there, err := s.Read(ctx, key, n-1, store.Heads)
	if err != nil || len(there) == 0 {
		return s.Store.Append(ctx, key, n, d, nonce)
	}
	return store.Won, nil // which of the two is lost makes no difference
}

// forgetfulRead never tells of the delta that was appended last.
type forgetfulRead struct{ store.Store }

func (s forgetfulRead) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	entries, err := s.Store.Read(ctx, key, after, parts)
	return entries[:max(0, len(entries)-1)], err
}

// forgetfulScan tells of a delta that was appended last from the second time on.
type forgetfulScan struct {
	store.Store
	told string
}

func (s *forgetfulScan) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	var all []store.Entry
	for e, err := range s.Store.ScanLogs(ctx, r, parts) {
		if err != nil {
			return s.Store.ScanLogs(ctx, r, parts)
		}
		all = append(all, e)
	}
	last := fmt.Sprint(r.Partition, len(all))
	if len(all) > 0 && s.told != last {
		s.told, all = last, all[:len(all)-1]
	}
	return func(yield func(store.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// puts changes what becomes of writes to partitions with a prefix.
type puts struct {
	store.Store
	prefix string
	drop   bool // answer that it is written
	any    bool // write whatever is there
}

func dropPuts(prefix string) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return puts{Store: s, prefix: prefix, drop: true} }
}

func anyPuts(prefix string) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return puts{Store: s, prefix: prefix, any: true} }
}

func (s puts) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	if strings.HasPrefix(key.Partition, s.prefix) {
		if s.drop {
			return 1, nil
		}
		w.Any = w.Any || s.any
	}
	return s.Store.Put(ctx, key, value, w)
}

// deleting deletes whatever the revision is.
type deleting struct{ store.Store }

func (s deleting) Delete(ctx context.Context, key store.Key, w store.Write) error {
	w.Any = true
	return s.Store.Delete(ctx, key, w)
}

// hidden is a store in which the items of some partitions are not found by scans.
type hidden struct {
	store.Store
	prefix string
}

func hide(prefix string) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return hidden{s, prefix} }
}

func (s hidden) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	if strings.HasPrefix(r.Partition, s.prefix) {
		return func(func(store.Item, error) bool) {}
	}
	return s.Store.Scan(ctx, r)
}

// stripping appends deltas without some fields of their bodies. It keeps every other one, also such as it does not know: a mutant that lost more than it says would be found
// by what else it lost.
type stripping struct {
	store.Store
	fields []protowire.Number
}

func withoutFields(fields ...protowire.Number) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return stripping{s, fields} }
}

func (s stripping) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	body := d.Body[:1:1]
	parts := bodyParts(d.Body)
	for _, num := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains(s.fields, num) {
			body = protowire.AppendBytes(protowire.AppendTag(body, num, protowire.BytesType), parts[num])
		}
	}
	return s.Store.Append(ctx, key, n, store.Delta{Head: d.Head, Body: body}, nonce)
}

// lateIndex enters copies into the index of quarantine only when they are booked.
type lateIndex struct {
	store.Store
	late []store.Item
}

func (s *lateIndex) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	if !strings.HasPrefix(key.Partition, "I#") {
		return s.Store.Put(ctx, key, value, w)
	}
	s.late = append(s.late, store.Item{Key: key, Value: slices.Clone(value)})
	return 1, nil
}

func (s *lateIndex) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	answer, err := s.Store.Append(ctx, key, n, d, nonce)
	for _, it := range s.late {
		_, _ = s.Store.Put(ctx, it.Key, it.Value, store.Write{})
	}
	s.late = nil
	return answer, err
}

// unmarking appends withdrawals without the tag that says so.
type unmarking struct{ store.Store }

func (s unmarking) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	if withdraws(d.Body) {
		d.Body = protowire.AppendBytes(protowire.AppendTag(d.Body[:1:1], fieldSummary, protowire.BytesType), bodyParts(d.Body)[fieldSummary])
	}
	return s.Store.Append(ctx, key, n, d, nonce)
}

// keeping appends withdrawals that only say so: their ledger is left out.
type keeping struct{ store.Store }

func (s keeping) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	if withdraws(d.Body) {
		d.Body = protowire.AppendBytes(protowire.AppendTag(d.Body[:1:1], fieldOthers, protowire.BytesType), bodyParts(d.Body)[fieldOthers])
		d.Head = d.Head[:1:1]
	}
	return s.Store.Append(ctx, key, n, d, nonce)
}

package storetest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/streamgauge/streamgauge/store"
)

// Memory is the contract in its most obvious form: maps under one mutex. It is the twin that other stores are compared with, and
// the fast store of other packages' tests. It keeps nothing on disk and is never full or closed.
type Memory struct {
	mu    sync.Mutex
	items map[string]map[string]store.Item    // partition, sort
	logs  map[string]map[string][]store.Entry // partition, log; in order of N
	last  store.Revision                      // one counter for all keys: no key ever sees a revision twice
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{items: map[string]map[string]store.Item{}, logs: map[string]map[string][]store.Entry{}}
}

// Append implements [store.Store].
func (m *Memory) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	if err := check(ctx, key.Partition, key.Log); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("append: %w: deltas are numbered from 1", store.ErrKey)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	log := m.logs[key.Partition][key.Log]
	at, exists := slices.BinarySearchFunc(log, n, func(e store.Entry, n uint32) int { return int(int64(e.N) - int64(n)) })
	switch {
	case exists && log[at].Nonce == nonce:
		return store.Won, nil
	case exists:
		return store.Exists, nil
	}
	if m.logs[key.Partition] == nil {
		m.logs[key.Partition] = map[string][]store.Entry{}
	}
	e := store.Entry{Log: key, N: n, Nonce: nonce, Head: bytes.Clone(d.Head), Body: bytes.Clone(d.Body)}
	m.logs[key.Partition][key.Log] = slices.Insert(log, at, e)
	return store.Won, nil
}

// Read implements [store.Store].
func (m *Memory) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	if err := check(ctx, key.Partition, key.Log); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []store.Entry
	for _, e := range m.logs[key.Partition][key.Log] {
		if e.N > after {
			entries = append(entries, cloneEntry(e, parts))
		}
	}
	return entries, nil
}

// ScanLogs implements [store.Store]. It reads the whole range before it yields, so the loop's body may use the store.
func (m *Memory) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return yieldAll(ctx, r, func() []store.Entry {
		m.mu.Lock()
		defer m.mu.Unlock()
		var entries []store.Entry
		for _, log := range sortedWithin(m.logs[r.Partition], r) {
			for _, e := range m.logs[r.Partition][log] {
				entries = append(entries, cloneEntry(e, parts))
			}
		}
		return entries
	})
}

// DropLogs implements [store.Store]. They go all at once.
func (m *Memory) DropLogs(ctx context.Context, partition string) error {
	if err := check(ctx, partition); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.logs, partition)
	return nil
}

// Get implements [store.Store].
func (m *Memory) Get(ctx context.Context, key store.Key) (store.Item, error) {
	if err := check(ctx, key.Partition, key.Sort); err != nil {
		return store.Item{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[key.Partition][key.Sort]
	if !ok {
		return store.Item{}, fmt.Errorf("get %q: %w", key, store.ErrNotFound)
	}
	return cloneItem(item), nil
}

// Put implements [store.Store].
func (m *Memory) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	if err := check(ctx, key.Partition, key.Sort); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.items[key.Partition][key.Sort].Revision; !w.Any && now != w.Expect {
		return 0, fmt.Errorf("put %q: %w", key, store.ErrConflict)
	}
	if m.items[key.Partition] == nil {
		m.items[key.Partition] = map[string]store.Item{}
	}
	m.last++
	m.items[key.Partition][key.Sort] = store.Item{Key: key, Value: bytes.Clone(value), Revision: m.last}
	return m.last, nil
}

// Delete implements [store.Store].
func (m *Memory) Delete(ctx context.Context, key store.Key, w store.Write) error {
	if err := check(ctx, key.Partition, key.Sort); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.items[key.Partition][key.Sort].Revision
	if !w.Any && (now == 0 || now != w.Expect) {
		return fmt.Errorf("delete %q: %w", key, store.ErrConflict)
	}
	delete(m.items[key.Partition], key.Sort)
	return nil
}

// Scan implements [store.Store]. It reads the whole range before it yields, so the loop's body may use the store.
func (m *Memory) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return yieldAll(ctx, r, func() []store.Item {
		m.mu.Lock()
		defer m.mu.Unlock()
		var items []store.Item
		for _, sort := range sortedWithin(m.items[r.Partition], r) {
			items = append(items, cloneItem(m.items[r.Partition][sort]))
		}
		return items
	})
}

// yieldAll yields what read returns, in its order or backwards, and looks at ctx before each pair.
func yieldAll[T any](ctx context.Context, r store.Range, read func() []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := checkRange(ctx, r); err != nil {
			yield(none, err)
			return
		}
		all := read()
		if r.Reverse {
			slices.Reverse(all)
		}
		for _, v := range all {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// sortedWithin returns the keys of one partition that lie in r, in order.
func sortedWithin[V any](partition map[string]V, r store.Range) []string {
	keys := slices.Sorted(maps.Keys(partition))
	return slices.DeleteFunc(keys, func(k string) bool { return k < r.From || (r.To != "" && k >= r.To) })
}

// check refuses a cancelled context and keys that the contract forbids.
func check(ctx context.Context, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, k := range keys {
		if k == "" || len(k) > store.MaxKeyBytes || strings.IndexByte(k, 0) >= 0 {
			return fmt.Errorf("%w: %q", store.ErrKey, k)
		}
	}
	return nil
}

// checkRange is check for a scan: an empty bound is an open end.
func checkRange(ctx context.Context, r store.Range) error {
	keys := []string{r.Partition}
	for _, bound := range []string{r.From, r.To} {
		if bound != "" {
			keys = append(keys, bound)
		}
	}
	return check(ctx, keys...)
}

func cloneEntry(e store.Entry, parts store.Parts) store.Entry {
	e.Head = bytes.Clone(e.Head)
	if parts == store.Heads {
		e.Body = nil
	} else {
		e.Body = bytes.Clone(e.Body)
	}
	return e
}

func cloneItem(item store.Item) store.Item {
	item.Value = bytes.Clone(item.Value)
	return item
}

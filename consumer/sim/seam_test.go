package sim

import (
	"context"
	"iter"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// seam is the store as an actor sees it: every call is a scheduling point. Scans are read in pages, with a point before each.
type seam struct {
	actor *actor // who calls; an environment runs one after another
	inner store.Store
	page  int
}

func do[T any](s *seam, op storetest.Op, call func() (T, error)) (T, error) {
	var none T
	a := s.actor
	v := a.point(op)
	switch v {
	case fail:
		return none, storetest.ErrInjected
	case kill:
		return none, errKilled
	}
	answer, err := call()
	switch v {
	case loseAnswer:
		return none, storetest.ErrInjected
	case killAfter:
		a.dead = true
		return none, errKilled
	}
	return answer, err
}

func (s *seam) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	return do(s, storetest.Op{Method: "Append", Partition: key.Partition, Sort: key.Log, N: n}, func() (store.Appended, error) {
		return s.inner.Append(ctx, key, n, d, nonce)
	})
}

func (s *seam) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	return do(s, storetest.Op{Method: "Read", Partition: key.Partition, Sort: key.Log, N: after}, func() ([]store.Entry, error) {
		return s.inner.Read(ctx, key, after, parts)
	})
}

func (s *seam) Get(ctx context.Context, key store.Key) (store.Item, error) {
	return do(s, storetest.Op{Method: "Get", Partition: key.Partition, Sort: key.Sort}, func() (store.Item, error) {
		return s.inner.Get(ctx, key)
	})
}

func (s *seam) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	return do(s, storetest.Op{Method: "Put", Partition: key.Partition, Sort: key.Sort}, func() (store.Revision, error) {
		return s.inner.Put(ctx, key, value, w)
	})
}

func (s *seam) Delete(ctx context.Context, key store.Key, w store.Write) error {
	_, err := do(s, storetest.Op{Method: "Delete", Partition: key.Partition, Sort: key.Sort}, func() (struct{}, error) {
		return struct{}{}, s.inner.Delete(ctx, key, w)
	})
	return err
}

func (s *seam) DropLogs(ctx context.Context, partition string) error {
	_, err := do(s, storetest.Op{Method: "DropLogs", Partition: partition}, func() (struct{}, error) {
		return struct{}{}, s.inner.DropLogs(ctx, partition)
	})
	return err
}

func (s *seam) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return paged(s, storetest.Op{Method: "Scan", Partition: r.Partition}, &r, func() iter.Seq2[store.Item, error] {
		return s.inner.Scan(ctx, r)
	}, func(last store.Item) {
		if r.Reverse {
			r.To = last.Key.Sort
		} else {
			r.From = last.Key.Sort + "\x01" // no key has such a byte
		}
	})
}

func (s *seam) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	var read store.Entry
	return paged(s, storetest.Op{Method: "ScanLogs", Partition: r.Partition}, &r, func() iter.Seq2[store.Entry, error] {
		return func(yield func(store.Entry, error) bool) {
			for e, err := range s.inner.ScanLogs(ctx, r, parts) {
				if err == nil && e.Log == read.Log && e.N <= read.N {
					continue // the last page ended within this log
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}, func(last store.Entry) { read, r.From = last, last.Log.Log })
}

// paged reads a range in pages. Other actors may write between two pages: a scan is no snapshot.
func paged[T any](s *seam, op storetest.Op, r *store.Range, rest func() iter.Seq2[T, error], goOn func(last T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for more := true; more; {
			op.Sort = r.From
			page, err := do(s, op, func() (page []T, err error) {
				for v, err := range rest() {
					if err != nil || len(page) == s.page {
						return page, err
					}
					page = append(page, v)
				}
				return page, nil
			})
			if err != nil {
				yield(none, err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if more = len(page) == s.page; more {
				goOn(page[len(page)-1])
			}
		}
	}
}

package storetest

import (
	"context"
	"errors"
	"iter"

	"github.com/streamgauge/streamgauge/store"
)

// ErrInjected is what a call of a [Faulty] store fails with. Like every error that package store does not name, it leaves open whether the call was
// applied.
var ErrInjected = errors.New("storetest: injected fault")

// Op is a call that is about to be made.
type Op struct {
	Method    string // "Append", "Read", "ScanLogs", "DropLogs", "Get", "Put", "Delete" or "Scan"
	Partition string
	Sort      string      // the Sort of a Key, the Log of a LogKey, the From of a Range; empty for DropLogs
	N         uint32      // the number appended, or the number after which is read
	Parts     store.Parts // of Read and ScanLogs
}

// Fault is what becomes of a call.
type Fault uint8

const (
	// Pass lets the call through.
	Pass Fault = iota
	// Fail answers ErrInjected without doing anything.
	Fail
	// LoseAnswer does everything and then answers ErrInjected. A scan yields all its pairs before the error.
	LoseAnswer
)

// Faulty is inner, with hook deciding over every call before it is made. The hook is called by many goroutines if the store is.
func Faulty(inner store.Store, hook func(Op) Fault) store.Store {
	return &faulty{inner: inner, hook: hook}
}

type faulty struct {
	inner store.Store
	hook  func(Op) Fault
}

func (f *faulty) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	return inject(f.hook(Op{"Append", key.Partition, key.Log, n, 0}), func() (store.Appended, error) {
		return f.inner.Append(ctx, key, n, d, nonce)
	})
}

func (f *faulty) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	return inject(f.hook(Op{"Read", key.Partition, key.Log, after, parts}), func() ([]store.Entry, error) {
		return f.inner.Read(ctx, key, after, parts)
	})
}

func (f *faulty) Get(ctx context.Context, key store.Key) (store.Item, error) {
	return inject(f.hook(Op{"Get", key.Partition, key.Sort, 0, 0}), func() (store.Item, error) {
		return f.inner.Get(ctx, key)
	})
}

func (f *faulty) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	return inject(f.hook(Op{"Put", key.Partition, key.Sort, 0, 0}), func() (store.Revision, error) {
		return f.inner.Put(ctx, key, value, w)
	})
}

func (f *faulty) Delete(ctx context.Context, key store.Key, w store.Write) error {
	_, err := inject(f.hook(Op{"Delete", key.Partition, key.Sort, 0, 0}), func() (struct{}, error) {
		return struct{}{}, f.inner.Delete(ctx, key, w)
	})
	return err
}

func (f *faulty) DropLogs(ctx context.Context, partition string) error {
	_, err := inject(f.hook(Op{"DropLogs", partition, "", 0, 0}), func() (struct{}, error) {
		return struct{}{}, f.inner.DropLogs(ctx, partition)
	})
	return err
}

func (f *faulty) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return injectSeq(f.hook, Op{"ScanLogs", r.Partition, r.From, 0, parts}, f.inner.ScanLogs(ctx, r, parts))
}

func (f *faulty) Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error] {
	return injectSeq(f.hook, Op{"Scan", r.Partition, r.From, 0, 0}, f.inner.Scan(ctx, r))
}

// inject makes a call, or not. An error of the inner store wins over the injected one.
func inject[T any](fault Fault, call func() (T, error)) (T, error) {
	var none T
	if fault == Fail {
		return none, ErrInjected
	}
	answer, err := call()
	if err == nil && fault == LoseAnswer {
		return none, ErrInjected
	}
	return answer, err
}

// injectSeq asks the hook when the loop begins, not when the scan is made: that is when the store is read.
func injectSeq[T any](hook func(Op) Fault, op Op, inner iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		fault := hook(op)
		if fault == Fail {
			yield(none, ErrInjected)
			return
		}
		for v, err := range inner {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if fault == LoseAnswer {
			yield(none, ErrInjected)
		}
	}
}

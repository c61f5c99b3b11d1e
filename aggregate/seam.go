package aggregate

import (
	"context"
	"iter"

	"github.com/streamgauge/streamgauge/store"
)

// itemStore is the part of a store that keeps items.
type itemStore interface {
	Get(ctx context.Context, key store.Key) (store.Item, error)
	Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error)
	Delete(ctx context.Context, key store.Key, w store.Write) error
	Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error]
}

// logStore is the part of a store that keeps logs.
type logStore interface {
	Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error)
	Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error)
	ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error]
}

package store

import (
	"context"
	"errors"
	"iter"
)

// Key addresses an item: items of one partition are kept together, ordered by the bytes of Sort.
// Neither part may be empty or hold a zero byte; every other byte is allowed.
type Key struct {
	Partition string
	Sort      string
}

// LogKey addresses a log. The deltas of the logs of one partition are kept together, ordered by the bytes of Log
// and then by number, so that one scan reads the heads of neighbouring logs. No Log may be a prefix of another in the same
// partition (use fixed widths).
type LogKey struct {
	Partition string
	Log       string
}

// Delta is what is appended to a log: a small head, read often, and a body, read rarely. Either may be empty.
type Delta struct {
	Head []byte
	Body []byte
}

// Nonce tells a writer's own applied write from another's: random for every delta, the same for every retry of it.
type Nonce [16]byte

// Entry is a delta as read back.
type Entry struct {
	Log   LogKey
	N     uint32 // its number, from 1
	Nonce Nonce
	Head  []byte
	Body  []byte // nil when read with Heads
}

// Parts says how much of a delta is read.
type Parts uint8

const (
	Heads  Parts = iota // without bodies
	Bodies              // heads and bodies
)

// Appended is the answer to an Append.
type Appended uint8

const (
	// Won: the delta is durable under the number asked, by this call or by an earlier call with the same nonce.
	Won Appended = iota + 1
	// Exists: another writer's delta has that number. Nothing was written.
	Exists
)

// Revision names one write of an item. It is never given twice to the same key, also not after a deletion, and is otherwise
// without meaning (no order). Zero stands for an item that does not exist.
type Revision uint64

// Item is a stored value.
type Item struct {
	Key      Key
	Value    []byte
	Revision Revision
}

// Write says how an item is replaced.
type Write struct {
	// Expect is the revision that the item must have for the write to happen; zero: it must not exist.
	Expect Revision
	// Any writes whatever the revision is; Expect is not looked at.
	Any bool
	// Relaxed writes may be lost in a power cut or when the process is killed, but only together with everything that the same process wrote after
	// them: what is written later, durably, implies them.
	Relaxed bool
}

// Range is the part of a partition that a scan reads: From <= Sort < To. An empty To means to the end.
type Range struct {
	Partition string
	From, To  string
	Reverse   bool
}

// The errors that a caller tells apart with errors.Is. Every other error of a store is transient: the write may or may not have
// been applied, and it can be tried again.
var (
	// ErrConflict: the item does not have the revision expected.
	ErrConflict = errors.New("store: revision conflict")
	// ErrNotFound: there is no such item.
	ErrNotFound = errors.New("store: not found")
	// ErrFull: there is no room. Nothing was written; it works again when there is room.
	ErrFull = errors.New("store: no space left")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
	// ErrKey: a key is empty, or a key or a bound of a range is too long or holds a zero byte, or a delta has number 0. It is a caller's bug and
	// never transient.
	ErrKey = errors.New("store: bad key")
)

// MaxKeyBytes is the longest partition and the longest sort key that every implementation takes, in bytes (DynamoDB's limits are 2,048 and
// 1,024; a log's number takes some).
const MaxKeyBytes = 900

// Store is the whole contract. Small parts of it are declared as interfaces where they are used. All methods may be called
// concurrently. Returned slices belong to the caller, and slices that are passed may be reused after the call.
//
// A scan sees every write that was answered before it began; of later ones it may see any. It may be run again, and the body of its loop may
// use the store.
type Store interface {
	// Append creates delta number n (n >= 1) of a log if that number does not exist, and answers when it is durable. It does not
	// check that n-1 exists: writers append at the number after the last they read. The body is durable before the head can be
	// seen. After an error the same call may be repeated with the same nonce: it answers Won if the first one was applied.
	Append(ctx context.Context, key LogKey, n uint32, d Delta, nonce Nonce) (Appended, error)

	// Read returns the deltas of a log with numbers greater than after, in order. It sees every Append that was
	// answered before it was called.
	Read(ctx context.Context, key LogKey, after uint32, parts Parts) ([]Entry, error)

	// ScanLogs yields the deltas of all logs of a partition whose Log lies in the range, in order of (Log, n), backwards with Reverse. It stops
	// at the first error, which is the last pair that it yields.
	ScanLogs(ctx context.Context, r Range, parts Parts) iter.Seq2[Entry, error]

	// DropLogs removes every delta of all logs of a partition; its items stay. It is for logs that nobody appends to any more: an Append that is
	// under way, or repeated later, may or may not survive. What was answered before is found by no call that is made after the answer. It is
	// Relaxed in the sense of [Write], and may be repeated: after an error some of the deltas may be gone.
	//
	// Of each log, a Read, or a scan forwards, that runs meanwhile sees all deltas, or the first ones up to some number, or none: never delta
	// n+1 without n. Each delta that it yields with Bodies has its body. A scan with Reverse that runs meanwhile may miss any of them.
	DropLogs(ctx context.Context, partition string) error

	// Get returns an item, or ErrNotFound. It sees every Put that was answered before it was called.
	Get(ctx context.Context, key Key) (Item, error)

	// Put writes an item under the condition of w and returns its new revision, or ErrConflict.
	Put(ctx context.Context, key Key, value []byte, w Write) (Revision, error)

	// Delete removes an item under the condition of w; deleting what does not exist is ErrConflict unless w.Any. Where
	// an answer was lost on the way and the item is gone, it may answer nil though it was another's call that removed it.
	Delete(ctx context.Context, key Key, w Write) error

	// Scan yields the items of a partition in the range, in order of Sort (backwards with Reverse). It stops at the first error, which
	// is the last pair that it yields.
	Scan(ctx context.Context, r Range) iter.Seq2[Item, error]
}

package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/streamgauge/streamgauge/store"
)

const (
	// notedEvery is how often a process writes what it noted, at most: each write is paid for.
	notedEvery = 15 * time.Second
	// keptMinutes is for how long what cannot be written is kept, and how far back a view goes.
	keptMinutes = 60
)

// itemWriter is what minutes are written to; a store.Store is one.
type itemWriter interface {
	Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error)
}

// Minutes are what one process of many notes of the pipeline, for a view that is answered by another one: an environment of a function on AWS. What it noted since it last wrote is
// forgotten when it is ended, so they are no proof of anything; the books are. Its methods but FlushDue may be called concurrently. They are what a door's counters are told (apigw.Counters).
type Minutes struct {
	store   itemWriter
	now     func() time.Time
	process string
	written time.Time // when it was last tried

	mu    sync.Mutex // guards the rest
	all   map[int64]*minute
	dirty map[int64]bool
}

// NewMinutes returns the minutes of this process.
func NewMinutes(s itemWriter, now func() time.Time) *Minutes {
	return &Minutes{store: s, now: now, process: uuid.NewString(), all: make(map[int64]*minute), dirty: make(map[int64]bool)}
}

// Events counts the events of a request by what became of them.
func (m *Minutes) Events(accepted, invalid, retry int) {
	m.note(func(n *minute, _ int64) {
		n.Accepted += uint64(accepted)
		n.Invalid += uint64(invalid)
		n.Retry += uint64(retry)
	})
}

// Acked notes how long a request took whose events are durable.
func (m *Minutes) Acked(took time.Duration) {
	m.note(func(n *minute, _ int64) { n.Ack.add(took, 1) })
}

// Fault is told of what the accounts have.
func (*Minutes) Fault(string) {}

// Delays notes how long events took from the door to their windows, and how many took so long.
func (m *Minutes) Delays(delays iter.Seq2[time.Duration, uint64]) {
	m.note(func(n *minute, _ int64) {
		for d, events := range delays {
			n.Delay.add(d, events)
		}
	})
}

// Batch is an invocation of the consumer.
type Batch struct {
	Shard          string
	Records, Bytes int // that are done after it
	Took           time.Duration
	Age            time.Duration // of the first record, when it began
	Unfinished     bool          // records of it are delivered again
}

// Batch notes an invocation of the consumer.
func (m *Minutes) Batch(b Batch) {
	m.note(func(n *minute, now int64) {
		n.shard(b.Shard, func(s *shardMinute) {
			at := moment{now, b.Age.Milliseconds()}
			s.Batches++
			s.AgeMS = max(s.AgeMS, at.AgeMS)
			s.Took.add(b.Took, 1)
			s.Records += uint64(b.Records)
			s.Bytes += uint64(b.Bytes)
			if b.Unfinished {
				s.Unfinished++
				s.Failed = at
			} else {
				s.Done = at
			}
		})
	})
}

func (m *Minutes) note(what func(n *minute, now int64)) {
	now := m.now().UnixMilli()
	start := now - now%minuteMS
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.all[start]
	if n == nil {
		n = new(minute)
		m.all[start] = n
	}
	what(n, now)
	m.dirty[start] = true
}

// FlushDue writes what was noted, unless that was done a moment ago. What could not be written is tried again with the next call that is due.
func (m *Minutes) FlushDue(ctx context.Context) error {
	if m.now().Sub(m.written) < notedEvery || !m.changed() {
		return nil
	}
	m.written = m.now()
	return m.Flush(ctx)
}

func (m *Minutes) changed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.dirty) > 0
}

// Flush writes what was noted since the last time.
func (m *Minutes) Flush(ctx context.Context) error {
	changed, err := m.take()
	errs := []error{err}
	for start, value := range changed {
		if _, err := m.store.Put(ctx, minuteKey(start, m.process), value, store.Write{Any: true, Relaxed: true}); err != nil {
			m.putBack(start)
			errs = append(errs, fmt.Errorf("write minute of the pipeline: %w", err))
		}
	}
	return errors.Join(errs...)
}

// take returns what is to be written, and forgets minutes that are over and written, or too old for every view.
func (m *Minutes) take() (map[int64][]byte, error) {
	now := m.now().UnixMilli()
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := make(map[int64][]byte, len(m.dirty))
	var errs []error
	for start, n := range m.all {
		switch {
		case start < now-keptMinutes*minuteMS, !m.dirty[start] && start+minuteMS <= now:
			delete(m.all, start)
		case m.dirty[start]:
			value, err := json.Marshal(n)
			changed[start], errs = value, append(errs, err)
		}
	}
	clear(m.dirty)
	return changed, errors.Join(errs...)
}

func (m *Minutes) putBack(start int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirty[start] = true
}

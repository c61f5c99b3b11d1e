package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/streamgauge/streamgauge/store"
)

// Open opens the store in o.Dir, or creates it. What a crash left is recovered before it returns. The caller closes the store.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.filled()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open store %s: %w", o.Dir, err)
	}
	s := newStore(o)
	if err := s.open(o); err != nil {
		s.fence.settle()
		return nil, fmt.Errorf("open store %s: %w", o.Dir, explain(err))
	}
	s.fence.strict.Store(false)
	return s, nil
}

func newStore(o Options) *Store {
	s := &Store{
		fence: newFence(o.fs),
		guard: &guard{reserve: o.ReserveBytes, now: o.Now, measure: func() (uint64, error) { return o.FreeSpace(o.Dir) }},
		seed:  maphash.MakeSeed(),
	}
	for i := range s.stripes {
		s.stripes[i] = make(stripe, 1)
	}
	s.fence.noRoom = s.guard.foundFull
	s.fence.strict.Store(true)
	return s
}

// open does not wait for pebble when the fence holds it.
func (s *Store) open(o Options) error {
	opened := make(chan error, 1)
	go func() {
		var err error
		if s.db, err = pebble.Open(o.Dir, pebbleOptions(o, s.fence)); err == nil {
			if err = s.countOpening(); err != nil {
				err = errors.Join(err, s.db.Close())
			}
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		return err
	case <-s.fence.failed:
		return s.fence.failure()
	}
}

// explain says what a user can do about an error of opening.
func explain(err error) error {
	switch {
	case errors.Is(err, errLocked):
		return fmt.Errorf("another process, or this one, has it open: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user may not create, read and write files there: %w", err)
	case isNoRoom(err):
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

func pebbleOptions(o Options, f *fence) *pebble.Options {
	p := &pebble.Options{
		FS: f,
		// A fixed version: that of the folder changes when we choose, not when pebble is updated. Its log tells a torn tail from corruption.
		FormatMajorVersion:          pebble.FormatTableFormatV6,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 4,
		MaxOpenFiles:                512,
		// One is enough beside the rest of the process on two cores.
		CompactionConcurrencyRange: func() (lower, upper int) { return 1, 1 },
		Logger:                     logger{o.Events, f},
		EventListener:              listener(o.Events, f),
	}
	for i := range p.Levels {
		// An append looks for a number that nearly always is not there.
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

// logger hands pebble's words to Events and stays quiet otherwise.
type logger struct {
	events func(string)
	fence  *fence
}

func (l logger) Infof(format string, args ...any) {
	if l.events != nil {
		l.events(fmt.Sprintf(format, args...))
	}
}

func (l logger) Errorf(format string, args ...any) { l.Infof(format, args...) }

// Fatalf is called when pebble cannot go on: a broken invariant, since failed log and MANIFEST writes are held by the fence. It returns,
// because it cannot know who waits for its goroutine; the fence keeps what happens then off the disk.
func (l logger) Fatalf(format string, args ...any) {
	l.Infof(format, args...)
	l.fence.fail(fmt.Errorf(format, args...))
}

// listener tells Events what pebble does. Corruption of a table must not be fatal, which it is by default: the reads that meet it answer an
// error, and all others go on.
func listener(events func(string), f *fence) *pebble.EventListener {
	if events == nil {
		return &pebble.EventListener{BackgroundError: func(error) {}, DataCorruption: func(pebble.DataCorruptionInfo) {}}
	}
	l := pebble.MakeLoggingEventListener(logger{events, f})
	l.DataCorruption = func(info pebble.DataCorruptionInfo) { events(info.String()) }
	return &l
}

// Revisions. The contract wants one never given twice to a key, whatever is deleted and whatever a power cut takes back. So they
// are counted over all keys, from the number of this opening, which is on disk before the first is given: 2^20 openings of 2^44 writes (five years
// at 100,000 a second). Random numbers would nearly do; these are exact and cost an addition.
const revisionBits = 44

// countOpening begins the revisions of this opening.
func (s *Store) countOpening() error {
	var openings uint64
	err := s.view(openingsKey, func(value []byte) error {
		if len(value) != 8 {
			return fmt.Errorf("the count of openings has %d bytes", len(value))
		}
		openings = binary.BigEndian.Uint64(value)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the count of openings: %w", err)
	}
	openings++
	if openings>>(64-revisionBits) != 0 {
		return errors.New("opened too often: no revisions left")
	}
	if err := s.db.Set(openingsKey, binary.BigEndian.AppendUint64(nil, openings), pebble.Sync); err != nil {
		return fmt.Errorf("write the count of openings: %w", err)
	}
	s.revisions.Store(openings << revisionBits)
	return nil
}

func (s *Store) nextRevision() (store.Revision, error) {
	next := s.revisions.Add(1)
	if next<<(64-revisionBits) == 0 {
		return 0, fmt.Errorf("%w: no revisions left in this opening", ErrFailed)
	}
	return store.Revision(next), nil
}

package aggregate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// RollStats is what a roller of this process has done.
type RollStats struct {
	Passes   uint64    // rounds, also those that failed
	Failures uint64    // rounds that failed
	LastPass time.Time // when a round was last done; zero for never
}

// Stats returns a snapshot.
func (r *Roller) Stats() RollStats {
	r.stats.mu.Lock()
	defer r.stats.mu.Unlock()
	return r.stats.RollStats
}

type rollStats struct {
	mu sync.Mutex // guards all
	RollStats
}

// pass notes a round. One that was broken off for the end of the process is neither done nor failed.
func (s *rollStats) pass(ctx context.Context, now time.Time, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Passes++
	if err != nil {
		s.Failures++
		return
	}
	s.LastPass = now
}

// RollState is how far the roll-ups are, whoever makes them.
type RollState struct {
	// RolledUpTo is the time, in Unix milliseconds, up to which every minute was rolled up once; zero where nobody ever did.
	RolledUpTo int64
	Marks      RollMarks
}

// RollMarks are how many children wait to be taken into the roll-ups of each level.
type RollMarks struct {
	Minute  int `json:"minute"`
	Quarter int `json:"quarter"`
	Day     int `json:"day"`
}

// Lag is how long ago the last minute closed that is not rolled up. A roller that keeps up is 10 to 71 seconds behind: it lets a minute's stragglers
// come in first.
func (s RollState) Lag(now time.Time) time.Duration {
	if s.RolledUpTo == 0 {
		return 0
	}
	return max(0, time.Duration(now.UnixMilli()-s.RolledUpTo)*time.Millisecond)
}

// RollState reads how far the roll-ups are. It costs a few dozen reads.
func (r *Reader) RollState(ctx context.Context) (s RollState, err error) {
	if s.RolledUpTo, _, err = readTime(ctx, r.store, rollCursor(minutes)); err != nil && !IsDamage(err) {
		return s, fmt.Errorf("read roll-up cursor: %w", err)
	}
	var n [days + 1]int
	for lv := minutes; lv <= days; lv++ {
		marks, err := allMarks(ctx, r.store, lv, ignored)
		if err != nil {
			return s, err
		}
		n[lv] = len(marks)
	}
	s.Marks = RollMarks{Minute: n[minutes], Quarter: n[quarters], Day: n[days]}
	return s, nil
}

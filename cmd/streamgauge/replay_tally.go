package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// maxNotes is how many lines are named one by one.
const maxNotes = 20

// tally counts what became of the lines. Every stage of a replay writes to it.
type tally struct {
	good      atomic.Int64 // lines that became events
	sent      atomic.Int64 // events sent at least once
	resent    atomic.Int64 // copies sent after the first
	accepted  atomic.Int64 // events acknowledged
	ahead     atomic.Int64 // events whose time lies too far ahead to be believed
	late      atomic.Int64 // events whose time lies too far back to be counted
	malformed notes        // lines that did not become events
	invalid   notes        // events that the server refused for good
}

func (t *tally) unacknowledged() int64 {
	return t.good.Load() - t.accepted.Load() - t.invalid.count()
}

// rows are the report.
func (t *tally) rows() [][]string {
	rows := [][]string{{"sent", count(t.sent.Load())}, {"accepted", count(t.accepted.Load())}}
	if n := t.resent.Load(); n > 0 {
		rows = append(rows, []string{"sent again", count(n)})
	}
	rows = append(rows, []string{"malformed", count(t.malformed.count())})
	rows = append(rows, t.malformed.rows()...)
	rows = append(rows, []string{"invalid", count(t.invalid.count())})
	return append(rows, t.invalid.rows()...)
}

// warn says which events the server will not count at their own time.
func (t *tally) warn(con *console) {
	if n := t.ahead.Load(); n > 0 {
		con.log.Warn().Int64("events", n).Msg("more than 5 minutes ahead of this machine's clock: counted at their arrival; --start earlier places them right")
	}
	if n := t.late.Load(); n > 0 {
		con.log.Warn().Int64("events", n).Msg("more than 24 hours old: received, and not counted; --start later or a greater --speed places them right")
	}
}

// check returns an error where an event was refused, or where there were lines and none of them became an event. Malformed lines beside good ones were reported, and are none.
func (t *tally) check() error {
	if n := t.invalid.count(); n > 0 {
		return fmt.Errorf("the server refused %s as invalid", plural(n, "event"))
	}
	if t.good.Load() == 0 {
		return allMalformed(t.malformed.count())
	}
	return nil
}

// allMalformed is the error of lines of which none became an event.
func allMalformed(lines int64) error {
	if lines == 0 {
		return nil
	}
	return fmt.Errorf("no event could be made of %s: is --format right?", plural(lines, "line"))
}

// notes are reasons with their places: the first maxNotes, and a count of all.
type notes struct {
	mu    sync.Mutex
	n     int64
	first [][]string
}

func (l *notes) add(at place, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n++; len(l.first) < maxNotes {
		l.first = append(l.first, []string{"  " + at.String(), reason})
	}
}

func (l *notes) count() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

func (l *notes) rows() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if more := l.n - int64(len(l.first)); more > 0 {
		return append(l.first[:len(l.first):len(l.first)], []string{fmt.Sprintf("  and %d more", more)})
	}
	return l.first
}

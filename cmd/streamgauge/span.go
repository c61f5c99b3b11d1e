package main

import (
	"errors"
	"fmt"
	"time"
)

// Span is the flags of every command that asks about a span of time.
type Span struct {
	From  dateOrTime `placeholder:"TIME" help:"Begin of the span (24h ago): RFC 3339, now, -2h or \"2h ago\"; or a date, and --to is the last one of the span, in the site's time zone."`
	To    dateOrTime `placeholder:"TIME" help:"End of the span (now)."`
	Range string     `placeholder:"NAME" help:"A span by name instead, in the site's time zone: day (today), 24h, 7d, 28d, 30d, 91d, month, 6mo, 12mo, year, all."`
}

// dateOrTime is a date, as it was written, or a moment; the zero value is "not given".
type dateOrTime struct {
	date string
	moment
}

func (w *dateOrTime) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err == nil {
		w.date = string(text)
		return nil
	}
	if w.moment.UnmarshalText(text) != nil {
		return fmt.Errorf(`%q is not a time: 2026-01-31, 2026-01-31T18:00:00Z, now, -90m or "2h ago" (units s, m, h, d)`, text)
	}
	return nil
}

func (w dateOrTime) isGiven() bool { return w != dateOrTime{} }

// check says what is wrong with the flags, and fills in what was left out.
func (s *Span) check() error {
	if s.Range != "" {
		if s.From.isGiven() || s.To.isGiven() {
			return errors.New("--range is a span by itself: it excludes --from and --to")
		}
		return nil
	}
	if s.From.date != "" || s.To.date != "" {
		if s.From.date == "" || s.To.date == "" {
			return fmt.Errorf("%s is a date: --from and --to must both be dates then, the first and the last of the span", s.From.date+s.To.date)
		}
		if s.From.date > s.To.date {
			return errors.New("--from must not be after --to")
		}
		return nil
	}
	now := time.Now()
	if !s.To.isGiven() {
		s.To.time = now
	}
	if !s.From.isGiven() {
		s.From.time = now.Add(-24 * time.Hour)
	}
	if !s.From.time.Before(s.To.time) {
		return errors.New("--from must be before --to")
	}
	return nil
}

// dateRange is the span as the API takes it.
func (s *Span) dateRange() any {
	switch {
	case s.Range != "":
		return s.Range
	case s.From.date != "":
		return []string{s.From.date, s.To.date}
	}
	return []string{isoTime(s.From.time), isoTime(s.To.time)}
}

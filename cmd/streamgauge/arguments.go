package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// The types of arguments check what they are given while the command line is read, so that nothing is begun with a wrong
// one. Their errors say what is wrong and what is allowed.

// serverURL is the base of a server's addresses.
type serverURL struct{ url *url.URL }

func (s *serverURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not the address of a server, such as http://127.0.0.1:8080", text)
	}
	s.url = u
	return nil
}

// siteID is the id of a site.
type siteID string

func (s *siteID) UnmarshalText(text []byte) error {
	if !event.ValidSite(string(text)) {
		return fmt.Errorf("%q is not a site id: small letters, digits, dots and hyphens, at most %d, a letter or digit first",
			text, event.MaxSite)
	}
	*s = siteID(text)
	return nil
}

// orAll names the site, or all of them where none was given.
func (s siteID) orAll() string {
	if s == "" {
		return "all sites"
	}
	return string(s)
}

// moment is a point in time: RFC 3339, "now", or relative to now, as "-2h" or "2h ago". The zero value is "not given".
type moment struct{ time time.Time }

func (m *moment) UnmarshalText(text []byte) (err error) {
	m.time, err = parseMoment(string(text), time.Now())
	return err
}

func parseMoment(s string, now time.Time) (time.Time, error) {
	if s == "now" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	back, isAgo := strings.CutSuffix(s, "ago")
	if !isAgo {
		back, isAgo = strings.CutPrefix(s, "-")
	}
	d, err := parseSpan(strings.TrimSpace(back))
	if !isAgo || err != nil {
		return time.Time{}, fmt.Errorf(`%q is not a time: 2026-01-31T18:00:00Z, now, -90m or "2h ago" (units s, m, h, d)`, s)
	}
	return now.Add(-d), nil
}

// parseSpan reads a duration that is not negative, of Go's units or in days.
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is negative", s)
	}
	return d, err
}

// length is a length of time above 0; the zero value is "not given".
type length struct{ time.Duration }

func (l *length) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a length of time above 0, such as 90s or 5m", text)
	}
	l.Duration = d
	return nil
}

// choose sets one of some texts: kong's enum wants a default, and would name it among what is allowed.
func choose[T ~string](into *T, text []byte, allowed ...string) error {
	if !slices.Contains(allowed, string(text)) {
		return fmt.Errorf("%q is not one of %s", text, strings.Join(allowed, ", "))
	}
	*into = T(text)
	return nil
}

// perSecond is a rate: "500" or "500/s". 0 means that none was given.
type perSecond float64

func (r *perSecond) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "/s"), 64)
	if err != nil || !(n >= minRate && n <= maxRate) {
		return fmt.Errorf("%q is not a number of events a second, such as 500/s", text)
	}
	*r = perSecond(n)
	return nil
}

// Outside of these bounds nobody waits, or nobody notices.
const (
	minRate = 0.001
	maxRate = 1e9
)

// factor is a number above 0.
type factor float64

func (f *factor) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(n > 0 && n <= 1e12) {
		return fmt.Errorf("%q is not a number above 0", text)
	}
	*f = factor(n)
	return nil
}

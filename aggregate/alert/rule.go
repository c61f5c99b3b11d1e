package alert

import (
	"slices"
	"strings"
)

// Kind says what a rule looks at.
type Kind string

// The kinds of rules.
const (
	Threshold Kind = "threshold" // a metric is over or under a number in each of the last minutes
	Change    Kind = "change"    // the last 60 minutes differ from the same ones of a week before
	Silence   Kind = "silence"   // nothing comes for some minutes, where something came before
	Errors    Kind = "errors"    // too large a share of what comes cannot be counted
)

// Metric is what a rule measures: [Visitors], [Pageviews], [Events], or the number of events of a name, as in "event:Purchase".
type Metric string

// The metrics without a name of their own.
const (
	Visitors  Metric = "visitors"
	Pageviews Metric = "pageviews"
	Events    Metric = "events"
)

const eventPrefix = "event:"

// name returns the name of the events that are counted.
func (m Metric) name() (string, bool) { return strings.CutPrefix(string(m), eventPrefix) }

// Outcome is one of the ends of an event that a rule of the kind [Errors] takes for an error.
type Outcome string

// The outcomes that can be errors.
const (
	Quarantined Outcome = "quarantined" // it could not be read
	Invalid     Outcome = "invalid"     // the door refused it
	Late        Outcome = "late"        // it came more than 24 hours after its time
	Bot         Outcome = "bot"         // it was automation, and dropped
)

// Rule says when a site wants a message. What is zero is filled in by [Filled].
type Rule struct {
	ID     string `json:"id"` // of the name, if it is not given
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Metric Metric `json:"metric,omitempty"` // not of Errors

	Over  *float64 `json:"over,omitempty"`         // of Threshold, in the metric's unit; of Errors, percent
	Under *float64 `json:"under,omitempty"`        // of Threshold
	Rise  *float64 `json:"rise_percent,omitempty"` // of Change
	Fall  *float64 `json:"fall_percent,omitempty"` // of Change

	// Minutes is how many the rule looks at; of Change it is 60.
	Minutes int `json:"minutes,omitempty"`
	// MinVolume is what there must be for the rule to say anything: of Change in the hour a week before, of Silence in the hour before the silence, of
	// Errors in the minutes themselves.
	MinVolume uint64 `json:"min_volume,omitempty"`
	// Count says of Errors which outcomes are meant.
	Count []Outcome `json:"count,omitempty"`
	// Quiet is for how many minutes in a row the rule must not be broken until an event is over.
	Quiet int `json:"quiet_minutes,omitempty"`
}

// What is filled in.
const (
	defaultMinutes      = 5
	defaultSilence      = 10
	defaultQuiet        = 5
	defaultChangeVolume = 50
	defaultErrorVolume  = 20
	changeMinutes       = 60
	beforeMinutes       = 60 // of Silence: in which there must have been something
)

// Filled returns the rules with the defaults of what they leave out. It changes nothing that was given.
func Filled(rules []Rule) []Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].fill()
	}
	return rules
}

func (r *Rule) fill() {
	if r.ID == "" {
		r.ID = slug(r.Name)
	}
	set(&r.Quiet, defaultQuiet)
	switch r.Kind {
	case Threshold:
		set(&r.Minutes, defaultMinutes)
	case Change:
		set(&r.Minutes, changeMinutes)
		set(&r.MinVolume, defaultChangeVolume)
	case Silence:
		set(&r.Metric, Events)
		set(&r.Minutes, defaultSilence)
		set(&r.MinVolume, 1)
	case Errors:
		set(&r.Minutes, defaultMinutes)
		set(&r.MinVolume, defaultErrorVolume)
		if len(r.Count) == 0 {
			r.Count = []Outcome{Quarantined, Invalid}
		}
	}
}

func set[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

// slug makes an id of a name: small letters and digits, and a hyphen for everything between.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), maxID)], "-")
}

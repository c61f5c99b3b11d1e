package alert

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what rules may say.
const (
	MaxRules   = 50 // of a site
	maxID      = 60
	maxName    = 120
	maxMinutes = 60
	maxPercent = 100_000
)

// Check says what is wrong with rules that were filled, which one, and what is allowed.
func Check(rules []Rule) error {
	if len(rules) > MaxRules {
		return fmt.Errorf("alerts: there are %d; at most %d are allowed", len(rules), MaxRules)
	}
	seen := make(map[string]bool)
	for i, r := range rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("alerts[%d]: %w", i, err)
		}
		if seen[r.ID] {
			return fmt.Errorf("alerts[%d]: id %q is there twice", i, r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}

func (r Rule) check() error {
	switch {
	case r.Name == "" || utf8.RuneCountInString(r.Name) > maxName || !utf8.ValidString(r.Name):
		return fmt.Errorf("name %.40q: a text of 1 to %d characters is allowed", r.Name, maxName)
	case !validID(r.ID):
		return fmt.Errorf("id %.80q: allowed are a-z, 0-9 and '-', at most %d; a name without any of these needs an id", r.ID, maxID)
	case r.Quiet < 1 || r.Quiet > maxMinutes:
		return fmt.Errorf("quiet_minutes %d: allowed are 1 to %d", r.Quiet, maxMinutes)
	}
	check, known := kinds[r.Kind]
	if !known {
		return fmt.Errorf("kind %.40q: allowed are threshold, change, silence and errors", r.Kind)
	}
	if err := check(r); err != nil {
		return fmt.Errorf("%s: %w", r.Kind, err)
	}
	return nil
}

func validID(id string) bool {
	return id != "" && len(id) <= maxID && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// kinds are what each kind of rule is checked by.
var kinds = map[Kind]func(Rule) error{
	Threshold: Rule.checkThreshold, Change: Rule.checkChange, Silence: Rule.checkSilence, Errors: Rule.checkErrors,
}

func (r Rule) checkThreshold() error {
	if err := r.checkMetric(Visitors, Pageviews, Events); err != nil {
		return err
	}
	if (r.Over == nil) == (r.Under == nil) {
		return fmt.Errorf("it needs over or under, and not both")
	}
	for name, v := range map[string]*float64{"over": r.Over, "under": r.Under} {
		if v != nil && (*v < 0 || math.IsInf(*v, 0) || math.IsNaN(*v)) {
			return fmt.Errorf("%s %v: a number from 0 is allowed", name, *v)
		}
	}
	return r.only(r.Over, r.Under, nil, nil, "over, under")
}

func (r Rule) checkChange() error {
	if err := r.checkMetric(Pageviews, Events); err != nil {
		return err
	}
	if r.Minutes != changeMinutes {
		return fmt.Errorf("minutes %d: it compares %d minutes, and nothing else is allowed", r.Minutes, changeMinutes)
	}
	if r.Rise == nil && r.Fall == nil {
		return fmt.Errorf("it needs rise_percent, fall_percent, or both")
	}
	if r.Rise != nil && (!(*r.Rise > 0) || *r.Rise > maxPercent) {
		return fmt.Errorf("rise_percent %v: above 0 and up to %d is allowed", *r.Rise, maxPercent)
	}
	if r.Fall != nil && (!(*r.Fall > 0) || *r.Fall > 100) {
		return fmt.Errorf("fall_percent %v: above 0 and up to 100 is allowed", *r.Fall)
	}
	return r.only(nil, nil, r.Rise, r.Fall, "rise_percent, fall_percent")
}

func (r Rule) checkSilence() error {
	if err := r.checkMetric(Pageviews, Events); err != nil {
		return err
	}
	return r.only(nil, nil, nil, nil, "none")
}

func (r Rule) checkErrors() error {
	if r.Metric != "" {
		return fmt.Errorf("metric %.80q: it has none", r.Metric)
	}
	if r.Over == nil || *r.Over < 0 || !(*r.Over < 100) {
		return fmt.Errorf("it needs over: a share in percent, from 0 and below 100")
	}
	for _, o := range r.Count {
		if !slices.Contains([]Outcome{Quarantined, Invalid, Late, Bot}, o) {
			return fmt.Errorf("count %.40q: allowed are quarantined, invalid, late and bot", o)
		}
	}
	return r.only(r.Over, nil, nil, nil, "over")
}

// only reports limits that the kind does not have.
func (r Rule) only(over, under, rise, fall *float64, allowed string) error {
	if r.Over != over || r.Under != under || r.Rise != rise || r.Fall != fall {
		return fmt.Errorf("it has limits of another kind; allowed of over, under, rise_percent and fall_percent: %s", allowed)
	}
	if r.Kind != Errors && len(r.Count) > 0 {
		return fmt.Errorf("count is for errors only")
	}
	if r.Minutes < 1 || r.Minutes > maxMinutes {
		return fmt.Errorf("minutes %d: allowed are 1 to %d", r.Minutes, maxMinutes)
	}
	return nil
}

func (r Rule) checkMetric(allowed ...Metric) error {
	if name, named := r.Metric.name(); slices.Contains(allowed, r.Metric) || named && name != "" && len(name) <= maxName {
		return nil
	}
	list := make([]string, len(allowed))
	for i, m := range allowed {
		list[i] = string(m)
	}
	return fmt.Errorf("metric %.80q: allowed are %s and event:NAME", r.Metric, strings.Join(list, ", "))
}

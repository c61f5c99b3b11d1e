package naive

import (
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// holds says whether a filter lets a hit of a visit through.
func (s *History) holds(f *query.Filter, h *Hit, v *visit) bool {
	if f == nil {
		return true
	}
	arg := func(a *query.Filter) bool { return s.holds(a, h, v) }
	switch f.Op {
	case query.And:
		return !slices.ContainsFunc(f.Args, func(a *query.Filter) bool { return !arg(a) })
	case query.Or:
		return slices.ContainsFunc(f.Args, arg)
	case query.Not:
		return !arg(f.Args[0])
	case query.HasDone:
		return slices.ContainsFunc(v.hits, func(o *Hit) bool { return o.counts() && s.holds(f.Args[0], o, v) })
	case query.HasNotDone:
		return !s.holds(&query.Filter{Op: query.HasDone, Args: f.Args}, h, v)
	case query.IsNot:
		return !s.compares(query.Is, f, h, v)
	case query.ContainsNot:
		return !s.compares(query.Contains, f, h, v)
	case query.MatchesNot:
		return !s.compares(query.Matches, f, h, v)
	}
	return s.compares(f.Op, f, h, v)
}

// compares says whether any value of the filter fits any value that the hit has in the filter's dimension.
func (s *History) compares(op query.Op, f *query.Filter, h *Hit, v *visit) bool {
	for _, got := range s.values(f.Dimension, h, v) {
		for _, want := range f.Values {
			if s.fits(op, got, want, f.Fold) {
				return true
			}
		}
	}
	return false
}

func (s *History) fits(op query.Op, got, want string, fold bool) bool {
	if op == query.Matches {
		if fold {
			want = "(?i)" + want
		}
		return s.matches(want, got)
	}
	if fold {
		got, want = strings.ToLower(got), strings.ToLower(want)
	}
	if op == query.Contains {
		return strings.Contains(got, want)
	}
	return got == want
}

// withoutGoals is the filter with every condition on goals met: what the share of conversions is taken of. Below a negation, a condition is met
// by being false.
func withoutGoals(f *query.Filter, negated bool) *query.Filter {
	switch {
	case f == nil:
		return nil
	case f.Dimension == query.EventGoal:
		if negated {
			return &query.Filter{Op: query.Or}
		}
		return &query.Filter{Op: query.And}
	}
	changed := *f
	changed.Args = nil
	for _, a := range f.Args {
		changed.Args = append(changed.Args, withoutGoals(a, negated != (f.Op == query.Not || f.Op == query.HasNotDone)))
	}
	return &changed
}

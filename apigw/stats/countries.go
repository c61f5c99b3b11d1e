package stats

import (
	_ "embed" // the table of countries
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// countryTable has a line for each country: its code (ISO 3166-1 alpha-2) and its name in English (Unicode CLDR).
//
//go:embed countries.txt
var countryTable string

type country struct{ code, name string }

var countries = sync.OnceValue(func() (all []country) {
	for line := range strings.Lines(countryTable) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, country{code, name})
	}
	return all
})

// nameOf returns the name of a country, or the code where it is of none.
func nameOf(code string) string {
	all := countries()
	i, ok := slices.BinarySearchFunc(all, code, func(c country, code string) int { return strings.Compare(c.code, code) })
	if !ok {
		return code
	}
	return all[i].name
}

// byCode makes a filter on names of countries one on their codes. Every operator becomes "is" or "is_not", with the codes of the names
// that it lets through.
func byCode(f *query.Filter) error {
	holds, err := holdsFor(f)
	if err != nil {
		return err
	}
	f.Dimension = query.VisitCountry
	unknown := query.VisitCountry.Absent()
	codes := []string{}
	for _, c := range append([]country{{unknown, unknown}}, countries()...) {
		if holds(c.name) {
			codes = append(codes, c.code)
		}
	}
	if len(codes) == 0 {
		return fmt.Errorf("%w: filters: %s: no country's name fits %q; one is written as \"Germany\"", ErrBad, countryName, clip([]byte(strings.Join(f.Values, ", "))))
	}
	switch f.Op {
	case query.IsNot, query.ContainsNot, query.MatchesNot:
		f.Op = query.IsNot
	default:
		f.Op = query.Is
	}
	f.Values, f.Fold = codes, false
	return nil
}

// holdsFor returns whether a name is one of those that the filter compares with, whether or not it is negated.
func holdsFor(f *query.Filter) (func(name string) bool, error) {
	var each []func(name string) bool
	for _, v := range f.Values {
		holds, err := compares(f, v)
		if err != nil {
			return nil, err
		}
		each = append(each, holds)
	}
	return func(name string) bool {
		return slices.ContainsFunc(each, func(holds func(string) bool) bool { return holds(name) })
	}, nil
}

func compares(f *query.Filter, value string) (func(name string) bool, error) {
	fold := func(s string) string { return s }
	if f.Fold {
		fold = strings.ToLower
	}
	switch f.Op {
	case query.Contains, query.ContainsNot:
		return func(name string) bool { return strings.Contains(fold(name), fold(value)) }, nil
	case query.Matches, query.MatchesNot:
		re, err := regexp.Compile(value)
		if err != nil {
			return nil, fmt.Errorf("%w: filters: %q is no regular expression: %w", ErrBad, clip([]byte(value)), err)
		}
		return re.MatchString, nil
	}
	return func(name string) bool { return fold(name) == fold(value) }, nil
}

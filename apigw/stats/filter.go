package stats

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Filter is a filter as it is written: ["is", "visit:country", ["DE"]], with {"case_sensitive": false} as a fourth part, or
// ["and", [filter, filter]], ["not", filter], ["has_done", filter].
type Filter struct {
	filter *query.Filter
	raw    json.RawMessage
}

// MarshalJSON writes the filter as the client wrote it.
func (f Filter) MarshalJSON() ([]byte, error) { return f.raw, nil }

// UnmarshalJSON reads a filter. It says what is wrong with its form.
func (f *Filter) UnmarshalJSON(b []byte) (err error) {
	f.raw = append(json.RawMessage(nil), b...)
	f.filter, err = readFilter(b, 0)
	return err
}

// maxFilterDepth keeps a short body from making a deep stack.
const maxFilterDepth = 16

var (
	several = []query.Op{query.And, query.Or}
	single  = []query.Op{query.Not, query.HasDone, query.HasNotDone}
	compare = []query.Op{query.Is, query.IsNot, query.Contains, query.ContainsNot, query.Matches, query.MatchesNot}
)

func readFilter(b []byte, depth int) (*query.Filter, error) {
	if depth > maxFilterDepth {
		return nil, fmt.Errorf("%w: filters: nested deeper than %d", ErrBad, maxFilterDepth)
	}
	var parts []json.RawMessage
	var op query.Op
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) < 2 || json.Unmarshal(parts[0], &op) != nil {
		return nil, fmt.Errorf(`%w: filters: %s is no filter; one is written as ["is", "visit:country", ["DE"]]`, ErrBad, clip(b))
	}
	f := &query.Filter{Op: op}
	switch {
	case slices.Contains(several, op) && len(parts) == 2:
		return f, readArgs(f, parts[1], depth)
	case slices.Contains(single, op) && len(parts) == 2:
		arg, err := readFilter(parts[1], depth+1)
		f.Args = []*query.Filter{arg}
		return f, err
	case slices.Contains(compare, op) && len(parts) <= 4 && len(parts) >= 3:
		return f, readComparison(f, parts[1:], b)
	case slices.Contains(slices.Concat(several, single, compare), op):
		return nil, fmt.Errorf("%w: filters: %s has the wrong number of parts for %q", ErrBad, clip(b), op)
	}
	return nil, fmt.Errorf("%w: filters: operator %q: allowed are %s", ErrBad, clip([]byte(op)), opNames())
}

func opNames() string {
	var names []string
	for _, op := range slices.Concat(several, single, compare) {
		names = append(names, string(op))
	}
	return strings.Join(names, ", ")
}

// readArgs reads the list of filters that "and" and "or" have.
func readArgs(f *query.Filter, list json.RawMessage, depth int) error {
	var args []json.RawMessage
	if err := json.Unmarshal(list, &args); err != nil || len(args) == 0 {
		return fmt.Errorf("%w: filters: %q needs a list of filters, not %s", ErrBad, f.Op, clip(list))
	}
	for _, a := range args {
		arg, err := readFilter(a, depth+1)
		if err != nil {
			return err
		}
		f.Args = append(f.Args, arg)
	}
	return nil
}

// readComparison reads the dimension, the values and what modifies them.
func readComparison(f *query.Filter, parts []json.RawMessage, whole []byte) error {
	if err := json.Unmarshal(parts[0], &f.Dimension); err != nil {
		return fmt.Errorf("%w: filters: %s: the second part is a dimension", ErrBad, clip(whole))
	}
	if err := json.Unmarshal(parts[1], &f.Values); err != nil || len(f.Values) == 0 {
		return fmt.Errorf("%w: filters: %s: the third part is a list of texts", ErrBad, clip(whole))
	}
	if len(parts) == 3 {
		how := struct {
			CaseSensitive *bool `json:"case_sensitive"`
		}{}
		if err := json.Unmarshal(parts[2], &how); err != nil || how.CaseSensitive == nil {
			return fmt.Errorf(`%w: filters: %s: the fourth part is {"case_sensitive": false}`, ErrBad, clip(whole))
		}
		f.Fold = !*how.CaseSensitive
	}
	if f.Dimension == countryName {
		if err := byCode(f); err != nil {
			return err
		}
	}
	if a, ok := aliases[f.Dimension]; ok {
		f.Dimension = a
	}
	return nil
}

// all joins filters: every one must hold.
func all(filters []Filter) *query.Filter {
	switch len(filters) {
	case 0:
		return nil
	case 1:
		return filters[0].filter
	}
	f := &query.Filter{Op: query.And}
	for _, one := range filters {
		f.Args = append(f.Args, one.filter)
	}
	return f
}

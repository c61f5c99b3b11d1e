package query

// Op is what a filter does.
type Op string

// The operators. The negated ones let through exactly what the others do not.
const (
	And         Op = "and"
	Or          Op = "or"
	Not         Op = "not"
	Is          Op = "is"
	IsNot       Op = "is_not"
	Contains    Op = "contains"
	ContainsNot Op = "contains_not"
	Matches     Op = "matches" // a regular expression of Go's regexp (RE2), anywhere in the value
	MatchesNot  Op = "matches_not"
	HasDone     Op = "has_done" // the visit has a hit (that is no engagement) for which Args[0] holds
	HasNotDone  Op = "has_not_done"
)

// Filter is a condition on hits and their visits. And, Or, Not, HasDone and HasNotDone have Args; the others compare the value of a dimension
// with Values, any of which suffices. A value that is absent is the text that rows show for it; see [Dimension.Absent].
type Filter struct {
	Op        Op
	Args      []*Filter
	Dimension Dimension
	Values    []string
	// Fold compares without regard to case.
	Fold bool
}

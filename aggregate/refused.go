package aggregate

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
)

// FaultKind is why events were refused: a field and what was wrong with it.
type FaultKind struct {
	Field  string `json:"field"`  // the path; "" is the event as a whole
	Reason string `json:"reason"` // the code of the fault; OtherFaults stands for those that are not told apart
}

// OtherFaults is the reason of the faults that there was no room for, and of those that older programs did not tell apart.
const OtherFaults = "other"

const (
	// faultKinds is how many kinds an account or a sum of accounts tells apart: what a field is called is the sender's choice.
	faultKinds = 64
	// faultBytes is how long their fields are together, at most. Else an account would be as many times its usual price on DynamoDB.
	faultBytes = 4 << 10
	// mergedKinds bounds what a reader of many accounts holds.
	mergedKinds = 16 * faultKinds
)

// faultSum is how many faults there were of a kind, and when the last one came in Unix milliseconds; 0 where that is not known.
type faultSum struct {
	n    uint64
	last int64
}

func (s faultSum) and(o faultSum) faultSum { return faultSum{s.n + o.n, max(s.last, o.last)} }

// faultSums are the faults of the events that were refused. An event with two faults is counted twice. Whatever is done with them, no fault is lost: what there is no room for
// is counted among the others.
type faultSums map[FaultKind]faultSum

var others = FaultKind{Reason: OtherFaults}

// note counts a fault. What there was no room for when it first came goes among the others. Names are copied: they may be the memory of a request.
func (f faultSums) note(k FaultKind, now int64) {
	if _, known := f[k]; !known {
		if f.hasRoomFor(k) {
			k = FaultKind{strings.Clone(k.Field), strings.Clone(k.Reason)}
		} else {
			k = others
		}
	}
	f[k] = f[k].and(faultSum{1, now})
}

func (f faultSums) hasRoomFor(k FaultKind) bool {
	kinds, bytes := 1, len(k.Field)
	for known := range f {
		if known != others {
			kinds++
			bytes += len(known.Field)
		}
	}
	return kinds <= faultKinds && bytes <= faultBytes
}

// merge adds the faults o.
func (f faultSums) merge(o faultSums) {
	for k, s := range o {
		f[k] = f[k].and(s)
	}
	if len(f) > mergedKinds {
		f.cut(mergedKinds/2, math.MaxInt)
	}
}

// cut leaves the kinds that came most often, as many and as long together as may be.
func (f faultSums) cut(kinds, bytes int) {
	for _, c := range f.list() {
		if c.FaultKind == others {
			continue
		}
		if kinds, bytes = kinds-1, bytes-len(c.Field); kinds < 0 || bytes < 0 {
			f[others] = f[others].and(f[c.FaultKind])
			delete(f, c.FaultKind)
		}
	}
}

// FaultCount is how many faults there were of a kind in events that were refused.
type FaultCount struct {
	FaultKind
	N    uint64 `json:"n"`
	Last int64  `json:"last,omitempty"` // when the last one came, Unix milliseconds, where that is known
}

// list returns the faults, those that came most often first.
func (f faultSums) list() []FaultCount {
	all := make([]FaultCount, 0, len(f))
	for k, s := range f {
		all = append(all, FaultCount{k, s.n, s.last})
	}
	slices.SortFunc(all, func(a, b FaultCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// MarshalJSON implements json.Marshaler.
func (f faultSums) MarshalJSON() ([]byte, error) { return json.Marshal(f.list()) }

// UnmarshalJSON implements json.Unmarshaler.
func (f *faultSums) UnmarshalJSON(b []byte) error {
	var all []FaultCount
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*f = make(faultSums, len(all))
	for _, c := range all {
		(*f)[c.FaultKind] = (*f)[c.FaultKind].and(faultSum{c.N, c.Last})
	}
	return nil
}

// Refused are the events that the doors refused.
type Refused struct {
	Events uint64
	faults faultSums
}

// RefusedView is what was refused, as it is shown.
type RefusedView struct {
	Events uint64       `json:"events"`
	Rows   []FaultCount `json:"rows"` // why, the most often first; an event with two faults is in two rows
}

// View returns what was refused as it is shown: no more kinds than an account tells apart, and the others.
func (r Refused) View() *RefusedView {
	shown := maps.Clone(r.faults)
	shown.cut(faultKinds, math.MaxInt)
	return &RefusedView{r.Events, shown.list()}
}

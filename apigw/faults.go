package apigw

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// FaultCount is how many events were refused because of one fault of one field.
type FaultCount struct {
	Field  string `json:"field"`  // the path; "" is the event as a whole
	Reason string `json:"reason"` // the code of the fault; "other" stands for faults that are not told apart any more
	N      uint64 `json:"n"`
	Last   int64  `json:"last"` // when the last one came, Unix milliseconds
}

// otherFaults is the reason of those that there was no room for.
const otherFaults = "other"

const (
	faultKinds = 64  // of a site; what a field is called is the sender's choice
	faultSites = 128 // that have counts of their own
)

// faultCounts count the faults in events that the door refuses, since the process began: all of them, where samples are a selection. Those of a site that
// is not known are counted under "". It has no lock of its own. Adding what was seen before costs a look into two maps.
type faultCounts struct {
	since time.Time
	sites map[string]*siteFaults
}

type faultKind struct{ field, reason string } // as they came, in what is kept; as they are shown, in a view

type siteFaults struct {
	events uint64 // that were refused
	last   int64
	kinds  map[faultKind]*FaultCount
}

func newFaultCounts(since time.Time) *faultCounts {
	return &faultCounts{since: since, sites: make(map[string]*siteFaults)}
}

// add counts a refused event with its faults. A site is known if an event of it was refused that its senders sent, else it gets no counts of its own.
func (c *faultCounts) add(site string, known bool, now int64, faults []event.FieldError, key string) {
	if c.sites[site] == nil && !known {
		site = ""
	}
	s := c.site(site)
	s.events++
	s.last = now
	for _, f := range faults {
		k := faultKind{f.Field, f.Code}
		if s.kinds[k] == nil {
			k = faultKind{strings.Clone(k.field), strings.Clone(k.reason)} // what came is a part of something large
			s.make(k, shownField(k.field, key))
		}
		s.kinds[k].add(1, now)
	}
}

// site returns the counts of a site. Of too many sites those of the one that was heard of least lately are added to those of no site.
func (c *faultCounts) site(id string) *siteFaults {
	if s := c.sites[id]; s != nil {
		return s
	}
	if len(c.sites) > faultSites {
		oldest := ""
		for other, s := range c.sites {
			if other != "" && (oldest == "" || s.last < c.sites[oldest].last) {
				oldest = other
			}
		}
		gone := c.sites[oldest]
		delete(c.sites, oldest)
		c.site("").merge(gone)
	}
	s := &siteFaults{kinds: make(map[faultKind]*FaultCount)}
	c.sites[strings.Clone(id)] = s
	return s
}

// make makes a kind. Of too many kinds the one that came least lately goes among the others, so that no fault is lost.
func (s *siteFaults) make(k faultKind, field string) {
	if len(s.kinds) >= faultKinds && k.reason != otherFaults {
		s.makeRoom()
	}
	s.kinds[k] = &FaultCount{Field: field, Reason: k.reason}
}

func (s *siteFaults) makeRoom() {
	var oldest faultKind
	var gone *FaultCount
	for k, f := range s.kinds {
		if k.reason != otherFaults && (gone == nil || f.Last < gone.Last || f.Last == gone.Last && f.N < gone.N) {
			oldest, gone = k, f
		}
	}
	delete(s.kinds, oldest)
	s.take("", otherFaults, gone)
}

// take adds what was counted elsewhere.
func (s *siteFaults) take(field, reason string, f *FaultCount) {
	k := faultKind{field, reason}
	if s.kinds[k] == nil {
		s.make(k, field)
	}
	s.kinds[k].add(f.N, f.Last)
}

func (s *siteFaults) merge(o *siteFaults) {
	s.events += o.events
	s.last = max(s.last, o.last)
	for _, f := range o.kinds {
		s.take(f.Field, f.Reason, f)
	}
}

func (f *FaultCount) add(n uint64, last int64) {
	f.N += n
	f.Last = max(f.Last, last)
}

// faultsView is how often each field failed, the most often first.
type faultsView struct {
	Since  int64        `json:"since"`  // Unix milliseconds
	Events uint64       `json:"events"` // that were refused; one with two faults is in two rows
	Rows   []FaultCount `json:"rows"`
}

// view answers the counts of a site, or of all if it is "": at most faultKinds rows.
func (c *faultCounts) view(site string) *faultsView {
	v := &faultsView{Since: c.since.UnixMilli(), Rows: []FaultCount{}}
	all := make(map[faultKind]FaultCount)
	for id, s := range c.sites {
		if site != "" && id != site {
			continue
		}
		v.Events += s.events
		for _, f := range s.kinds {
			k := faultKind{f.Field, f.Reason}
			sum := all[k]
			sum.Field, sum.Reason = f.Field, f.Reason
			sum.add(f.N, f.Last)
			all[k] = sum
		}
	}
	for _, f := range all {
		v.Rows = append(v.Rows, f)
	}
	slices.SortFunc(v.Rows, func(a, b FaultCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	v.Rows = v.Rows[:min(faultKinds, len(v.Rows))]
	return v
}

// faults answers how often each field failed of a site, or of all if it is "".
func (s *Samples) faults(site string) *faultsView {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused.view(site)
}

package apigw

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// Sample is a copy of an event that had an outcome, as an example of others. What is shown of it are no addresses and no keys.
type Sample struct {
	At             int64  `json:"at"`             // when it had it, Unix milliseconds
	T              int64  `json:"t,omitempty"`    // event time, where it is known
	ID             string `json:"id,omitempty"`   // of the event
	Name           string `json:"name,omitempty"` // of the event
	Page           string `json:"page,omitempty"`
	Reason         string `json:"reason,omitempty"`
	Field          string `json:"field,omitempty"` // what was wrong first, of an invalid one
	Shard          string `json:"shard,omitempty"`
	SequenceNumber string `json:"sequence_number,omitempty"`
	Event          string `json:"event,omitempty"` // cut at maxShown
	// Errors are all that was wrong with an invalid one.
	Errors []event.FieldError `json:"errors,omitempty"`
}

const (
	samplesKept = 20 // of a site, an outcome, a reason and a field
	sampleKinds = 512
	// samplesPerSecond bounds what is looked at of all kinds, together; of one kind it is one a second.
	samplesPerSecond = 20
)

// outcomeInvalid is that of what the door refuses: it never is received.
const outcomeInvalid = "invalid"

// sampleKind is what samples are kept apart by.
type sampleKind struct{ site, outcome, reason, field string }

// Samples are the newest few copies of each outcome and reason that this process saw. They may be used concurrently.
type Samples struct {
	now      func() time.Time
	consumes bool         // the consumer is in this process
	closed   atomic.Int64 // the second in which no more are taken

	mu     sync.Mutex // guards what follows
	second int64
	taken  int
	kinds  map[sampleKind]*sampleRing
}

type sampleRing struct {
	last   []*Sample // one may be in several rings: it is never changed
	second int64     // in which the last was taken
}

// NewSamples returns samples of what the door refuses and, if the consumer is in this process, of what becomes of the others: it has to tell them.
func NewSamples(now func() time.Time, consumes bool) *Samples {
	return &Samples{now: now, consumes: consumes, kinds: make(map[sampleKind]*sampleRing)}
}

// Wants reports whether a copy of that kind shall be added now. It costs next to nothing where it is not.
func (s *Samples) Wants(site string, outcome aggregate.Outcome, reason string) bool {
	return s.wants(sampleKind{site, outcome.String(), reason, ""})
}

func (s *Samples) wants(k sampleKind) bool {
	second := s.now().Unix()
	if s.closed.Load() == second {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.kinds[k]
	return r == nil || r.second != second
}

// Add adds a copy, with the bytes of its event. The strings are copied.
func (s *Samples) Add(site string, outcome aggregate.Outcome, x Sample, data []byte) {
	s.add([]sampleKind{{site, outcome.String(), x.Reason, ""}}, x, data, "")
}

// add adds a copy to the rings of its kinds.
func (s *Samples) add(kinds []sampleKind, x Sample, data []byte, key string) {
	now := s.now()
	second := now.Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.second != second {
		s.second, s.taken = second, 0
	}
	if s.taken++; s.taken >= samplesPerSecond {
		s.closed.Store(second)
	}
	x.At, x.Event = now.UnixMilli(), shown(data, key)
	for _, text := range []*string{&x.ID, &x.Name, &x.Page, &x.Reason, &x.Field} {
		*text = redact(*text, key)
	}
	for _, text := range []*string{&x.ID, &x.Name, &x.Page, &x.Reason, &x.Field, &x.Shard, &x.SequenceNumber} {
		*text = strings.Clone(clip(*text, event.MaxURL)) // what came may be a part of something large
	}
	for _, k := range kinds {
		r := s.ring(k)
		r.second = second
		r.last = keepLast(append(r.last, &x), samplesKept)
	}
}

func (s *Samples) ring(k sampleKind) *sampleRing {
	r := s.kinds[k]
	if r == nil {
		forgetOldest(s.kinds, sampleKinds, func(r *sampleRing) int64 { return r.second })
		for _, text := range []*string{&k.site, &k.reason, &k.field} {
			*text = strings.Clone(clip(*text, event.MaxURL))
		}
		r = &sampleRing{}
		s.kinds[k] = r
	}
	return r
}

// sampleFilter says which samples are meant. An empty site or reason is every one, and so is a field that is nil.
type sampleFilter struct {
	site, outcome, reason string
	field                 *string
}

func (f sampleFilter) has(k sampleKind) bool {
	return k.outcome == f.outcome && (f.site == "" || k.site == f.site) && (f.reason == "" || k.reason == f.reason) && (f.field == nil || k.field == *f.field)
}

// list returns the newest samples, the newest first.
func (s *Samples) list(f sampleFilter) []*Sample {
	found, seen := []*Sample{}, map[*Sample]bool{}
	s.mu.Lock()
	for k, r := range s.kinds {
		if !f.has(k) {
			continue
		}
		for _, x := range r.last {
			if !seen[x] {
				found, seen[x] = append(found, x), true
			}
		}
	}
	s.mu.Unlock()
	slices.SortStableFunc(found, func(a, b *Sample) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
	return found[:min(samplesKept, len(found))]
}

// pageOf is the page of an event, where it has one.
func pageOf(url string) string {
	if url == "" {
		return ""
	}
	return event.PageOf(url)
}

// invalid takes samples of what a request brought that is refused.
func (s *Samples) invalid(in *intake, batch []event.Raw, key string) {
	if s == nil {
		return
	}
	var wanted []sampleKind
	for i := range in.results {
		res := &in.results[i]
		if res.Status != statusInvalid || len(res.Errors) == 0 {
			continue
		}
		wanted = wanted[:0]
		for _, fault := range res.Errors {
			if k := (sampleKind{res.site, outcomeInvalid, fault.Code, shownField(fault.Field, key)}); s.wants(k) {
				wanted = append(wanted, k)
			}
		}
		if len(wanted) > 0 {
			e, first := decodeAgain(batch[i]), res.Errors[0]
			x := Sample{T: e.TS, ID: e.ID, Name: e.Name, Page: pageOf(e.URL), Reason: first.Code, Field: first.Field, Errors: shownFaults(res.Errors, key)}
			s.add(wanted, x, batch[i].Data, key)
		}
	}
}

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
	Field          string `json:"field,omitempty"` // what was wrong, of an invalid one
	Shard          string `json:"shard,omitempty"`
	SequenceNumber string `json:"sequence_number,omitempty"`
	Event          string `json:"event,omitempty"` // cut at maxShown
}

const (
	samplesKept = 20 // of a site, an outcome and a reason
	sampleKinds = 512
	// samplesPerSecond bounds what is looked at of all kinds, together; of one kind it is one a second.
	samplesPerSecond = 20
)

// outcomeInvalid is that of what the door refuses: it never is received.
const outcomeInvalid = "invalid"

// sampleKind is what samples are kept apart by.
type sampleKind struct{ site, outcome, reason string }

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
	last   []Sample
	second int64 // in which the last was taken
}

// NewSamples returns samples of what the door refuses and, if the consumer is in this process, of what becomes of the others: it has to tell them.
func NewSamples(now func() time.Time, consumes bool) *Samples {
	return &Samples{now: now, consumes: consumes, kinds: make(map[sampleKind]*sampleRing)}
}

// Wants reports whether a copy of that kind shall be added now. It costs next to nothing where it is not.
func (s *Samples) Wants(site string, outcome aggregate.Outcome, reason string) bool {
	return s.wants(sampleKind{site, outcome.String(), reason})
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
	s.add(sampleKind{site, outcome.String(), x.Reason}, x, data, "")
}

func (s *Samples) add(k sampleKind, x Sample, data []byte, key string) {
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
	for _, text := range []*string{&x.ID, &x.Name, &x.Page, &x.Reason, &x.Field, &x.Shard, &x.SequenceNumber, &k.site, &k.reason} {
		*text = strings.Clone(clip(*text, event.MaxURL)) // what came may be a part of something large
	}
	r := s.kinds[k]
	if r == nil {
		forgetOldest(s.kinds, sampleKinds, func(r *sampleRing) int64 { return r.second })
		r = &sampleRing{}
		s.kinds[k] = r
	}
	r.second = second
	r.last = keepLast(append(r.last, x), samplesKept)
}

// list returns the newest samples of an outcome, the newest first. An empty site or reason is every one.
func (s *Samples) list(site, outcome, reason string) []Sample {
	found := []Sample{}
	s.mu.Lock()
	for k, r := range s.kinds {
		if k.outcome == outcome && (site == "" || k.site == site) && (reason == "" || k.reason == reason) {
			found = append(found, r.last...)
		}
	}
	s.mu.Unlock()
	slices.SortStableFunc(found, func(a, b Sample) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.ID, b.ID)) })
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
	for i := range in.results {
		res := &in.results[i]
		if res.Status != statusInvalid || len(res.Errors) == 0 {
			continue
		}
		fault := res.Errors[0]
		if k := (sampleKind{res.site, outcomeInvalid, fault.Code}); s.wants(k) {
			e := decodeAgain(batch[i])
			x := Sample{T: e.TS, ID: e.ID, Name: e.Name, Page: pageOf(e.URL), Reason: fault.Code, Field: fault.Field}
			s.add(k, x, batch[i].Data, key)
		}
	}
}

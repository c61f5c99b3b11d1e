package sketch

import (
	"cmp"
	"slices"
)

const (
	// SampleSize is how many visitors a sample keeps: above that, a share of the visitors is estimated with a standard error of about
	// 1/sqrt(SampleSize) = 1.6 % of the whole.
	SampleSize = 4096
	// MaxHits is how many hits of one visitor a sample keeps, the earliest.
	MaxHits = 1000
)

// Hit is one thing that a visitor did, as a sample keeps it.
type Hit struct {
	At   int64  // event time, Unix milliseconds
	Name string // event name
	Page string // path of the page
}

func (h Hit) compare(o Hit) int {
	return cmp.Or(cmp.Compare(h.At, o.At), cmp.Compare(h.Name, o.Name), cmp.Compare(h.Page, o.Page))
}

// Sample keeps whole visitors with all their hits: those whose hash is below a threshold. While there are at most SampleSize
// visitors the threshold is the end of the hash space, and the sample is the whole population. Above that it is a uniform
// sample of visitors (bottom-k by hash; E. Cohen and H. Kaplan, "Summarizing Data using Bottom-k Sketches", PODC 2007), and what is
// counted in it is scaled by 1/Fraction.
type Sample struct {
	threshold uint64
	visitors  map[uint64]*Visits
}

// Visits are the hits of one visitor.
type Visits struct {
	Hits []Hit
	// More is how many hits beyond MaxHits were left out.
	More uint64
}

// NewSample returns an empty sample.
func NewSample() *Sample { return &Sample{threshold: everything, visitors: make(map[uint64]*Visits)} }

// Add puts a hit of the visitor with that hash into the sample. The hash must be seeded and evenly spread.
func (s *Sample) Add(visitor uint64, h Hit) {
	visitor = min(visitor, everything-1)
	if visitor >= s.threshold {
		return
	}
	v := s.visit(visitor)
	v.Hits = append(v.Hits, h)
	v.cut(2 * MaxHits)
}

func (s *Sample) visit(visitor uint64) *Visits {
	v := s.visitors[visitor]
	if v == nil {
		v = &Visits{}
		s.visitors[visitor] = v
		if len(s.visitors) >= 2*SampleSize {
			s.settle()
			if visitor >= s.threshold {
				return &Visits{} // it was cut at once; what is written to it goes nowhere
			}
		}
	}
	return v
}

// Merge adds all that o holds. o may be used on; its hits are copied.
func (s *Sample) Merge(o *Sample) {
	s.threshold = min(s.threshold, o.threshold)
	for hash, from := range o.visitors {
		if hash >= s.threshold {
			continue
		}
		v := s.visit(hash)
		v.Hits = append(v.Hits, from.Hits...)
		v.More += from.More
		v.cut(2 * MaxHits)
	}
	s.settle()
}

// Visitors returns how many visitors there are, or the estimate of it.
func (s *Sample) Visitors() uint64 {
	s.settle()
	return s.Scale(uint64(len(s.visitors)))
}

// Scale returns the estimate for the whole population of something that was counted n times in the sample.
func (s *Sample) Scale(n uint64) uint64 {
	if s.threshold == everything {
		return n
	}
	return scaleUp(n, s.threshold)
}

// Fraction returns the share of all visitors that the sample holds, 1 when it holds all.
func (s *Sample) Fraction() float64 {
	s.settle()
	if s.threshold == everything {
		return 1
	}
	return float64(s.threshold) / everything
}

// Exact reports whether the sample holds every hit of every visitor.
func (s *Sample) Exact() bool {
	s.settle()
	if s.threshold != everything {
		return false
	}
	for _, v := range s.visitors {
		if v.More > 0 || len(v.Hits) > MaxHits {
			return false
		}
	}
	return true
}

// All yields every visitor in the sample, in no order.
func (s *Sample) All(yield func(hash uint64, v *Visits) bool) {
	s.settle()
	for hash, v := range s.visitors {
		v.cut(MaxHits)
		if !yield(hash, v) {
			return
		}
	}
}

// settle cuts to the SampleSize smallest hashes. The threshold becomes the smallest hash that was ever dropped, so that it does not
// depend on the order in which visitors came.
func (s *Sample) settle() {
	if len(s.visitors) > SampleSize {
		hashes := make([]uint64, 0, len(s.visitors))
		for h := range s.visitors {
			hashes = append(hashes, h)
		}
		slices.Sort(hashes)
		s.threshold = min(s.threshold, hashes[SampleSize])
	}
	if s.threshold == everything {
		return
	}
	for h := range s.visitors {
		if h >= s.threshold {
			delete(s.visitors, h)
		}
	}
}

// cut keeps the MaxHits earliest hits, once there are more than slack of them.
func (v *Visits) cut(slack int) {
	if len(v.Hits) <= slack {
		return
	}
	slices.SortFunc(v.Hits, Hit.compare)
	v.More += uint64(len(v.Hits) - MaxHits)
	v.Hits = slices.Clone(v.Hits[:MaxHits])
}

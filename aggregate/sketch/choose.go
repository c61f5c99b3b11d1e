package sketch

import (
	"cmp"
	"math/bits"
	"slices"
)

// choose finds the threshold and the visitors below it.
func (m *merger) choose() {
	x := &m.out.index
	if m.visitors > 0 {
		x.threshold = everything
	}
	n := 0
	for _, p := range m.parts {
		m.index = append(m.index, p.at())
		x.threshold = min(x.threshold, p.at().threshold)
		n += p.at().Visitors()
	}
	most := min(n, m.visitors)
	x.hashes, x.more, x.starts = make([]uint64, 0, most), make([]bool, 0, most), make([]uint32, 1, most+1)
	m.members, m.groups = make([]chosen, 0, min(n, 2*m.visitors)), make([]uint32, 0, most+1)
	s := newSlicer(m.index, n, x.threshold)
	for full := false; !full && s.next(); {
		for from := 0; from < len(s.entries) && !full; {
			to := from + 1
			for to < len(s.entries) && s.entries[to].hash == s.entries[from].hash {
				to++
			}
			full = !m.take(s.entries[from:to])
			from = to
		}
	}
	m.groups = append(m.groups, uint32(len(m.members)))
	m.taken = make([]int, len(m.parts))
	for _, b := range m.members {
		m.taken[b.part]++
	}
}

// take takes a visitor, and answers false if there is no room for it: its hash is the threshold.
func (m *merger) take(parts []entry) bool {
	x := &m.out.index
	if len(x.hashes) == m.visitors {
		x.threshold = parts[0].hash
		return false
	}
	hits, more, acted, first := 0, false, false, len(m.members)
	for _, e := range parts {
		p := m.index[e.part]
		from, to := p.starts[e.visitor], p.starts[e.visitor+1]
		m.members = append(m.members, chosen{e.member, from, to})
		hits += int(to - from)
		more = more || p.more[e.visitor]
		acted = acted || p.acted[e.visitor]
	}
	kept := min(hits, m.hits)
	if x.Hits()+kept > m.total {
		m.members = m.members[:first]
		x.threshold = parts[0].hash
		return false
	}
	m.groups = append(m.groups, uint32(first))
	x.starts = append(x.starts, uint32(x.Hits()+kept))
	x.hashes = append(x.hashes, parts[0].hash)
	x.more = append(x.more, more || kept < hits)
	x.acted = append(x.acted, acted) // pouring may find more
	return true
}

// entry is a visitor of a part.
type entry struct {
	hash uint64
	member
}

// slicer goes through the visitors of all parts in order of their hash, equal ones in order of the parts. It takes one slice of the hash space
// after the other, so that nothing is sorted that lies above the threshold once that is found. Hashes are evenly spread: inside
// a slice each goes to a bucket of its own, nearly, and little is left to sort.
type slicer struct {
	parts     []*index
	at        []int // the next visitor of each part
	threshold uint64
	bound     uint64 // of the slice, which it does not reach
	width     uint64
	mixed     []entry // part by part
	entries   []entry // by hash
	starts    []uint32
}

// sliceSize is how many entries a slice has on average.
const sliceSize = 1024

func newSlicer(parts []*index, n int, threshold uint64) *slicer {
	width := threshold
	if slices := uint64(n / sliceSize); slices > 1 {
		width = threshold/slices + 1
	}
	return &slicer{parts: parts, at: make([]int, len(parts)), threshold: threshold, width: width}
}

// next sorts the next slice that has any entries, and answers false if there is none.
func (s *slicer) next() bool {
	s.mixed = s.mixed[:0]
	for len(s.mixed) == 0 {
		from := s.bound
		if from >= s.threshold {
			return false
		}
		if s.bound += s.width; s.bound > s.threshold || s.bound < from {
			s.bound = s.threshold
		}
		for p, x := range s.parts {
			i := s.at[p]
			for ; i < len(x.hashes) && x.hashes[i] < s.bound; i++ {
				s.mixed = append(s.mixed, entry{x.hashes[i], member{uint32(p), uint32(i)}})
			}
			s.at[p] = i
		}
		s.sort(from)
	}
	return true
}

// sort fills entries: it counts how many go to each bucket, puts them there, and sorts the buckets. There is a bucket for every entry, or up to
// two, as the highest bits of the distance from the start of the slice tell them apart.
func (s *slicer) sort(from uint64) {
	n := len(s.mixed)
	width := bits.Len(uint(n))
	shift := max(0, bits.Len64(s.width)-width)
	starts := sized(&s.starts, 1<<width+1)
	s.entries = sized(&s.entries, n)
	clear(starts)
	for _, e := range s.mixed {
		starts[(e.hash-from)>>shift]++
	}
	end := uint32(0)
	for b, size := range starts {
		starts[b] = end
		end += size
	}
	for _, e := range s.mixed {
		to := &starts[(e.hash-from)>>shift]
		s.entries[*to] = e
		*to++ // so that in the end it says where the bucket ends
	}
	first := uint32(0)
	for _, end := range starts {
		sortBucket(s.entries[first:end])
		first = end
	}
}

func sortBucket(b []entry) {
	for i := 1; i < len(b); i++ {
		if b[i].hash < b[i-1].hash {
			slices.SortStableFunc(b, func(x, y entry) int { return cmp.Compare(x.hash, y.hash) })
			return
		}
	}
}

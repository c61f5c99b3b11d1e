package sketch

import (
	"cmp"
	"slices"
)

// arrange puts the hits of each visitor in order. The parts of a visitor mostly follow each other in time and are then joined whole.
func (m *merger) arrange() error {
	m.runs, m.left, m.whole = make([][]run, len(m.parts)), make([][]span, len(m.parts)), make([]*Sample, len(m.parts))
	m.out.times = make([]int64, m.out.Hits())
	for p, visitors := range m.taken {
		m.runs[p] = make([]run, 0, visitors)
	}
	for v := range m.out.hashes {
		members := m.members[m.groups[v]:m.groups[v+1]]
		from, to := m.out.Range(v)
		if !m.apart(members) {
			slices.SortFunc(members, m.earlier)
		}
		if m.apart(members) {
			m.join(members, v, from, to)
			continue
		}
		if err := m.interleave(members, v, from, to); err != nil {
			return err
		}
	}
	for p, runs := range m.runs {
		for _, r := range runs {
			from, to := m.times[p][r.src:][:r.n], m.out.times[r.dst:][:r.n]
			for i := range to { // see scatter
				to[i] = from[i]
			}
		}
	}
	return nil
}

func (m *merger) earlier(a, b chosen) int {
	return cmp.Or(cmp.Compare(m.times[a.part][a.from], m.times[b.part][b.from]), cmp.Compare(a.part, b.part))
}

// apart reports whether each member ends before the next begins.
func (m *merger) apart(members []chosen) bool {
	for i := 1; i < len(members); i++ {
		a, b := &members[i-1], &members[i]
		if m.times[a.part][a.to-1] >= m.times[b.part][b.from] {
			return false
		}
	}
	return true
}

func (m *merger) join(members []chosen, v, dst, end int) {
	for _, b := range members {
		from, to := int(b.from), int(b.to)
		n := min(to-from, end-dst)
		m.place(b.member, from, dst, n)
		m.leave(int(b.part), span{from + n, to, v})
		dst += n
	}
}

// place lets n hits of a member, from src on, stand at dst of the result.
func (m *merger) place(b member, src, dst, n int) {
	if n > 0 {
		m.runs[b.part] = append(m.runs[b.part], run{b.visitor, uint32(src), uint32(dst), uint32(n)})
	}
}

// leave leaves hits of a part out.
func (m *merger) leave(part int, s span) {
	if s.from < s.to && m.rest != nil {
		m.left[part] = append(m.left[part], s)
	}
}

// placed is a hit of a visitor whose parts overlap in time.
type placed struct {
	member
	at  int64
	src int
}

func (m *merger) interleave(members []chosen, v, dst, end int) error {
	var hits []placed
	for _, b := range members {
		for i := int(b.from); i < int(b.to); i++ {
			hits = append(hits, placed{b.member, m.times[b.part][i], i})
		}
	}
	var fault error
	slices.SortFunc(hits, func(a, b placed) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		c, err := m.compare(a, b)
		fault = cmp.Or(fault, err)
		return c
	})
	for i := 0; i < len(hits); {
		from := i
		for i++; i < len(hits) && hits[i].part == hits[from].part && hits[i].src == hits[i-1].src+1; {
			i++
		}
		first := hits[from]
		n := min(i-from, end-dst)
		m.place(first.member, first.src, dst, n)
		m.leave(int(first.part), span{first.src + n, first.src + i - from, v})
		dst += n
	}
	return fault
}

// compare compares hits of the same time by what they hold. Inside a part the order is known.
func (m *merger) compare(a, b placed) (int, error) {
	if a.part == b.part {
		return cmp.Compare(a.src, b.src), nil
	}
	x, err := m.readWhole(int(a.part))
	if err != nil {
		return 0, err
	}
	y, err := m.readWhole(int(b.part))
	if err != nil {
		return 0, err
	}
	hx, hy := x.Hit(a.src), y.Hit(b.src)
	return cmp.Or(hx.Compare(&hy), cmp.Compare(a.part, b.part)), nil
}

// readWhole returns a part with all columns. Merged alone it keeps its order.
func (m *merger) readWhole(i int) (*Sample, error) {
	var err error
	if m.whole[i] == nil {
		alone := merger{limits: limits{m.index[i].Visitors(), MaxSampleHits, MaxSampleHits}, parts: m.parts[i : i+1]}
		m.whole[i], err = alone.merge()
	}
	return m.whole[i], err
}

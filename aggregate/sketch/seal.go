package sketch

import (
	"cmp"
	"slices"
)

// limits are what a sample may hold. Tests have smaller ones.
type limits struct {
	visitors int // of a sample
	hits     int // of a visitor
	total    int // hits of a sample
}

// stored are the limits of a sample that is kept.
var stored = limits{K, MaxHits, MaxSampleHits}

// Seal returns what was added: a sample of the visitors, and the rest, which is what did not fit into it. Nothing may be added before the next Reset.
func (b *Builder) Seal() (*Sample, *Rest) { return b.seal(stored) }

func (b *Builder) seal(l limits) (*Sample, *Rest) {
	rest := NewRest()
	s := b.sample()
	if l.fits(&s.index) {
		return s, rest
	}
	cut, err := (&merger{limits: l, parts: []part{s}, rest: rest}).merge()
	if err != nil {
		panic("sketch: a sample in memory is damaged") // no bytes were read that could be
	}
	return cut, rest
}

func (l limits) fits(x *index) bool {
	if x.Visitors() > l.visitors || x.Hits() > l.total {
		return false
	}
	for v := range x.hashes {
		if from, to := x.Range(v); to-from > l.hits {
			return false
		}
	}
	return true
}

// sample returns all that was added.
func (b *Builder) sample() *Sample {
	s := &Sample{index: index{threshold: everything}}
	b.arrange(&s.index)
	s.times = gather(b, func(r *row) int64 { return r.at })
	b.gatherTexts(s)
	b.gatherNumbers(s)
	b.gatherProps(s)
	return s
}

// arrange fills the index, and puts the rows in order.
func (b *Builder) arrange(x *index) {
	x.hashes, x.starts, x.more = make([]uint64, len(b.heads)), make([]uint32, len(b.heads)+1), make([]bool, len(b.heads))
	for i, h := range b.heads {
		x.hashes[i] = h.hash
	}
	x.acted = x.more // nothing is left out
	slices.Sort(x.hashes)
	b.order = b.order[:0]
	for v, hash := range x.hashes {
		for r := b.heads[*b.slot(hash)-1].first; r >= 0; r = b.rows[r].next {
			b.order = append(b.order, r)
		}
		b.sort(b.order[x.starts[v]:])
		x.starts[v+1] = uint32(len(b.order))
	}
}

// sort brings rows of one visitor into order. They mostly are.
func (b *Builder) sort(rows []int32) {
	for i := 1; i < len(rows); i++ {
		if b.rows[rows[i]].at <= b.rows[rows[i-1]].at {
			slices.SortFunc(rows, b.compare)
			return
		}
	}
}

func (b *Builder) compare(x, y int32) int {
	if c := cmp.Compare(b.rows[x].at, b.rows[y].at); c != 0 {
		return c
	}
	hx, hy := b.hit(x), b.hit(y)
	return hx.Compare(&hy)
}

// hit returns a row as it was added.
func (b *Builder) hit(i int32) Hit {
	r := &b.rows[i]
	h := Hit{At: r.at, Revenue: r.revenue, EngagedMS: r.engaged, Scroll: r.scroll, Vitals: r.vitals, Persistent: r.persistent}
	for f := range h.Text {
		h.Text[f] = b.fields[f].word(r.words[f])
	}
	for _, c := range b.cells[r.cell : r.cell+int32(r.cells)] {
		h.Props = append(h.Props, Prop{b.keys.word(c.key), b.values[c.key].word(c.value)})
	}
	return h
}

func gather[T any](b *Builder, value func(*row) T) []T {
	out := make([]T, len(b.order))
	for i, r := range b.order {
		out[i] = value(&b.rows[r])
	}
	return out
}

// gatherTexts makes the columns of texts: it goes once along the rows, which are long, and then along each column.
func (b *Builder) gatherTexts(s *Sample) {
	var used []int
	for f := range s.texts {
		if b.texts>>f&1 != 0 {
			used = append(used, f)
		}
	}
	n := len(b.order)
	room := make([]uint32, (1+len(used))*n)
	blank := Column{room[:n:n], []string{""}}
	for i, r := range b.order {
		words := &b.rows[r].words
		for at, f := range used {
			room[(1+at)*n+i] = words[f]
		}
	}
	for f := range s.texts {
		s.texts[f] = blank
	}
	for at, f := range used {
		ids := room[(1+at)*n:][:n:n]
		s.texts[f] = Column{ids, b.renamer.rename(ids, b.fields[f].words)}
	}
}

func (b *Builder) gatherNumbers(s *Sample) {
	var blank blanks
	for n := range numNumbers {
		if b.numbers>>n&1 == 0 {
			s.setBlank(n, &blank)
			continue
		}
		switch n {
		case revenueNumber:
			s.revenue = gather(b, func(r *row) int64 { return r.revenue })
		case engagedNumber:
			s.engaged = gather(b, func(r *row) int64 { return r.engaged })
		case scrollNumber:
			s.scroll = gather(b, func(r *row) uint8 { return r.scroll })
		case persistentNumber:
			s.persistent = gather(b, func(r *row) bool { return r.persistent })
		default:
			s.vitals[n-firstVital] = gather(b, func(r *row) int32 { return r.vitals[n-firstVital] })
		}
	}
}

func (b *Builder) gatherProps(s *Sample) {
	if len(b.cells) == 0 {
		return
	}
	columns := make([]propColumn, len(b.values)) // by the number of the key
	for at, i := range b.order {
		r := &b.rows[i]
		for _, c := range b.cells[r.cell : r.cell+int32(r.cells)] {
			columns[c.key].append(uint32(at), c.value)
		}
	}
	for key, c := range columns {
		if len(c.at) > 0 {
			c.key = b.keys.word(uint32(key))
			c.words = b.renamer.rename(c.ids, b.values[key].words)
			s.props = append(s.props, c)
		}
	}
	slices.SortFunc(s.props, func(x, y propColumn) int { return cmp.Compare(x.key, y.key) })
}

// append adds a hit that has the property. Of a key that a hit has twice the first counts.
func (p *propColumn) append(at, id uint32) {
	if n := len(p.at); n == 0 || p.at[n-1] != at {
		p.at, p.ids = append(p.at, at), append(p.ids, id)
	}
}

// find returns the value of the property of a hit.
func (p *propColumn) find(hit int) (string, bool) {
	i, has := slices.BinarySearch(p.at, uint32(hit))
	if !has {
		return "", false
	}
	return p.words[p.ids[i]], true
}

package sketch

import "slices"

// pour counts in the rest what is cut of each part.
func (m *merger) pour() error {
	if m.rest == nil {
		return nil
	}
	for i, p := range m.parts {
		x := p.at()
		spans := m.left[i]
		if from := m.prefix(i); from < x.Hits() {
			spans = append(spans, span{from, x.Hits(), -1})
		}
		if len(spans) == 0 {
			continue
		}
		cut := pourer{part: p, spans: spans, rest: m.rest}
		if err := cut.pour(); err != nil {
			return err
		}
		cut.visitors(m.taken[i], &m.out.index)
	}
	for _, t := range m.rest.tables() {
		t.settle()
	}
	return nil
}

// pourer counts some hits of a part in a rest.
type pourer struct {
	part  part
	spans []span
	rest  *Rest
	kinds []uint8 // of each hit of the part
	room  room
	ids   []uint32 // room for a value of each hit
	raw   []uint64
}

// visitors counts those that are dropped whole, from the first on, and of those that are kept remembers what they did in the hits that are cut. Who has done nothing
// but engage with a page that was opened before is no visitor of any number.
func (p *pourer) visitors(first int, out *index) {
	x := p.part.at()
	for v := first; v < x.Visitors(); v++ {
		if from, to := x.Range(v); x.acted[v] || p.acts(from, to) {
			p.rest.Visitors.Add(x.hashes[v])
		}
	}
	for _, s := range p.spans {
		if s.visitor >= 0 && p.acts(s.from, s.to) {
			out.acted[s.visitor] = true
		}
	}
}

func (p *pourer) acts(from, to int) bool {
	return slices.ContainsFunc(p.kinds[from:to], func(kind uint8) bool { return kind != none })
}

// The kinds of hits, by what tables count of them.
const (
	none = iota // engagement, and hits that are not cut
	event
	view
)

func (p *pourer) pour() error {
	n := p.part.at().Hits()
	p.kinds = make([]uint8, n)
	for _, step := range []func() error{p.names, p.pages, p.props, p.revenue, p.engaged, p.vitals} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// text returns a text of every hit.
func (p *pourer) text(f Field) ([]string, error) {
	ids, words, err := p.part.textOf(f, p.part.at().Visitors(), &p.room)
	if err != nil {
		return nil, err
	}
	p.ids = spread(ids, p.part.at(), p.ids)
	if len(words) == 0 {
		words = []string{""}
	}
	return words, nil
}

// numbersOf returns numbers of every hit, nil if there are none.
func (p *pourer) numbersOf(n number) ([]uint64, error) {
	raw, err := p.part.rawOf(n, p.part.at().Visitors(), &p.room)
	if err != nil || raw.v == nil {
		return nil, err
	}
	p.raw = spread(raw, p.part.at(), p.raw)
	return p.raw, nil
}

// spread returns a value of each hit. It may use the memory of out.
func spread[T unsigned](from values[T], x *index, out []T) []T {
	out = sized(&out, x.Hits())
	switch {
	case from.v == nil:
		clear(out)
	case !from.perVisitor:
		copy(out, from.v)
	default:
		for v, value := range from.v {
			first, end := x.Range(v)
			for i := first; i < end; i++ {
				out[i] = value
			}
		}
	}
	return out
}

// names counts the names, and finds out what kind each hit is.
func (p *pourer) names() error {
	words, err := p.text(Name)
	if err != nil {
		return err
	}
	kinds := make([]uint8, len(words))
	for w, word := range words {
		kinds[w] = event
		switch word {
		case pageview:
			kinds[w] = view
		case engagement:
			kinds[w] = none
		}
	}
	for _, s := range p.spans {
		p.rest.Hits += uint64(s.to - s.from)
		for i := s.from; i < s.to; i++ {
			p.kinds[i] = kinds[p.ids[i]]
			p.rest.Events += uint64(min(p.kinds[i], 1))
			p.rest.Pageviews += uint64(p.kinds[i] / view)
		}
	}
	p.count(p.rest.Names, words)
	return nil
}

// count counts a text of the cut hits in a table. Absent texts are in none.
func (p *pourer) count(t *TopK, words []string) {
	counts := make([]Counts, len(words))
	for _, s := range p.spans {
		for i := s.from; i < s.to; i++ {
			counts[p.ids[i]].add(p.kinds[i])
		}
	}
	for w, c := range counts {
		if w > 0 && c.Events > 0 {
			t.Add(words[w], c.Events, c.Pageviews)
		}
	}
}

func (p *pourer) pages() error {
	for f, table := range map[Field]*TopK{Page: p.rest.Pages, Hostname: p.rest.Hostnames} {
		words, err := p.text(f)
		if err != nil {
			return err
		}
		p.count(table, words)
	}
	return nil
}

func (p *pourer) props() error {
	for _, key := range p.part.PropKeys() {
		c, err := p.part.propOf(key, p.part.at().Hits())
		if err != nil {
			return err
		}
		counts := make([]Counts, len(c.words))
		for i, at := range c.at {
			counts[c.ids[i]].add(p.kinds[at])
		}
		for w, n := range counts {
			if n.Events > 0 {
				p.rest.props.Add(joinProp(key, c.words[w]), n.Events, n.Pageviews)
			}
		}
	}
	return nil
}

func (c *Counts) add(kind uint8) {
	c.Events += uint64(min(kind, 1))
	c.Pageviews += uint64(kind / view)
}

func (p *pourer) revenue() error {
	micros, err := p.numbersOf(revenueNumber)
	if err != nil || micros == nil {
		return err
	}
	words, err := p.text(Currency)
	if err != nil {
		return err
	}
	sums := make([]Money, len(words))
	p.each(micros, func(i int, x uint64) {
		sums[p.ids[i]].Micros += unzigzag(x)
		sums[p.ids[i]].N++
	})
	for w, sum := range sums {
		if sum.N > 0 {
			p.rest.earn(words[w], sum)
		}
	}
	return nil
}

// each calls f for the numbers of the cut hits that are not zero.
func (p *pourer) each(numbers []uint64, f func(i int, x uint64)) {
	if numbers == nil {
		return
	}
	for _, s := range p.spans {
		for i := s.from; i < s.to; i++ {
			if numbers[i] != 0 {
				f(i, numbers[i])
			}
		}
	}
}

func (p *pourer) engaged() error {
	ms, err := p.numbersOf(engagedNumber)
	p.each(ms, func(_ int, x uint64) { p.rest.EngagedMS += unzigzag(x) })
	return err
}

func (p *pourer) vitals() error {
	for v, q := range p.rest.Vitals {
		bins, err := p.numbersOf(firstVital + number(v))
		if err != nil {
			return err
		}
		p.each(bins, func(_ int, bin uint64) { q.AddBin(int32(bin), 1) })
	}
	return nil
}

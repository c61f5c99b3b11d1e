package sketch

import (
	"cmp"
	"maps"
	"slices"
)

// fillTexts fills the columns of texts, one after the other.
func (m *merger) fillTexts() error {
	for f := range NumFields {
		if m.needs != nil && !m.needs.Fields[f] {
			continue
		}
		if err := m.fillText(f); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) fillText(f Field) error {
	var out []uint32
	for p := range m.parts {
		ids, words, err := m.parts[p].textOf(f, m.taken[p], &m.room)
		if err != nil {
			return err
		}
		if len(words) <= 1 {
			continue
		}
		if out == nil {
			out = make([]uint32, m.out.Hits())
		}
		m.numbers = m.words.translate(words, m.numbers[:0])
		scatterWords(out, ids, m.numbers, m.runs[p])
	}
	m.out.texts[f] = Column{out, m.words.take()}
	if out == nil {
		m.out.texts[f].IDs = zeros(&m.blank.ids, m.out.Hits())
	}
	return nil
}

// scatterWords puts a column of a part where its runs say, as the words of the result.
func scatterWords(out []uint32, from values[uint32], numbers []uint32, runs []run) {
	if from.perVisitor {
		for _, r := range runs {
			x, to := numbers[from.v[r.visitor]], out[r.dst:][:r.n]
			for i := range to {
				to[i] = x
			}
		}
		return
	}
	for _, r := range runs {
		src, to := from.v[r.src:][:r.n], out[r.dst:][:r.n]
		for i := range to { // mostly one or two
			to[i] = numbers[src[i]]
		}
	}
}

func (m *merger) fillNumbers() error {
	for n := range numNumbers {
		if m.needs != nil && !m.needs.number(n) {
			continue
		}
		if err := m.fillNumber(n); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) fillNumber(n number) error {
	set := false
	for p := range m.parts {
		raw, err := m.parts[p].rawOf(n, m.taken[p], &m.room)
		if err != nil {
			return err
		}
		if raw.v == nil {
			continue
		}
		if !set {
			m.out.makeNumbers(n)
			set = true
		}
		m.out.setRaw(n, raw, m.runs[p])
	}
	if !set {
		m.out.setBlank(n, &m.blank)
	}
	return nil
}

func (m *merger) fillProps() error {
	for _, key := range m.propKeys() {
		if err := m.fillProp(key); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) propKeys() []string {
	if m.needs != nil {
		return slices.Compact(slices.Sorted(slices.Values(m.needs.Props)))
	}
	keys := make(map[string]struct{})
	for _, p := range m.parts {
		for _, k := range p.PropKeys() {
			keys[k] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// found is a property of a hit of the result.
type found struct{ at, id uint32 }

func (m *merger) fillProp(key string) error {
	var all []found
	for p := range m.parts {
		column, err := m.parts[p].propOf(key, m.prefix(p))
		if err != nil {
			return err
		}
		if column != nil {
			all = m.move(all, p, column)
		}
	}
	words := m.words.take()
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	column := propColumn{key: key, words: words}
	for _, f := range all {
		column.append(f.at, f.id)
	}
	m.out.props = append(m.out.props, column)
	return nil
}

// move appends where the hits of a part that have a property stand in the result.
func (m *merger) move(all []found, part int, column *propColumn) []found {
	m.numbers = m.words.translate(column.words, m.numbers[:0])
	i := 0
	for _, r := range m.runs[part] {
		for i < len(column.at) && column.at[i] < r.src {
			i++ // of hits that are left out
		}
		for ; i < len(column.at) && column.at[i] < r.src+r.n; i++ {
			all = append(all, found{column.at[i] - r.src + r.dst, m.numbers[column.ids[i]]})
		}
	}
	return all
}

package sketch

// maxProjected is how many hits of one visitor a query sees, the first ones. Only a visitor that reached MaxHits in several parts has so many.
const maxProjected = 16 * MaxHits

// Needs says which columns a query looks at. Times are always there.
type Needs struct {
	Fields     [NumFields]bool
	Props      []string // keys
	Revenue    bool
	Engaged    bool
	Scroll     bool
	Persistent bool
	Vitals     [NumVitals]bool
}

func (n *Needs) number(x number) bool {
	switch x {
	case revenueNumber:
		return n.Revenue
	case engagedNumber:
		return n.Engaged
	case scrollNumber:
		return n.Scroll
	case persistentNumber:
		return n.Persistent
	default:
		return n.Vitals[x-firstVital]
	}
}

// Project merges samples for a query: the visitors of all of them, cut to K again, with the columns that are needed. Nothing is read of visitors above
// the common threshold. The sample may share memory with the parts.
func Project(needs Needs, parts []*Packed) (*Sample, error) {
	m := merger{limits: limits{K, maxProjected, MaxSampleHits}, needs: &needs}
	return m.of(parts)
}

// Merge merges samples and rests for a roll-up: the sample has every column, and what no longer fits into it is poured into the rest. So each hit is
// in exactly one of the two. Neither the order nor the nesting of merges shows in the result, but for tables of a
// rest that have outgrown their size. The sample may share memory with the parts; the rests are not changed.
func Merge(parts []*Packed, rests []*Rest) (*Sample, *Rest, error) {
	return mergeWithin(stored, parts, rests)
}

func mergeWithin(l limits, parts []*Packed, rests []*Rest) (*Sample, *Rest, error) {
	m := merger{limits: l, rest: NewRest()}
	for _, r := range rests {
		m.rest.Merge(r)
	}
	s, err := m.of(parts)
	return s, m.rest, err
}

// Thin pours all of a sample into a rest. What is left of the sample is that it once held somebody: its fraction is 0.
func (p *Packed) Thin() (*Sample, *Rest, error) {
	m := merger{rest: NewRest(), parts: []part{p}}
	s, err := m.merge()
	return s, m.rest, err
}

// merger merges parts: it finds the visitors, puts the hits of each in order, and then fills one column after the other.
type merger struct {
	limits // where they are zero, nobody is kept
	parts  []part
	needs  *Needs // nil is everything
	rest   *Rest  // takes what is cut; nil where nobody asks for it

	index   []*index  // of each part
	members []chosen  // the visitors: each in one or several parts
	groups  []uint32  // where the members of each visitor begin
	taken   []int     // how many visitors of each part are below the threshold
	times   [][]int64 // of the hits of these
	runs    [][]run   // where they go, by part
	left    [][]span  // hits of these visitors that are left out, by part
	whole   []*Sample // parts with all columns, where they had to be compared
	out     *Sample
	room    room
	words   dictionary // of the column that is being filled
	numbers []uint32   // what the words of a part are in it
	blank   blanks
}

// member is a visitor in a part.
type member struct{ part, visitor uint32 }

// chosen is a member of a visitor of the result, with its hits: they are looked for in many parts, and once is enough.
type chosen struct {
	member
	from, to uint32
}

// run says that n hits of a visitor of a part, from src on, stand at dst of the result. The runs of a part are in order of both.
type run struct{ visitor, src, dst, n uint32 }

// span is a range of hits of a part, which are those of a visitor of the result or, where that is -1, of any that are not in it.
type span struct{ from, to, visitor int }

func (m *merger) of(parts []*Packed) (*Sample, error) {
	for _, p := range parts {
		m.parts = append(m.parts, p)
	}
	return m.merge()
}

func (m *merger) merge() (*Sample, error) {
	m.out = &Sample{}
	m.choose()
	for _, step := range []func() error{m.readTimes, m.arrange, m.fillTexts, m.fillNumbers, m.fillProps, m.pour} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return m.out, nil
}

// prefix returns how many hits the visitors of a part have that are below the threshold.
func (m *merger) prefix(part int) int { return int(m.index[part].starts[m.taken[part]]) }

func (m *merger) readTimes() error {
	m.times = make([][]int64, len(m.parts))
	for p := range m.parts {
		m.times[p] = make([]int64, m.prefix(p))
		if err := m.parts[p].timesOf(m.taken[p], m.times[p], &m.room); err != nil {
			return err
		}
	}
	return nil
}

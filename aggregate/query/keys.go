package query

import "slices"

// axis gives a hit of a visit its id in one dimension.
type axis struct {
	dimension Dimension
	kind      kind
	column    column // of one that is no time and no goal
	clock     *clock // of time
	goals     *goalTable
}

func newAxis(d Dimension, h *hits, goals *goalTable, rules Rules) axis {
	a := axis{dimension: d, kind: d.place().kind}
	switch a.kind {
	case ofTime:
		a.clock = newClock(d, rules.Zone)
	case ofGoal:
		a.goals = goals
	default:
		a.column = h.shown(d)
	}
	return a
}

// spot is where a key is asked for: a hit of a visit, the time that its bucket is of, one of the goals that it meets.
type spot struct {
	visit *visit
	hit   int
	time  int64
	goal  uint32
	// entered puts the entry page of the visit in the place of the page of the hit.
	entered bool
}

func (a *axis) id(s *spot) uint32 {
	hit := s.hit
	switch {
	case a.kind == ofTime:
		return a.clock.bucket(s.time)
	case a.kind == ofGoal:
		return s.goal
	case s.entered && a.dimension == EventPage:
		hit = s.visit.first
	case a.kind != ofHit:
		hit = s.visit.at(a.kind, hit)
	}
	if hit < 0 {
		return 0
	}
	return a.column.ids[hit]
}

func (a *axis) key(id uint32) Key {
	switch {
	case a.kind == ofTime:
		return a.clock.key(id)
	case a.kind == ofGoal:
		return Key{Text: a.goals.names[id]}
	case id == 0:
		return Key{Text: a.dimension.Absent()}
	}
	return Key{Text: a.column.words[id]}
}

// grid numbers the rows of a question by their ids in each dimension, in the order in which they are met.
type grid struct {
	axes []axis
	// With one axis, the row of each of its ids, plus one; zero is none yet. With more, a pairing for each axis after the first.
	rowOf    []int32
	ids      []uint32 // of each row, with one axis
	pairings []pairing
	goal     int // the axis of goals, -1 without
	goals    *goalTable
	met      []uint32
	rows     []int32
	// byHit says that hits of a visit can be in different rows even at the same time, and byPage that only their pages make it so. With
	// neither, nor a time, the rows of a visit are found once: those of visit number last.
	byHit, byPage, byTime bool
	last                  int32
}

func newGrid(dimensions []Dimension, h *hits, goals *goalTable, rules Rules) *grid {
	g := &grid{goal: slices.Index(dimensions, EventGoal), goals: goals}
	for _, d := range dimensions {
		a := newAxis(d, h, goals, rules)
		g.axes = append(g.axes, a)
		g.byPage = g.byPage || d == EventPage
		g.byHit = g.byHit || a.kind == ofGoal || a.kind == ofHit && d != EventPage
		g.byTime = g.byTime || a.kind == ofTime
	}
	g.byHit, g.byPage = g.byHit || g.byPage, g.byPage && !g.byHit
	for range max(0, len(g.axes)-1) {
		g.pairings = append(g.pairings, pairing{known: make(map[pair]uint32)})
	}
	return g
}

// find returns the rows of a spot: one, or with a dimension of goals as many as the hit meets. They are good until the next call.
func (g *grid) find(s *spot) []int32 {
	if g.last == s.visit.number && !g.byHit && !g.byTime {
		return g.rows
	}
	g.last = s.visit.number
	g.rows = g.rows[:0]
	if g.goal < 0 {
		g.rows = append(g.rows, g.row(s))
		return g.rows
	}
	g.met = g.goals.of(s.hit, g.met[:0])
	for _, s.goal = range g.met {
		g.rows = append(g.rows, g.row(s))
	}
	return g.rows
}

func (g *grid) row(s *spot) int32 {
	if len(g.axes) == 0 {
		return 0
	}
	id := g.axes[0].id(s)
	if len(g.axes) == 1 {
		return g.rowOfID(id)
	}
	for i := range g.pairings {
		id = g.pairings[i].number(pair{id, g.axes[i+1].id(s)})
	}
	return int32(id)
}

func (g *grid) rowOfID(id uint32) int32 {
	if int(id) >= len(g.rowOf) {
		g.rowOf = append(g.rowOf, make([]int32, int(id)+1-len(g.rowOf))...)
	}
	if g.rowOf[id] == 0 {
		g.ids = append(g.ids, id)
		g.rowOf[id] = int32(len(g.ids))
	}
	return g.rowOf[id] - 1
}

// len is the number of rows that were met.
func (g *grid) len() int {
	switch len(g.axes) {
	case 0:
		return 1
	case 1:
		return len(g.ids)
	}
	return len(g.pairings[len(g.pairings)-1].pairs)
}

// idsOf returns the ids of a row in each dimension.
func (g *grid) idsOf(row int, ids []uint32) []uint32 {
	if len(g.axes) == 0 {
		return ids[:0]
	}
	ids = append(ids[:0], make([]uint32, len(g.axes))...)
	if len(g.axes) == 1 {
		ids[0] = g.ids[row]
		return ids
	}
	id := uint32(row)
	for i := len(g.pairings) - 1; i >= 0; i-- {
		p := g.pairings[i].pairs[id]
		id, ids[i+1] = p[0], p[1]
	}
	ids[0] = id
	return ids
}

func (g *grid) keys(row int, keys []Key) {
	for i, id := range g.idsOf(row, nil) {
		keys[i] = g.axes[i].key(id)
	}
}

// pair is the number of what comes before in the axes, and the id in the next one.
type pair [2]uint32

// pairing numbers pairs.
type pairing struct {
	known map[pair]uint32
	pairs []pair
	last  uint32 // hits that follow each other often are alike
}

func (p *pairing) number(x pair) uint32 {
	if int(p.last) < len(p.pairs) && p.pairs[p.last] == x {
		return p.last
	}
	n, ok := p.known[x]
	if !ok {
		n = uint32(len(p.pairs))
		p.known[x] = n
		p.pairs = append(p.pairs, x)
	}
	p.last = n
	return n
}

package sketch

// Column is a text of every hit: an index into its words. Word 0 is "", which says that the hit has no such text.
type Column struct {
	IDs   []uint32
	Words []string
}

// Word returns the text of a hit.
func (c Column) Word(hit int) string { return c.Words[c.IDs[hit]] }

// Sample holds whole visitors with all their hits: those whose hash is below a threshold. While there are at most K visitors with MaxSampleHits
// hits, the threshold is the end of the hash space, and the sample is the whole population: all that is computed from it is exact. Above that it
// is a uniform sample of visitors (bottom-k by hash; E. Cohen and H. Kaplan, "Summarizing Data using Bottom-k Sketches", PODC 2007). A
// sum X = Σ y over its visitors, scaled by 1/p with p = Fraction, estimates that of all visitors with the variance (1−p)/p² · Σ y².
//
// Visitors stand in order of their hash, the hits of each in the order of [Hit.Compare], and every column has a value for each hit. A sample
// never changes.
type Sample struct {
	index
	times      []int64
	texts      [NumFields]Column
	props      []propColumn // in order of their keys
	revenue    []int64
	engaged    []int64
	scroll     []uint8
	vitals     [NumVitals][]int32
	persistent []bool
}

// index says which visitors there are and which hits are theirs.
type index struct {
	threshold uint64
	hashes    []uint64
	starts    []uint32 // of the hits of each visitor, and at the end their number
	more      []bool   // whether hits of the visitor were left out
	acted     []bool   // whether one of these was no engagement
}

// propColumn holds a property of the hits that have it.
type propColumn struct {
	key   string
	at    []uint32 // the hits, ascending
	ids   []uint32 // their words
	words []string
}

// Complete reports whether the sample holds every hit of every visitor.
func (s *index) Complete() bool {
	for _, more := range s.more {
		if more {
			return false
		}
	}
	return s.Whole()
}

// Whole reports whether the sample holds every visitor, though perhaps not each of their hits.
func (s *index) Whole() bool { return s.threshold == everything }

// Fraction returns the share of all visitors that the sample holds, 1 when it holds all.
func (s *index) Fraction() float64 {
	if s.Whole() {
		return 1
	}
	return float64(s.threshold) / everything
}

// Visitors returns how many visitors the sample holds.
func (s *index) Visitors() int { return len(s.hashes) }

// Hits returns how many hits the sample holds.
func (s *index) Hits() int { return int(s.starts[len(s.hashes)]) }

// Hash returns the hash of a visitor.
func (s *index) Hash(visitor int) uint64 { return s.hashes[visitor] }

// Range returns which hits are a visitor's: from, and up to but without to. There is at least one.
func (s *index) Range(visitor int) (from, to int) {
	return int(s.starts[visitor]), int(s.starts[visitor+1])
}

// More reports whether hits of a visitor were left out.
func (s *index) More(visitor int) bool { return s.more[visitor] }

// Times returns when the hits were, in Unix milliseconds.
func (s *Sample) Times() []int64 { return s.times }

// Column returns a text of the hits. Like every column that was not asked of [Project] it is nil there.
func (s *Sample) Column(f Field) Column { return s.texts[f] }

// PropKeys returns the keys of the properties that hits have, sorted.
func (s *Sample) PropKeys() []string {
	keys := make([]string, len(s.props))
	for i, p := range s.props {
		keys[i] = p.key
	}
	return keys
}

// Prop returns a property of the hits. It makes a new column: call it once.
func (s *Sample) Prop(key string) Column {
	c := Column{IDs: make([]uint32, s.Hits()), Words: []string{""}}
	if p := s.prop(key); p != nil {
		for i, hit := range p.at {
			c.IDs[hit] = p.ids[i]
		}
		c.Words = p.words
	}
	return c
}

func (s *Sample) prop(key string) *propColumn {
	for i := range s.props {
		if s.props[i].key == key {
			return &s.props[i]
		}
	}
	return nil
}

// Revenue returns the hits' revenue in millionths of the unit of their currency.
func (s *Sample) Revenue() []int64 { return s.revenue }

// Engaged returns the hits' engaged time in milliseconds.
func (s *Sample) Engaged() []int64 { return s.engaged }

// Scroll returns how far the hits' pages were scrolled, in percent; zero where that is not known.
func (s *Sample) Scroll() []uint8 { return s.scroll }

// Vital returns a web vital of the hits as bins, NoBin where there is none.
func (s *Sample) Vital(v int) []int32 { return s.vitals[v] }

// Persistent says of each hit whether its visitor's id was chosen to outlast the visit.
func (s *Sample) Persistent() []bool { return s.persistent }

// Hit returns a hit as it was added. It is slow: for tests, and for the rare hit that must be looked at as a whole. The sample must have all columns.
func (s *Sample) Hit(i int) Hit {
	h := Hit{At: s.times[i], Revenue: s.revenue[i], EngagedMS: s.engaged[i], Scroll: s.scroll[i], Persistent: s.persistent[i]}
	for f := range h.Text {
		h.Text[f] = s.texts[f].Word(i)
	}
	for v := range h.Vitals {
		h.Vitals[v] = s.vitals[v][i]
	}
	for k := range s.props {
		if word, has := s.props[k].find(i); has {
			h.Props = append(h.Props, Prop{s.props[k].key, word})
		}
	}
	return h
}

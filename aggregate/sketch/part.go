package sketch

// part is what is merged: an encoded sample, or one in memory. Its columns are read for a prefix of its visitors. They lie in the
// room, are the caller's to change, and good until the room is used again.
type part interface {
	at() *index
	timesOf(visitors int, out []int64, r *room) error
	textOf(f Field, visitors int, r *room) (ids values[uint32], words []string, err error)
	rawOf(n number, visitors int, r *room) (values[uint64], error)
	propOf(key string, hits int) (*propColumn, error)
	PropKeys() []string
}

// values is a column as it is stored: a value of each hit or, where all hits of every visitor have the same, of each visitor. It is nil where all are
// zero.
type values[T unsigned] struct {
	v          []T
	perVisitor bool
}

// room is memory that is used for one column after the other.
type room struct {
	narrow []uint32
	wide   []uint64
	words  []string
}

func (r *room) ids(n int) []uint32 { return sized(&r.narrow, n) }
func (r *room) raw(n int) []uint64 { return sized(&r.wide, n) }

func sized[T any](room *[]T, n int) []T {
	if cap(*room) < n {
		*room = make([]T, n+n/4)
	}
	return (*room)[:n]
}

func (p *Packed) at() *index { return &p.index }

// PropKeys returns the keys of the properties that hits have, sorted.
func (p *Packed) PropKeys() []string {
	keys := make([]string, len(p.props))
	for i, q := range p.props {
		keys[i] = q.key
	}
	return keys
}

func (s *Sample) at() *index { return &s.index }

func (s *Sample) timesOf(_ int, out []int64, _ *room) error {
	copy(out, s.times)
	return nil
}

func (s *Sample) textOf(f Field, visitors int, r *room) (values[uint32], []string, error) {
	ids := r.ids(int(s.starts[visitors]))
	copy(ids, s.texts[f].IDs)
	return values[uint32]{v: ids}, s.texts[f].Words, nil
}

func (s *Sample) rawOf(n number, visitors int, r *room) (values[uint64], error) {
	out := r.raw(int(s.starts[visitors]))
	if !s.raw(n, out) {
		return values[uint64]{}, nil
	}
	return values[uint64]{v: out}, nil
}

func (s *Sample) propOf(key string, hits int) (*propColumn, error) {
	p := s.prop(key)
	if p == nil {
		return nil, nil
	}
	n := 0
	for n < len(p.at) && int(p.at[n]) < hits {
		n++
	}
	return &propColumn{key: key, at: p.at[:n], ids: p.ids[:n], words: p.words}, nil
}

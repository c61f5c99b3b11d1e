package sketch

import "encoding/binary"

// Packed is an encoded sample that was opened: it knows its visitors and how many hits each has. Its columns are read when they are
// asked for, and only as far. It keeps the bytes that it was opened with, which must not change.
type Packed struct {
	index
	base    int64
	firsts  []byte
	pauses  []byte
	texts   [NumFields][]byte // nil where no hit has such a text
	numbers [numNumbers][]byte
	props   []packedProp // in order of their keys
}

// packedProp is a property of some hits.
type packedProp struct {
	key  string
	n    int // hits that have it
	rest []byte
}

// NewPacked returns a sample of nobody, where there is nobody.
func NewPacked() *Packed { return &Packed{index: index{threshold: everything, starts: []uint32{0}}} }

// Open checks the head and the index of an encoded sample. A fault in a column shows when the column is read.
func Open(b []byte) (*Packed, error) {
	r := reader{b: b}
	r.version("sample", sampleVersion)
	p := &Packed{}
	p.readVisitors(&r)
	p.readTimes(&r)
	p.readColumns(&r)
	p.readProps(&r)
	if r.err != nil {
		return nil, r.err
	}
	if len(r.b) != 0 {
		return nil, ErrCorrupt
	}
	return p, nil
}

// part reads a length, and that many bytes.
func (r *reader) part() []byte {
	n := r.count(1)
	part := r.b[:n:n]
	r.b = r.b[n:]
	return part
}

func (p *Packed) readVisitors(r *reader) {
	p.threshold = r.uint64()
	n := r.count(8)
	p.hashes = make([]uint64, n)
	for v := range p.hashes {
		p.hashes[v] = binary.BigEndian.Uint64(r.b[v*8:])
		if p.hashes[v] >= p.threshold || v > 0 && p.hashes[v] <= p.hashes[v-1] {
			r.fail()
			break
		}
	}
	if r.err == nil {
		r.b = r.b[n*8:]
	}
	counts := make([]uint32, n)
	if err := readInts(r.part(), n, counts); err != nil {
		r.fail()
	}
	p.starts, p.more, p.acted = make([]uint32, n+1), make([]bool, n), make([]bool, n)
	for v, c := range counts {
		p.more[v], p.acted[v] = c&1 != 0, c&2 != 0
		c >>= 2
		p.starts[v+1] = p.starts[v] + c
		if c == 0 || c > MaxSampleHits || p.starts[v+1] > MaxSampleHits {
			r.fail()
			return
		}
	}
}

// readTimes finds the times. Each takes at least a byte, so that the number of hits is bounded by the bytes that are there.
func (p *Packed) readTimes(r *reader) {
	if r.err != nil || p.Hits() == 0 {
		return
	}
	p.base = unzigzag(r.uvarint())
	p.firsts, p.pauses = r.part(), r.part()
	if p.Visitors() > solid(p.firsts) || p.Hits()-p.Visitors() > solid(p.pauses) {
		r.fail()
	}
}

func (p *Packed) readColumns(r *reader) {
	for range r.byte() {
		n := r.byte()
		part := r.part()
		switch {
		case n < byte(NumFields) && p.texts[n] == nil:
			p.texts[n] = part
		case n >= numberSpace && n < numberSpace+byte(numNumbers) && p.numbers[n-numberSpace] == nil:
			p.numbers[n-numberSpace] = part
		default:
			r.fail()
		}
	}
}

func (p *Packed) readProps(r *reader) {
	n, cells := r.count(3), 0
	p.props = make([]packedProp, 0, n)
	for range n {
		q := packedProp{key: r.string()}
		part := reader{b: r.part()}
		q.n = int(min(part.uvarint(), MaxSampleHits+1))
		q.rest = part.b
		cells += q.n
		if part.err != nil || q.n > p.Hits() || cells > MaxProps*p.Hits() || len(p.props) > 0 && q.key <= p.props[len(p.props)-1].key {
			r.fail()
			return
		}
		p.props = append(p.props, q)
	}
}

// Props calls yield for each property that some hit has, with the number of those hits, in order of their keys. It reads no column.
func (p *Packed) Props(yield func(key string, hits int) bool) {
	for _, q := range p.props {
		if !yield(q.key, q.n) {
			return
		}
	}
}

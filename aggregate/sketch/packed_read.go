package sketch

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// timesOf fills out with the times of the hits of the first visitors.
func (p *Packed) timesOf(visitors int, out []int64, r *room) error {
	if len(out) == 0 {
		return nil
	}
	both := r.raw(len(out))
	firsts, pauses := both[:visitors], both[visitors:]
	if err := readInts(p.firsts, p.Visitors(), firsts); err != nil {
		return err
	}
	if err := readInts(p.pauses, p.Hits()-p.Visitors(), pauses); err != nil {
		return err
	}
	for v, first := range firsts {
		from, to := p.Range(v)
		at, ok := later(p.base, first)
		out[from] = at
		for i := from + 1; i < to && ok; i++ {
			at, ok = later(at, pauses[0])
			out[i], pauses = at, pauses[1:]
		}
		if !ok {
			return ErrCorrupt
		}
	}
	return nil
}

// later returns t + pause, and whether there is such a time.
func later(t int64, pause uint64) (int64, bool) {
	return t + int64(pause), pause <= uint64(math.MaxInt64)-uint64(t)
}

// textOf returns a text of the hits of the first visitors.
func (p *Packed) textOf(f Field, visitors int, r *room) (values[uint32], []string, error) {
	if p.texts[f] == nil {
		return values[uint32]{}, nil, nil
	}
	body := reader{b: p.texts[f]}
	words := body.words()
	ids, err := readLevel(p, body.b, visitors, r.ids)
	if err != nil {
		return ids, nil, err
	}
	r.words, err = words.first(ids.v, 0, r.words[:0])
	return ids, r.words, err
}

// rawOf returns numbers of the hits of the first visitors.
func (p *Packed) rawOf(n number, visitors int, r *room) (values[uint64], error) {
	if p.numbers[n] == nil {
		return values[uint64]{}, nil
	}
	raw, err := readLevel(p, p.numbers[n], visitors, r.raw)
	most := n.most()
	for _, x := range raw.v {
		if x > most {
			return raw, ErrCorrupt
		}
	}
	return raw, err
}

// readLevel reads a column of the hits of the first visitors.
func readLevel[T unsigned](p *Packed, b []byte, visitors int, room func(n int) []T) (values[T], error) {
	if len(b) == 0 || b[0] > perVisitor {
		return values[T]{}, ErrCorrupt
	}
	n, prefix := p.Hits(), int(p.starts[visitors])
	if b[0] == perVisitor {
		n, prefix = p.Visitors(), visitors
	}
	out := room(prefix)
	return values[T]{out, b[0] == perVisitor}, readInts(b[1:], n, out)
}

// propOf returns a property of the first hits, nil if none has it.
func (p *Packed) propOf(key string, hits int) (*propColumn, error) {
	i, found := slices.BinarySearchFunc(p.props, key, func(q packedProp, key string) int { return cmp.Compare(q.key, key) })
	if !found {
		return nil, nil
	}
	n := p.props[i].n
	r := reader{b: p.props[i].rest}
	words, gaps := r.words(), r.part()
	at := make([]uint32, n)
	if r.err != nil || readInts(gaps, n, at) != nil {
		return nil, ErrCorrupt
	}
	next, within := uint64(0), 0
	for j, gap := range at {
		next += uint64(gap)
		if next >= uint64(p.Hits()) {
			return nil, ErrCorrupt
		}
		at[j] = uint32(next)
		next++
		if at[j] < uint32(hits) {
			within++
		}
	}
	ids := make([]uint32, within)
	if readInts(r.b, n, ids) != nil {
		return nil, ErrCorrupt
	}
	column := &propColumn{key: key, at: at[:within], ids: ids}
	for j, id := range ids {
		ids[j] = min(id, math.MaxUint32-1) + 1
	}
	var err error
	column.words, err = words.first(ids, 1, nil)
	return column, err
}

// packedWords are the words of a column: how many, and their bytes.
type packedWords struct {
	n     int
	bytes []byte
}

func (r *reader) words() packedWords {
	n := r.uvarint()
	bytes := r.part()
	if n > uint64(len(bytes)) {
		r.fail()
	}
	return packedWords{int(n), bytes}
}

// first appends the words that the ids speak of, after the empty one, which is number 0. An id below least is a fault.
func (w packedWords) first(ids []uint32, least uint32, words []string) ([]string, error) {
	most := uint32(0)
	for _, id := range ids {
		if id < least {
			return nil, ErrCorrupt
		}
		most = max(most, id)
	}
	if uint64(most) > uint64(w.n) {
		return nil, ErrCorrupt
	}
	words = append(slices.Grow(words, int(most)+1), "")
	for b := w.bytes; len(words) <= int(most); {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, ErrCorrupt
		}
		word := b[size:][:n]
		words = append(words, unsafe.String(unsafe.SliceData(word), len(word))) // the bytes do not change
		b = b[size+len(word):]
	}
	return words, nil
}

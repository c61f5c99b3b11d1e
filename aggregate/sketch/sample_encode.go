package sketch

import "encoding/binary"

const sampleVersion = 1

// The level of a column: a value for each hit, or one for each visitor, whose hits all have it.
const (
	perHit = iota
	perVisitor
)

// numberSpace is added to the number of a column of numbers, so that it is told from a text.
const numberSpace = 64

// AppendBinary appends the encoding of the sample, which must have all columns. What was added decides every byte of it, and not the order in
// which it was added or merged. Visitors stand in order of their hash and words in the order in which they
// first appear, so that the part below a lower threshold is a prefix of every list.
func (s *Sample) AppendBinary(b []byte) []byte {
	e := encoder{sample: s, wide: make([]uint64, s.Hits()), narrow: make([]uint32, s.Hits())}
	b = append(b, sampleVersion)
	b = binary.BigEndian.AppendUint64(b, s.threshold)
	b = binary.AppendUvarint(b, uint64(s.Visitors()))
	for _, h := range s.hashes {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	b = e.appendCounts(b)
	b = e.appendTimes(b)
	b = e.appendColumns(b)
	return e.appendProps(b)
}

// encoder holds what is needed to encode a sample: room for a column of each width.
type encoder struct {
	sample  *Sample
	wide    []uint64
	narrow  []uint32
	part    []byte
	renamer renamer
}

// appendPart appends the length of what was put together, and that.
func (e *encoder) appendPart(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(e.part)))
	b = append(b, e.part...)
	e.part = e.part[:0]
	return b
}

// appendCounts appends how many hits each visitor has, times four, and one more where hits were left out, and two more where one of these was no
// engagement.
func (e *encoder) appendCounts(b []byte) []byte {
	counts := e.narrow[:e.sample.Visitors()]
	for v := range counts {
		from, to := e.sample.Range(v)
		counts[v] = uint32(to-from)<<2 | uint32(truth(e.sample.acted[v]))<<1 | uint32(truth(e.sample.more[v]))
	}
	e.part = appendInts(e.part, counts)
	return e.appendPart(b)
}

// appendTimes appends the earliest time, the first time of each visitor as the distance from it, and of all other hits the
// distance from the hit before.
func (e *encoder) appendTimes(b []byte) []byte {
	s := e.sample
	if s.Hits() == 0 {
		return b
	}
	base := s.times[0]
	for v := range s.hashes {
		base = min(base, s.times[s.starts[v]])
	}
	b = binary.AppendUvarint(b, zigzag(base))
	firsts, pauses := e.wide[:0:s.Visitors()], e.wide[s.Visitors():s.Visitors()]
	for v := range s.hashes {
		from, to := s.Range(v)
		firsts = append(firsts, uint64(s.times[from])-uint64(base))
		for i := from + 1; i < to; i++ {
			pauses = append(pauses, uint64(s.times[i])-uint64(s.times[i-1]))
		}
	}
	e.part = appendSolid(e.part, firsts)
	b = e.appendPart(b)
	e.part = appendSolid(e.part, pauses)
	return e.appendPart(b)
}

// appendColumns appends the columns in which anything is: how many they are, and each with its number and its length.
func (e *encoder) appendColumns(b []byte) []byte {
	from := len(b)
	b = append(b, 0)
	for f := range NumFields {
		if c := e.sample.texts[f]; !absent(c.IDs) {
			e.part = e.appendText(e.part, c)
			b = e.appendPart(append(b, byte(f)))
			b[from]++
		}
	}
	for n := range numNumbers {
		if e.sample.raw(n, e.wide) {
			e.part = appendLevel(e, e.part, e.wide)
			b = e.appendPart(append(b, numberSpace+byte(n)))
			b[from]++
		}
	}
	return b
}

// absent reports whether a column holds nothing.
func absent(ids []uint32) bool {
	for _, id := range ids {
		if id != 0 {
			return false
		}
	}
	return true
}

// appendText appends a column of texts: its words, and of each hit or visitor the number of its word.
func (e *encoder) appendText(b []byte, c Column) []byte {
	ids := e.narrow
	copy(ids, c.IDs)
	b = appendWords(b, e.renamer.rename(ids, c.Words)[1:])
	return appendLevel(e, b, ids)
}

// appendWords appends how many words there are, their length in all, and each with its own.
func appendWords(b []byte, words []string) []byte {
	size := 0
	for _, w := range words {
		size += varintSize(uint64(len(w))) + len(w)
	}
	b = binary.AppendUvarint(b, uint64(len(words)))
	b = binary.AppendUvarint(b, uint64(size))
	for _, w := range words {
		b = binary.AppendUvarint(b, uint64(len(w)))
		b = append(b, w...)
	}
	return b
}

// appendLevel appends the level of a column and its values. It may overwrite them.
func appendLevel[T unsigned](e *encoder, b []byte, v []T) []byte {
	s := e.sample
	for i := range s.hashes {
		if from, to := s.Range(i); runLength(v[from:to]) < to-from {
			return appendInts(append(b, perHit), v)
		}
	}
	for i := range s.hashes {
		v[i] = v[s.starts[i]]
	}
	return appendInts(append(b, perVisitor), v[:s.Visitors()])
}

// appendProps appends how many properties there are, and of each its key and length, the number of hits that have it, its words, the distances from one
// of these hits to the next (nothing where all hits have it), and of each the number of its word.
func (e *encoder) appendProps(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(e.sample.props)))
	for _, p := range e.sample.props {
		b = binary.AppendUvarint(b, uint64(len(p.key)))
		b = append(b, p.key...)
		n := len(p.at)
		e.part = binary.AppendUvarint(e.part, uint64(n))
		ids := e.narrow[:n]
		copy(ids, p.ids)
		e.part = appendWords(e.part, e.renamer.rename(ids, p.words)[1:])
		gaps := appendInts(nil, p.gaps())
		e.part = binary.AppendUvarint(e.part, uint64(len(gaps)))
		e.part = append(e.part, gaps...)
		for i := range ids {
			ids[i]-- // it has the property, so it has a word
		}
		e.part = appendInts(e.part, ids)
		b = e.appendPart(b)
	}
	return b
}

// gaps returns how many hits without the property go before each that has it.
func (p *propColumn) gaps() []uint32 {
	gaps := make([]uint32, len(p.at))
	next := uint32(0)
	for i, at := range p.at {
		gaps[i] = at - next
		next = at + 1
	}
	return gaps
}

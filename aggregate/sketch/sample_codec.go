package sketch

import (
	"encoding/binary"
	"maps"
	"slices"
)

const sampleVersion = 1

// AppendBinary appends the encoding of s. It depends on what the sample holds and not on the order in which it came:
//
//	version byte; threshold, 8 bytes
//	dictionary: count, then length and bytes of each string (event names and pages, sorted)
//	visitors: count, then for each in order of hash:
//	    hash, 8 bytes; More; number of hits; for each in order of time: milliseconds since the hit before (the first: since 1970),
//	    index of the name, index of the page
//
// All numbers without a size are varints.
func (s *Sample) AppendBinary(b []byte) []byte {
	s.settle()
	b = append(b, sampleVersion)
	b = binary.BigEndian.AppendUint64(b, s.threshold)
	words := s.words()
	b = binary.AppendUvarint(b, uint64(len(words)))
	index := make(map[string]uint64, len(words))
	for i, w := range words {
		index[w] = uint64(i)
		b = binary.AppendUvarint(b, uint64(len(w)))
		b = append(b, w...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.visitors)))
	for _, hash := range slices.Sorted(maps.Keys(s.visitors)) {
		b = binary.BigEndian.AppendUint64(b, hash)
		b = s.visitors[hash].append(b, index)
	}
	return b
}

func (v *Visits) append(b []byte, index map[string]uint64) []byte {
	v.cut(MaxHits)
	slices.SortFunc(v.Hits, Hit.compare)
	b = binary.AppendUvarint(b, v.More)
	b = binary.AppendUvarint(b, uint64(len(v.Hits)))
	var last int64
	for _, h := range v.Hits {
		b = binary.AppendUvarint(b, uint64(h.At-last))
		b = binary.AppendUvarint(b, index[h.Name])
		b = binary.AppendUvarint(b, index[h.Page])
		last = h.At
	}
	return b
}

func (s *Sample) words() []string {
	seen := make(map[string]struct{})
	for _, v := range s.visitors {
		for _, h := range v.Hits {
			seen[h.Name] = struct{}{}
			seen[h.Page] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// DecodeSample reads what AppendBinary wrote.
func DecodeSample(b []byte) (*Sample, error) {
	r := reader{b: b}
	r.version("sample", sampleVersion)
	s := &Sample{threshold: r.uint64()}
	words := make([]string, r.count(1))
	for i := range words {
		words[i] = r.string()
	}
	n := r.count(10)
	s.visitors = make(map[uint64]*Visits, n)
	for range n {
		hash := r.uint64()
		if hash >= s.threshold {
			r.fail()
		}
		s.visitors[hash] = r.visits(words)
		if r.err != nil {
			return nil, r.err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	if len(s.visitors) != n || len(r.b) != 0 {
		return nil, ErrCorrupt
	}
	return s, nil
}

func (r *reader) visits(words []string) *Visits {
	v := &Visits{More: r.uvarint(), Hits: make([]Hit, r.count(3))}
	var last int64
	for i := range v.Hits {
		last += int64(r.uvarint())
		name, page := r.uvarint(), r.uvarint()
		if name >= uint64(len(words)) || page >= uint64(len(words)) {
			r.fail()
			return v
		}
		v.Hits[i] = Hit{At: last, Name: words[name], Page: words[page]}
	}
	return v
}

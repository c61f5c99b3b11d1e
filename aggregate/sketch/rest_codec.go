package sketch

import (
	"encoding/binary"
	"maps"
	"slices"
)

const restVersion = 1

// AppendBinary appends the encoding of the rest: the version byte, and if anything was counted the numbers, the revenue by currency, and
// the summaries, each with its length.
func (r *Rest) AppendBinary(b []byte) []byte {
	b = append(b, restVersion)
	if r.Empty() {
		return b
	}
	for _, n := range [...]uint64{r.Hits, r.Events, r.Pageviews, zigzag(r.EngagedMS), uint64(len(r.Revenue))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, currency := range slices.Sorted(maps.Keys(r.Revenue)) {
		b = binary.AppendUvarint(b, uint64(len(currency)))
		b = append(b, currency...)
		b = binary.AppendUvarint(b, zigzag(r.Revenue[currency].Micros))
		b = binary.AppendUvarint(b, r.Revenue[currency].N)
	}
	for _, s := range r.summaries() {
		part := s.AppendBinary(nil)
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

func (r *Rest) summaries() []interface{ AppendBinary([]byte) []byte } {
	all := []interface{ AppendBinary([]byte) []byte }{r.Names, r.Pages, r.Hostnames, r.props, r.Visitors}
	for _, v := range r.Vitals {
		all = append(all, v)
	}
	return all
}

// DecodeRest reads what AppendBinary wrote.
func DecodeRest(b []byte) (*Rest, error) {
	d := reader{b: b}
	d.version("rest", restVersion)
	r := NewRest()
	if d.err != nil || len(d.b) == 0 {
		return r, d.err
	}
	r.Hits, r.Events, r.Pageviews, r.EngagedMS = d.uvarint(), d.uvarint(), d.uvarint(), unzigzag(d.uvarint())
	for range d.count(3) {
		r.earn(d.string(), Money{unzigzag(d.uvarint()), d.uvarint()})
	}
	for _, t := range []**TopK{&r.Names, &r.Pages, &r.Hostnames, &r.props} {
		size := (*t).size
		if *t = decoded(&d, DecodeTopK); d.err == nil && (*t).size != size {
			d.fail()
		}
	}
	r.Visitors = decoded(&d, DecodeHLL)
	for v := range r.Vitals {
		r.Vitals[v] = decoded(&d, DecodeQuantiles)
	}
	if d.err != nil {
		return nil, d.err
	}
	if len(d.b) != 0 || r.Empty() {
		return nil, ErrCorrupt
	}
	return r, nil
}

// decoded reads a summary with its length.
func decoded[T any](d *reader, decode func([]byte) (*T, error)) *T {
	part := d.part()
	if d.err != nil {
		return nil
	}
	s, err := decode(part)
	d.err = err
	return s
}

package sketch

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// someHits are hits with everything that a hit can have.
func someHits(seed uint64, n int) (all []seen) {
	c := newCrowd(seed)
	c.hits(n, c.people(n/2+1), benchStart, 10_000, func(v uint64, h *Hit) {
		own := *h
		own.Props = append([]Prop(nil), h.Props...)
		all = append(all, seen{v, own})
	})
	return all
}

// spent returns how many bytes of memory f takes.
func spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a decoder may take for bytes, whatever they say: so much for each of them, and a constant. A byte of a sample can be a hit, which
// has 36 columns and MaxProps properties in memory.
const (
	bytesPerByte    = 64
	bytesPerHitByte = 4096
	bytesAtLeast    = 1 << 21
)

func FuzzOpen(f *testing.F) {
	for _, n := range []int{0, 1, 2, 40} {
		s, _ := built(stored, someHits(uint64(n), n)...)
		f.Add(s.AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p *Packed
		var err error
		if n := spent(func() { p, err = Open(b) }); n > uint64(len(b))*bytesPerByte+bytesAtLeast {
			t.Fatalf("opening %d bytes took %d", len(b), n)
		}
		if err != nil {
			return
		}
		if n := spent(func() { checkOpened(t, p) }); n > uint64(len(b))*bytesPerHitByte*4+bytesAtLeast*4 {
			t.Fatalf("reading %d bytes took %d", len(b), n)
		}
	})
}

// checkOpened merges, encodes and thins what was opened. Columns may be corrupt, but what was read once is written soundly.
func checkOpened(t *testing.T, p *Packed) {
	other, _ := built(stored, someHits(9, 5)...)
	o, err := Open(other.AppendBinary(nil))
	if err != nil {
		t.Fatal(err)
	}
	if acting, err := p.Acting(nil); err == nil && len(acting) > p.Visitors() {
		t.Fatalf("%d of %d visitors act", len(acting), p.Visitors())
	}
	s, rest, err := Merge([]*Packed{p, o, p}, nil)
	if err != nil {
		return
	}
	if _, err := DecodeRest(rest.AppendBinary(nil)); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.AppendBinary(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Project(Needs{Props: again.PropKeys()}, []*Packed{again}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := again.Thin(); err != nil {
		t.Fatal(err)
	}
}

// fuzzDecode fuzzes a decoder: what it takes it must write so that it is read as the same.
func fuzzDecode[T interface{ AppendBinary([]byte) []byte }](f *testing.F, decode func([]byte) (T, error)) {
	f.Fuzz(func(t *testing.T, b []byte) {
		var v T
		var err error
		if n := spent(func() { v, err = decode(b) }); n > uint64(len(b))*bytesPerByte+bytesAtLeast {
			t.Fatalf("decoding %d bytes took %d", len(b), n)
		}
		if err != nil {
			return
		}
		first := v.AppendBinary(nil)
		again, err := decode(first)
		if err != nil || !bytes.Equal(again.AppendBinary(nil), first) {
			t.Fatalf("%x: %v", first, err)
		}
	})
}

func someRest() *Rest {
	_, r := built(few, someHits(3, 40)...)
	return r
}

func FuzzDecodeRest(f *testing.F) {
	f.Add(someRest().AppendBinary(nil))
	f.Add(NewRest().AppendBinary(nil))
	fuzzDecode(f, DecodeRest)
}

func FuzzDecodeTopK(f *testing.F) {
	f.Add(someRest().Pages.AppendBinary(nil))
	f.Add(tableOf(1, counted{"a", 1, 1}, counted{"b", 2, 0}).AppendBinary(nil))
	fuzzDecode(f, DecodeTopK)
}

func FuzzDecodeHLL(f *testing.F) {
	f.Add(hllOf(1, 2, 3).AppendBinary(nil))
	f.Add((&HLL{}).AppendBinary(nil))
	fuzzDecode(f, DecodeHLL)
}

func FuzzDecodeQuantiles(f *testing.F) {
	f.Add(someRest().Vitals[LCP].AppendBinary(nil))
	f.Add((&Quantiles{}).AppendBinary(nil))
	fuzzDecode(f, DecodeQuantiles)
}

// decoders are all decoders, each with something that it reads.
func decoders() map[string]struct {
	good   []byte
	decode func([]byte) error
} {
	type decoder = struct {
		good   []byte
		decode func([]byte) error
	}
	s, _ := built(stored, someHits(1, 30)...)
	q := &Quantiles{}
	q.AddBin(700, 3)
	return map[string]decoder{
		"sample":            {s.AppendBinary(nil), func(b []byte) error { _, err := Open(b); return err }},
		"rest":              {someRest().AppendBinary(nil), func(b []byte) error { _, err := DecodeRest(b); return err }},
		"table":             {someRest().Names.AppendBinary(nil), func(b []byte) error { _, err := DecodeTopK(b); return err }},
		"distinct visitors": {hllOf(1).AppendBinary(nil), func(b []byte) error { _, err := DecodeHLL(b); return err }},
		"quantiles":         {q.AppendBinary(nil), func(b []byte) error { _, err := DecodeQuantiles(b); return err }},
	}
}

func TestDecodersRefuseWhatNobodyWrote(t *testing.T) {
	for name, d := range decoders() {
		if err := d.decode(d.good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		newer := bytes.Clone(d.good)
		newer[0] = 9
		if err := d.decode(newer); err == nil || !strings.Contains(err.Error(), name+" has version 9, this program reads up to 1") {
			t.Errorf("%s of a newer version: %v", name, err)
		}
		if err := d.decode(nil); err == nil {
			t.Errorf("%s: nothing was decoded", name)
		}
		if name == "sample" || name == "rest" || name == "table" {
			if err := d.decode(append(bytes.Clone(d.good), 0)); err == nil {
				t.Errorf("%s: a longer one was decoded", name)
			}
			for i := range d.good {
				if err := d.decode(d.good[:i]); err == nil && i > 1 {
					t.Errorf("%s: cut at %d of %d it was decoded", name, i, len(d.good))
				}
			}
		}
	}
}

// Bytes of a sample that were changed are refused, or mean something else, but never more than they are.
func TestDamagedSamplesAreHarmless(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		s, _ := built(stored, someHits(seed%7, 30)...)
		b := s.AppendBinary(nil)
		for range 1 + r.IntN(3) {
			b[1+r.IntN(len(b)-1)] = byte(r.Uint32())
		}
		if p, err := Open(b); err == nil {
			checkOpened(t, p)
		}
	}
}

// Few bytes that promise many hits must not make a decoder reserve room for them.
func TestPromisesReserveLittle(t *testing.T) {
	head := append(binary.BigEndian.AppendUint64([]byte{sampleVersion}, everything), 1, 0, 0, 0, 0, 0, 0, 0, 5)
	promise := append(bytes.Clone(head), 4, constant)
	promise = binary.AppendUvarint(promise, MaxSampleHits<<2)
	promise = append(promise, 0, 2, varints, 0, 2, constant, 0, 0, 0)
	honest := append(bytes.Clone(head), 2, constant, 4, 0, 2, varints, 0, 1, varints, 0, 0)
	if _, err := Open(honest); err != nil {
		t.Fatalf("one visitor with one hit: %v", err)
	}
	for name, b := range map[string][]byte{"hits": promise, "visitors": binary.AppendUvarint(head[:9:9], 1<<40)} {
		var err error
		if n := spent(func() { _, err = Open(b) }); err == nil || n > 1<<16 {
			t.Errorf("%s: %v, %d bytes were taken", name, err, n)
		}
	}
}

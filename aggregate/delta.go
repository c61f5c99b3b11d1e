package aggregate

import (
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/store"
)

// tagged is the tag of a copy's position, with the outcome of the copy.
type tagged struct {
	tag     uint32
	outcome Outcome
}

// delta is what one commit adds to a log.
type delta struct {
	ids    []uint64 // hashes of the ids of the events that it counts
	guards []uint64 // hashes of ids that belong here by their own time and are counted elsewhere; see place.go
	holds  []uint64 // hashes of ids that an import counts, in a generation of its own; see hold.go
	holder uint32   // that generation
	tags   []tagged // of every copy that has its outcome here
	// origins are the deltas that it stands for; see edition.go.
	origins []origin
	made    sealed   // of one in the making
	sum     *Summary // of one that was read
}

// bodyVersion is that of what encode writes. Who does not know its fields must not pass over them: ids would be counted again.
const bodyVersion = 3

// encode writes the delta. The body holds 2 guards (8 bytes each, big endian), 3 tags (4 bytes and the outcome's), 4 the summary, 5 holds (8 bytes each), 6 their generation,
// 8 the deltas that it stands for, which the head says too, 9 ids, and 10 tags of copies that are counted: nearly all are. These two are sorted and packed (sorted.go).
// Version 2 had 1 ids (8 bytes each) and 7 tags of copies that are counted (4 bytes each).
func (d *delta) encode() store.Delta {
	body := []byte{bodyVersion}
	body = appendBytes(body, 2, packHashes(d.guards))
	counted, others := packTags(d.tags)
	body = appendBytes(body, 3, others)
	body = appendBytes(body, 4, d.made.appendTo(nil))
	body = appendBytes(body, 5, packHashes(d.holds))
	body = appendUint(body, 6, uint64(d.holder))
	body = appendOrigins(body, 8, d.origins)
	body = appendBytes(body, 9, packSorted(d.ids, 64))
	body = appendBytes(body, 10, packSorted(counted, 32))
	h := headOf(&d.made)
	h.origins = d.origins
	return store.Delta{Head: h.encode(), Body: body}
}

// bodyFields takes the version off a body. Both that there are have the same fields, as far as they have them.
func bodyFields(b []byte) ([]byte, error) {
	if len(b) > 0 && b[0] == wireVersion {
		return b[1:], nil
	}
	return versionedAs("delta body", b, bodyVersion)
}

// decodeDelta reads a body. Without the summary it is cheaper, and enough to know what was counted.
func decodeDelta(b []byte, withSummary bool) (*delta, error) {
	b, err := bodyFields(b)
	if err != nil {
		return nil, err
	}
	d := &delta{}
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch {
		case num == 1:
			d.ids, err = unpackHashes(bytes)
		case num == 2:
			d.guards, err = unpackHashes(bytes)
		case num == 3:
			err = d.unpackTags(bytes)
		case num == 4 && withSummary:
			d.sum, err = readSummary(bytes)
		case num == 5:
			d.holds, err = unpackHashes(bytes)
		case num == 6:
			d.holder = uint32(v)
		case num == 7:
			err = d.unpackCounted(bytes)
		case num == 8:
			var o origin
			o, err = readOrigin(bytes)
			d.origins = append(d.origins, o)
		case num == 9:
			d.ids, err = unpackSorted(bytes, 64)
		case num == 10:
			err = d.unpackSortedTags(bytes)
		}
		return err
	})
	if err == nil && withSummary && d.sum == nil {
		d.sum, err = readSummary(nil)
	}
	return d, err
}

func packHashes(hashes []uint64) []byte {
	b := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}

func unpackHashes(b []byte) ([]uint64, error) {
	if len(b)%8 != 0 {
		return nil, ErrCorrupt
	}
	hashes := make([]uint64, 0, len(b)/8)
	for ; len(b) > 0; b = b[8:] {
		hashes = append(hashes, binary.BigEndian.Uint64(b))
	}
	return hashes, nil
}

func packTags(tags []tagged) (counted []uint64, others []byte) {
	counted = make([]uint64, 0, len(tags))
	for _, t := range tags {
		if t.outcome == Counted {
			counted = append(counted, uint64(t.tag))
		} else {
			others = append(binary.BigEndian.AppendUint32(others, t.tag), byte(t.outcome))
		}
	}
	return counted, others
}

func (d *delta) unpackTags(b []byte) error {
	if len(b)%5 != 0 {
		return ErrCorrupt
	}
	d.tags = slices.Grow(d.tags, len(b)/5)
	for ; len(b) > 0; b = b[5:] {
		d.tags = append(d.tags, tagged{binary.BigEndian.Uint32(b), Outcome(b[4])})
	}
	return nil
}

func (d *delta) unpackCounted(b []byte) error {
	if len(b)%4 != 0 {
		return ErrCorrupt
	}
	d.tags = slices.Grow(d.tags, len(b)/4)
	for ; len(b) > 0; b = b[4:] {
		d.tags = append(d.tags, tagged{binary.BigEndian.Uint32(b), Counted})
	}
	return nil
}

func (d *delta) unpackSortedTags(b []byte) error {
	tags, err := unpackSorted(b, 32)
	d.tags = slices.Grow(d.tags, len(tags))
	for _, t := range tags {
		d.tags = append(d.tags, tagged{uint32(t), Counted})
	}
	return err
}

// appendOrigins writes each as a message: 1 its generation, 2 its number.
func appendOrigins(b []byte, num protowire.Number, origins []origin) []byte {
	for _, o := range origins {
		b = appendBytes(b, num, appendUint(appendUint(nil, 1, uint64(o.gen)), 2, uint64(o.n)))
	}
	return b
}

func readOrigin(b []byte) (o origin, err error) {
	err = fields(b, func(num protowire.Number, v uint64, _ []byte) error {
		switch num {
		case 1:
			o.gen = uint32(v)
		case 2:
			o.n = uint32(v)
		}
		return nil
	})
	return o, err
}

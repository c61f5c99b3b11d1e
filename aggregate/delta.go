package aggregate

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/store"
)

// shortTagBits is how many bits of a counted copy's tag are kept beside its id. They only have to tell this copy of the event from another one: of 2²⁸ duplicates, which is 268
// million, one is taken for a redelivery.
const shortTagBits = 28

func shortTag(tag uint64) uint32 { return uint32(tag & (1<<shortTagBits - 1)) }

// countedCopy is the event that a delta counts, and which copy of it that was.
type countedCopy struct {
	id  uint64 // hash of the event's id
	tag uint32 // short
}

// otherCopy is a copy that a delta books and does not count.
type otherCopy struct {
	tag     uint64
	outcome Outcome
}

// delta is what one commit adds to a log.
type delta struct {
	counted []countedCopy
	others  []otherCopy
	guards  []uint64 // hashes of ids that belong here by their own time and are counted elsewhere; see place.go
	holds   []uint64 // hashes of ids that an import counts, in a generation of its own; see hold.go
	holder  uint32   // that generation
	// origins are the deltas that it stands for; see edition.go.
	origins []origin
	made    sealed   // of one in the making
	sum     *Summary // of one that was read
}

// copies is how many copies have their outcomes here.
func (d *delta) copies() uint64 { return uint64(len(d.counted) + len(d.others)) }

func (d *delta) add(cp *Copy, o Outcome) {
	if o == Counted {
		d.counted = append(d.counted, countedCopy{cp.ID, shortTag(cp.Tag)})
	} else {
		d.others = append(d.others, otherCopy{cp.Tag, o})
	}
}

// bodyVersion is that of what encode writes. Who does not know its fields must not pass over them: ids would be counted again.
const bodyVersion = 4

// encode writes the delta. The body holds 2 guards (8 bytes each, big endian), 4 the summary, 5 holds (8 bytes each), 6 their generation,
// 8 the deltas that it stands for, which the head says too, 11 the copies that are counted (packed.go), and 12 all others: tags (8 bytes each) with their outcomes.
func (d *delta) encode() store.Delta {
	body := []byte{bodyVersion}
	body = appendBytes(body, 2, packHashes(d.guards))
	body = appendBytes(body, 4, d.made.appendTo(nil))
	body = appendBytes(body, 5, packHashes(d.holds))
	body = appendUint(body, 6, uint64(d.holder))
	body = appendOrigins(body, 8, d.origins)
	body = appendBytes(body, 11, packCounted(d.counted))
	body = appendBytes(body, 12, packOthers(d.others))
	h := headOf(&d.made)
	h.origins = d.origins
	return store.Delta{Head: h.encode(), Body: body}
}

// decodeDelta reads a body. Without the summary it is cheaper, and enough to know what was counted.
func decodeDelta(b []byte, withSummary bool) (*delta, error) {
	b, err := versionedAs("delta body", b, bodyVersion)
	if err != nil {
		return nil, err
	}
	d := &delta{}
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch {
		case num == 2:
			d.guards, err = unpackHashes(bytes)
		case num == 4 && withSummary:
			d.sum, err = readSummary(bytes)
		case num == 5:
			d.holds, err = unpackHashes(bytes)
		case num == 6:
			d.holder = uint32(v)
		case num == 8:
			var o origin
			o, err = readOrigin(bytes)
			d.origins = append(d.origins, o)
		case num == 11:
			d.counted, err = unpackCounted(bytes)
		case num == 12:
			d.others, err = unpackOthers(bytes)
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

func packOthers(others []otherCopy) []byte {
	b := make([]byte, 0, 9*len(others))
	for _, o := range others {
		b = append(binary.BigEndian.AppendUint64(b, o.tag), byte(o.outcome))
	}
	return b
}

func unpackOthers(b []byte) ([]otherCopy, error) {
	if len(b)%9 != 0 {
		return nil, ErrCorrupt
	}
	others := make([]otherCopy, 0, len(b)/9)
	for ; len(b) > 0; b = b[9:] {
		others = append(others, otherCopy{binary.BigEndian.Uint64(b), Outcome(b[8])})
	}
	return others, nil
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

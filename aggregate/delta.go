package aggregate

import (
	"encoding/binary"

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
	made   sealed   // of one in the making
	sum    *Summary // of one that was read
}

// encode writes the delta. The body holds 1 ids and 2 guards (8 bytes each, big endian), 3 tags (4 bytes and the outcome's), 4 the
// summary, 5 holds (8 bytes each) and 6 their generation.
func (d *delta) encode() store.Delta {
	body := []byte{wireVersion}
	body = appendBytes(body, 1, packHashes(d.ids))
	body = appendBytes(body, 2, packHashes(d.guards))
	tags := make([]byte, 0, 5*len(d.tags))
	for _, t := range d.tags {
		tags = append(binary.BigEndian.AppendUint32(tags, t.tag), byte(t.outcome))
	}
	body = appendBytes(body, 3, tags)
	body = appendBytes(body, 4, d.made.appendTo(nil))
	body = appendBytes(body, 5, packHashes(d.holds))
	body = appendUint(body, 6, uint64(d.holder))
	return store.Delta{Head: headOf(&d.made).encode(), Body: body}
}

// decodeDelta reads a body. Without the summary it is cheaper, and enough to know what was counted.
func decodeDelta(b []byte, withSummary bool) (*delta, error) {
	b, err := versioned("delta body", b)
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
			d.tags, err = unpackTags(bytes)
		case num == 4 && withSummary:
			d.sum, err = readSummary(bytes)
		case num == 5:
			d.holds, err = unpackHashes(bytes)
		case num == 6:
			d.holder = uint32(v)
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

func unpackTags(b []byte) ([]tagged, error) {
	if len(b)%5 != 0 {
		return nil, ErrCorrupt
	}
	tags := make([]tagged, 0, len(b)/5)
	for ; len(b) > 0; b = b[5:] {
		tags = append(tags, tagged{binary.BigEndian.Uint32(b), Outcome(b[4])})
	}
	return tags, nil
}

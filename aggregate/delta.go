package aggregate

import (
	"cmp"
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

const (
	// headBytes bounds the head of a delta: what a live page needs of it fits in one small read.
	headBytes = 4 << 10
	// headDistinct is how many visitor hashes a head keeps: exact up to that, 6 % above.
	headDistinct = 200
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
	tags   []tagged // of every copy that has its outcome here
	sum    *Summary
}

// head is the part of a delta that is read often.
type head struct {
	ledger    Ledger
	events    uint64
	pageviews uint64
	names     map[string]uint64 // the top rows
	pages     map[string]uint64 // the top rows
	visitors  *sketch.Distinct
	cut       bool // rows are missing
}

// encode writes the delta. The body holds 1 ids and 2 guards (8 bytes each, big endian), 3 tags (4 bytes and the outcome's), 4 the
// summary.
func (d *delta) encode() store.Delta {
	body := []byte{wireVersion}
	body = appendBytes(body, 1, packHashes(d.ids))
	body = appendBytes(body, 2, packHashes(d.guards))
	tags := make([]byte, 0, 5*len(d.tags))
	for _, t := range d.tags {
		tags = append(binary.BigEndian.AppendUint32(tags, t.tag), byte(t.outcome))
	}
	body = appendBytes(body, 3, tags)
	body = appendBytes(body, 4, encodeSummary(d.sum))
	return store.Delta{Head: encodeHead(d.sum), Body: body}
}

// encodeHead writes 1 the ledger, 2 names and 3 pages as far as they fit, the largest first, 4 the visitors, 5 whether rows are missing, 6 how
// many events and 7 how many pageviews there are.
func encodeHead(s *Summary) []byte {
	distinct := sketch.NewDistinct(headDistinct)
	for hash := range s.Sample.All {
		distinct.Add(hash)
	}
	b := appendLedger([]byte{wireVersion}, 1, s.Ledger)
	b = appendBytes(b, 4, distinct.AppendBinary(nil))
	b = appendUint(b, 6, s.Events())
	b = appendUint(b, 7, s.Pageviews())
	const flag = 2
	b, allNames := appendTopRows(b, 2, s.Names, (headBytes-flag-len(b))/2)
	b, allPages := appendTopRows(b, 3, s.Pages, headBytes-flag-len(b))
	if !allNames || !allPages || s.Truncated {
		b = appendUint(b, 5, 1)
	}
	return b
}

// appendTopRows writes rows, the largest first, as long as they fit in that many bytes. It reports whether all did.
func appendTopRows(b []byte, num protowire.Number, rows map[string]uint64, room int) ([]byte, bool) {
	end := len(b) + room
	for _, r := range Top(rows, len(rows)) {
		longer := appendRow(b, num, r.Name, r.Count)
		if len(longer) > end {
			return b, false
		}
		b = longer
	}
	return b, true
}

// Row is a row of a table of counts.
type Row struct {
	Name  string
	Count uint64
}

// Top returns the n largest rows, the largest first; rows of the same count in order of their names.
func Top(rows map[string]uint64, n int) []Row {
	all := make([]Row, 0, len(rows))
	for name, count := range rows {
		all = append(all, Row{name, count})
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return all[:min(n, len(all))]
}

func decodeHead(b []byte) (*head, error) {
	b, err := versioned("delta head", b)
	if err != nil {
		return nil, err
	}
	h := &head{names: make(map[string]uint64), pages: make(map[string]uint64), visitors: sketch.NewDistinct(headDistinct)}
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch num {
		case 1:
			h.ledger, err = readLedger(bytes)
		case 2:
			err = readRow(bytes, h.names)
		case 3:
			err = readRow(bytes, h.pages)
		case 4:
			h.visitors, err = sketch.DecodeDistinct(bytes)
		case 5:
			h.cut = v != 0
		case 6:
			h.events = v
		case 7:
			h.pageviews = v
		}
		return err
	})
	return h, err
}

// decodeDelta reads a body. Without the summary it is cheaper, and enough to know what was counted.
func decodeDelta(b []byte, withSummary bool) (*delta, error) {
	b, err := versioned("delta body", b)
	if err != nil {
		return nil, err
	}
	d := &delta{}
	err = fields(b, func(num protowire.Number, _ uint64, bytes []byte) (err error) {
		switch {
		case num == 1:
			d.ids, err = unpackHashes(bytes)
		case num == 2:
			d.guards, err = unpackHashes(bytes)
		case num == 3:
			d.tags, err = unpackTags(bytes)
		case num == 4 && withSummary:
			d.sum, err = readSummary(bytes)
		}
		return err
	})
	if err == nil && withSummary && d.sum == nil {
		d.sum = NewSummary()
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

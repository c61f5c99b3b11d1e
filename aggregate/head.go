package aggregate

import (
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// headBytes bounds the head of a delta: what a live page needs of it fits in one small read.
	headBytes = 4 << 10
	// headDistinct is how many visitor hashes a head keeps: exact up to that, 7 % above.
	headDistinct = 200
)

// head is the part of a delta that is read often.
type head struct {
	ledger    Ledger
	events    uint64
	pageviews uint64
	engagedMS int64
	visitors  *sketch.Distinct
	tables    [numHeadTables]map[string]uint64 // the top rows
	cut       headTables                       // those that rows are missing of
	origins   []origin                         // the deltas that this one stands for
}

// headTable is a table that a head has the top rows of.
type headTable int

const (
	headPages     headTable = iota // pageviews
	headNames                      // events, engagement among them
	headSources                    // pageviews that name a source: where visits came from
	headCountries                  // pageviews, where the country is known
	headDevices                    // pageviews, where the device is known
	headBrowsers                   // pageviews, where the browser is known
	numHeadTables
)

// headTables is a set of tables.
type headTables uint8

const everyHeadTable headTables = 1<<numHeadTables - 1

func (s headTables) has(t headTable) bool { return s>>t&1 != 0 }

// headColumns says which column of the sample a table is counted from.
var headColumns = [numHeadTables]sketch.Field{
	headPages: sketch.Page, headNames: sketch.Name, headSources: sketch.Source,
	headCountries: sketch.Country, headDevices: sketch.Device, headBrowsers: sketch.Browser,
}

// headFields are the numbers of the tables' rows in the encoding.
var headFields = [numHeadTables]protowire.Number{
	headPages: 3, headNames: 2, headSources: 9, headCountries: 10, headDevices: 11, headBrowsers: 12,
}

// headOf makes the head of a delta.
func headOf(s *sealed) *head {
	h := newHead()
	h.ledger = s.ledger
	if s.sample == nil || s.sample.Hits() == 0 {
		return h
	}
	views := h.countNames(s.sample)
	for t := range numHeadTables {
		if t != headNames {
			h.tables[t] = countWhere(s.sample.Column(headColumns[t]), views)
		}
	}
	h.countVisitors(s.sample)
	h.addRest(s)
	return h
}

func newHead() *head {
	h := &head{visitors: sketch.NewDistinct(headDistinct)}
	for t := range h.tables {
		h.tables[t] = make(map[string]uint64)
	}
	return h
}

// countNames counts events, pageviews and engaged time. It returns which hits are pageviews.
func (h *head) countNames(s *sketch.Sample) []bool {
	names := s.Column(sketch.Name)
	counts := make([]uint64, len(names.Words))
	views := make([]bool, len(names.IDs))
	for i, id := range names.IDs {
		counts[id]++
		views[i] = names.Words[id] == event.Pageview
	}
	for id, n := range counts {
		h.addName(names.Words[id], n)
	}
	for _, ms := range s.Engaged() {
		h.engagedMS += ms
	}
	return views
}

// countVisitors adds the visitors. Who has done nothing but engage with a page that was opened before is none.
func (h *head) countVisitors(s *sketch.Sample) {
	names := s.Column(sketch.Name)
	for i := range s.Visitors() {
		from, to := s.Range(i)
		if slices.ContainsFunc(names.IDs[from:to], func(id uint32) bool { return names.Words[id] != event.Engagement }) {
			h.visitors.Add(s.Hash(i))
		}
	}
}

func (h *head) addName(name string, n uint64) {
	if n == 0 {
		return
	}
	h.tables[headNames][name] += n
	switch name {
	case event.Engagement: // tells about a pageview that was counted already
		return
	case event.Pageview:
		h.pageviews += n
	}
	h.events += n
}

// countWhere counts the words of the hits that are let through; absent ones are no row.
func countWhere(c sketch.Column, through []bool) map[string]uint64 {
	counts := make([]uint64, len(c.Words))
	for i, id := range c.IDs {
		if through[i] {
			counts[id]++
		}
	}
	rows := make(map[string]uint64)
	for id, n := range counts {
		if n > 0 && c.Words[id] != "" {
			rows[c.Words[id]] = n
		}
	}
	return rows
}

// originField is the number of the deltas that one stands for.
const originField protowire.Number = 13

// encode writes 1 the ledger, 4 the visitors, 5 the tables that rows are missing of, 6 events, 7 pageviews, 8 engaged time in milliseconds, 13 the deltas that it stands for, and the rows of the tables,
// the largest first, each as far as its share of the room goes.
func (h *head) encode() []byte {
	b := appendLedger([]byte{wireVersion}, 1, h.ledger)
	b = appendBytes(b, 4, h.visitors.AppendBinary(nil))
	b = appendUint(b, 6, h.events)
	b = appendUint(b, 7, h.pageviews)
	b = appendUint(b, 8, uint64(h.engagedMS))
	b = appendOrigins(b, originField, h.origins)
	const flag = 2
	for t := range numHeadTables { // the first gets a half of the room, what it leaves over goes to the others
		room := headBytes - flag - len(b)
		if t < numHeadTables-1 {
			room /= 2
		}
		var all bool
		if b, all = appendTopRows(b, headFields[t], h.tables[t], room); !all {
			h.cut |= 1 << t
		}
	}
	if h.cut != 0 {
		b = appendUint(b, 5, 1|uint64(h.cut)<<1)
	}
	return b
}

func decodeHead(b []byte) (*head, error) {
	b, err := versioned("delta head", b)
	if err != nil {
		return nil, err
	}
	h := newHead()
	err = fields(b, func(num protowire.Number, v uint64, bytes []byte) (err error) {
		switch num {
		case 1:
			h.ledger, err = readLedger(bytes)
		case 4:
			h.visitors, err = sketch.DecodeDistinct(bytes)
		case 5:
			if h.cut = headTables(v >> 1); v == 1 { // by a program that did not say which
				h.cut = everyHeadTable
			}
		case 6:
			h.events = v
		case 7:
			h.pageviews = v
		case 8:
			h.engagedMS = int64(v)
		default:
			for t, field := range headFields {
				if field == num {
					return readRow(bytes, h.tables[t])
				}
			}
		}
		return err
	})
	return h, err
}

// originsOf reads of a head only which deltas its delta stands for.
func originsOf(b []byte) (all []origin, err error) {
	if b, err = versioned("delta head", b); err != nil {
		return nil, err
	}
	err = fields(b, func(num protowire.Number, _ uint64, bytes []byte) error {
		if num != originField {
			return nil
		}
		o, err := readOrigin(bytes)
		all = append(all, o)
		return err
	})
	return all, err
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

// addRest adds what the sample does not hold.
func (h *head) addRest(s *sealed) {
	if s.rest == nil || s.rest.Empty() {
		return
	}
	h.events += s.rest.Events
	h.pageviews += s.rest.Pageviews
	h.engagedMS += s.rest.EngagedMS
	for _, r := range s.rest.Names.Rows() {
		h.tables[headNames][r.Key] += r.Events
	}
	for _, r := range s.rest.Pages.Rows() {
		h.tables[headPages][r.Key] += r.Pageviews
	}
	h.cut = everyHeadTable
}

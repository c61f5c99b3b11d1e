package aggregate

import "encoding/json"

// Frame is one message of a live view, encoded once for all who read it.
type Frame struct {
	ID       string // cursor: who comes back with it is told what changed since
	Snapshot bool   // holds everything; otherwise only what changed
	Message  []byte // as an event stream has it: "id:", "event:" and "data:" lines (WHATWG HTML, section 9.2)
	Data     []byte // JSON of a LiveView, a part of Message
}

func newFrame(id string, snapshot bool, v *LiveView) Frame {
	name := "delta"
	if snapshot {
		name = "snapshot"
	}
	data := encodeJSON(v)
	m := EventMessage(id, name, data)
	end := len(m) - len("\n\n")
	return Frame{ID: id, Snapshot: snapshot, Message: m, Data: m[end-len(data) : end]}
}

// EventMessage is a message of an event stream (WHATWG HTML, section 9.2). The data is one line.
func EventMessage(id, name string, data []byte) []byte {
	m := make([]byte, 0, len(data)+len(id)+64)
	m = append(m, "id: "+id+"\nevent: "+name+"\ndata: "...)
	m = append(m, data...)
	return append(m, "\n\n"...)
}

// LiveView is the present of a site: the last ten minutes by windows, read from the heads of their deltas. Times are in Unix milliseconds. In a frame
// that is no snapshot, Windows holds those that changed, with their new values, Tops the tables that did, Events those that are new; a field that is left out did not change.
type LiveView struct {
	Site            string       `json:"site"`
	AsOf            int64        `json:"as_of"`
	LagMS           int64        `json:"lag_ms"`
	CurrentVisitors uint64       `json:"current_visitors"`
	CurrentExact    bool         `json:"current_exact"`
	Windows         []LiveWindow `json:"windows"`
	Pages           []LivePage   `json:"pages"`
	PagesExact      bool         `json:"pages_exact"`
	// Tops are of the windows that end within the last ten minutes or later. By name: pages, names, sources, countries, devices, browsers.
	Tops   map[string]LiveTop `json:"tops,omitempty"`
	Events []LiveEvent        `json:"events,omitempty"` // the newest last
	Ledger *BooksView         `json:"ledger,omitempty"`
}

// timeless returns what the view tells, without when.
func (v LiveView) timeless() *LiveView {
	books := *v.Ledger
	books.AsOf = 0
	v.AsOf, v.LagMS, v.Ledger = 0, 0, &books
	return &v
}

// LiveWindow is a window of event time.
type LiveWindow struct {
	T         int64  `json:"t"` // its start
	Events    uint64 `json:"events"`
	Pageviews uint64 `json:"pageviews"`
	Visitors  uint64 `json:"visitors"`
}

// LivePage is a page and its views in the last ten minutes.
type LivePage struct {
	Page      string `json:"page"`
	Pageviews uint64 `json:"pageviews"`
}

// BooksView is the ledger as people see it.
type BooksView struct {
	AsOf        int64             `json:"as_of,omitempty"` // when it was read, where that may be a while ago: in a live view
	Accepted    uint64            `json:"accepted"`
	Received    uint64            `json:"received"`
	Counted     uint64            `json:"counted"`
	Duplicate   uint64            `json:"duplicate"`
	Bot         uint64            `json:"bot"`
	Late        uint64            `json:"late"`
	Quarantined uint64            `json:"quarantined"`
	InTransit   uint64            `json:"in_transit"`
	Redelivered uint64            `json:"redelivered"`
	Balanced    bool              `json:"balanced"`
	Unreadable  uint64            `json:"unreadable,omitempty"` // deltas that are damaged
	Reasons     map[string]uint64 `json:"reasons,omitempty"`
}

// View returns the books as they are shown.
func (b Books) View() *BooksView {
	return &BooksView{
		Accepted: b.Accepted, Received: b.Received, Counted: b.Counted, Duplicate: b.Duplicate, Bot: b.Bot, Late: b.Late,
		Quarantined: b.Quarantined, InTransit: b.InTransit, Redelivered: b.Redelivered, Balanced: b.Balanced(), Unreadable: b.Unreadable, Reasons: b.Reasons,
	}
}

func encodeJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // it is made of numbers and strings
		panic(err)
	}
	return data
}

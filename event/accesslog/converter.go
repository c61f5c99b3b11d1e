package accesslog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Request is the name of the events that are not page views.
const Request = "request"

// idBytes is how much of a SHA-256 an id keeps: 128 bits, so that equal ids by chance need 2^64 lines.
const idBytes = 16

// Options say where a log's events go in time.
type Options struct {
	Site   string    // the site of every event; see event.ValidSite
	Start  time.Time // the event time of the first line that is well formed, taken to the millisecond
	Speed  float64   // how many seconds of the log become one second of event time; > 0, 0 means 1
	Format Format
	// OwnTimes lets every line keep its own time. Start and Speed are not looked at then.
	OwnTimes bool
}

// Converter turns the lines of one log into events. It is for one goroutine: the first well-formed line that it is given
// fixes the times of all others.
type Converter struct {
	opts  Options
	start int64     // Unix milliseconds
	first time.Time // of the log; zero until a line was well formed
}

// New checks the options.
func New(o Options) (*Converter, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	var errs []error
	if !event.ValidSite(o.Site) {
		errs = append(errs, fmt.Errorf("site %q is not a site id", o.Site))
	}
	if !(o.Speed > 0) || math.IsInf(o.Speed, 0) {
		errs = append(errs, fmt.Errorf("speed %v is not a number above 0", o.Speed))
	}
	if ms := o.Start.UnixMilli(); !o.OwnTimes && (ms < 1 || ms > event.MaxTimeMS) {
		errs = append(errs, fmt.Errorf("start %s is not between 1970 and 9999", o.Start))
	}
	return &Converter{opts: o, start: o.Start.UnixMilli()}, errors.Join(errs...)
}

// Event makes a line an event. The number is the line's place in the replay, counted from 1; it tells equal lines apart,
// which a busy log has many of. The error says what is wrong with the line.
func (c *Converter) Event(number int64, text string) (event.Event, error) {
	l, err := Parse(text, c.opts.Format)
	if err != nil {
		return event.Event{}, err
	}
	if c.first.IsZero() {
		c.first = l.Time
	}
	ts := c.eventTime(l.Time)
	if ts < 1 || ts > event.MaxTimeMS {
		return event.Event{}, fmt.Errorf("the time %s would become an event before 1970 or after 9999", l.Time.Format(timeLayout))
	}
	return event.Event{
		Site:      c.opts.Site,
		Name:      name(l),
		ID:        c.ID(number, text),
		TS:        ts,
		URL:       valid(l.Target),
		Referrer:  valid(l.Referrer),
		Visitor:   visitor(l),
		Props:     props(l),
		UserAgent: valid(l.UserAgent),
	}, nil
}

// eventTime is start + (t − first)/speed in Unix milliseconds, rounded half away from zero; or t.
func (c *Converter) eventTime(t time.Time) int64 {
	if c.opts.OwnTimes {
		return t.UnixMilli()
	}
	ms := math.Round(float64(t.Sub(c.first).Milliseconds()) / c.opts.Speed)
	// Past this bound (a speed near 0) the sum could overflow; such a time is refused anyway.
	ms = math.Max(-2*event.MaxTimeMS, math.Min(2*event.MaxTimeMS, ms))
	return c.start + int64(ms)
}

// ID is the id of the event of a line: a hash of its text, its number and the start, 32 hexadecimal digits. It is the same
// whenever the same log is replayed from the same start.
func (c *Converter) ID(number int64, text string) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(number))
	b = binary.BigEndian.AppendUint64(b, uint64(c.start))
	return digest(append(b, text...))
}

// visitor is a hash of the address and the user agent, which is all that a log knows of who it was. The address itself goes
// nowhere. There is no secret in it, or two replays would differ: whoever has the log's addresses can recompute it.
func visitor(l Line) string {
	b := make([]byte, 0, len(l.Address)+1+len(l.UserAgent))
	b = append(b, l.Address...)
	b = append(b, 0)
	return digest(append(b, l.UserAgent...))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:idBytes])
}

// name calls a page view what brought a page to a reader: a GET that was answered by it (2xx) or by "you have it" (304).
func name(l Line) string {
	answered := l.Status >= 200 && l.Status <= 299 || l.Status == 304
	if l.Method == "GET" && answered && !Static(l.Target) {
		return event.Pageview
	}
	return Request
}

// props leaves out what the log does not know.
func props(l Line) []event.Prop {
	p := make([]event.Prop, 0, 3)
	if l.Method != "" {
		p = append(p, event.Prop{Key: "method", Value: l.Method})
	}
	if l.Status != 0 {
		p = append(p, event.Prop{Key: "status", Value: strconv.Itoa(l.Status), Kind: event.PropNumber})
	}
	return append(p, event.Prop{Key: "bytes", Value: strconv.FormatInt(l.Bytes, 10), Kind: event.PropNumber})
}

// valid replaces what is no UTF-8 (servers that do not escape write what the client sent), for JSON cannot carry it.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

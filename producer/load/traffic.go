package load

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Kind says what is special about a copy, and so what must become of it.
type Kind uint8

// The kinds of copies.
const (
	Ordinary  Kind = iota // counted
	Repeated              // the same event once more: a duplicate
	Crawler               // of a bot, by its user agent
	Overdue               // more than 24 hours old: late
	Malformed             // refused at the door; put straight onto a stream, it ends in quarantine
	kinds
)

func (k Kind) String() string {
	return [...]string{"ordinary", "repeated", "crawler", "overdue", "malformed"}[k]
}

// Mix is what part of the copies is not ordinary, each from 0 to 1.
type Mix struct {
	Bots       float64 `json:"bots"`
	Duplicates float64 `json:"duplicates"`
	Late       float64 `json:"late"`
	OutOfOrder float64 `json:"out_of_order"` // sent some seconds after what happened later; counted like the others
	Malformed  float64 `json:"malformed"`
}

// mostSpecial bounds the sum of a mix: the rest is what makes a site.
const mostSpecial = 0.9

func (m Mix) sum() float64 { return m.Bots + m.Duplicates + m.Late + m.OutOfOrder + m.Malformed }

// Copy is one event as it is sent once.
type Copy struct {
	Kind  Kind
	ID    string
	TS    int64 // its event time, Unix milliseconds
	Shown bool  // the live view counts it
	Agent string
	Key   string // its Kinesis partition key, where asked for
	JSON  []byte // valid until the next copy

	Visit uint32
	Last  bool // of the visit
}

// traffic is the visitors and everything beside them.
type traffic struct {
	*Visitors
	keys, agents bool
	rnd          *rand.Rand
	held         held
	out          event.Event
	buf          []byte

	crawler, malformed, overdue float64 // chances at a turn that nothing held takes
	hold, repeat                float64 // chances of what a person did
	bots                        [len(crawlers)]int
	sent                        uint32
}

func newTraffic(v *Visitors, p Plan) *traffic {
	m := p.Mix
	turns := 1 - m.Duplicates - m.OutOfOrder
	fresh := 1 - m.sum()
	return &traffic{
		Visitors: v, keys: p.Keys, agents: p.Agents, rnd: rand.New(rand.NewPCG(p.Seed, 2)),
		crawler: m.Bots / turns, malformed: m.Malformed / turns, overdue: m.Late / turns,
		hold: m.OutOfOrder / (fresh + m.OutOfOrder), repeat: m.Duplicates / fresh,
	}
}

// crawlers announce themselves.
var crawlers = [...]string{
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
	"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
}

// next returns the copy that is sent at the turn due.
func (t *traffic) next(due time.Time) Copy {
	if len(t.held) > 0 && (!t.held[0].at.After(due) || len(t.held) >= mostHeld) {
		return t.held.pop()
	}
	ms := due.UnixMilli()
	switch u := t.rnd.Float64(); {
	case u < t.crawler:
		return t.crawl(ms)
	case u < t.crawler+t.malformed:
		t.advance(ms, &t.out)
		return t.spoil()
	case u < t.crawler+t.malformed+t.overdue:
		t.advance(ms, &t.out)
		return t.ago(ms)
	}
	for {
		m := t.advance(ms, &t.out)
		c := t.copy(Ordinary)
		c.Visit, c.Last = m.visit, m.last
		if t.rnd.Float64() < t.hold {
			t.hang(c, due, heldMedian)
			continue
		}
		if t.rnd.Float64() < t.repeat {
			again := c
			again.Kind, again.Shown = Repeated, false
			t.hang(again, due, repeatMedian)
		}
		return c
	}
}

// copy writes the event down.
func (t *traffic) copy(k Kind) Copy {
	e := &t.out
	agent := e.UserAgent
	if !t.agents {
		e.UserAgent = ""
	}
	t.buf = e.AppendJSON(t.buf[:0])
	c := Copy{Kind: k, ID: e.ID, TS: e.TS, Agent: agent, JSON: t.buf, Shown: k == Ordinary && e.Name != event.Engagement}
	if t.keys {
		e.Site = t.opts.Site // also where the event names none: the key is what it can be told by
		c.Key = e.PartitionKey()
	}
	return c
}

// crawl lets a bot read the next page of the site.
func (t *traffic) crawl(ms int64) Copy {
	bot := t.rnd.IntN(len(crawlers))
	p := t.bots[bot] % len(pages)
	t.bots[bot]++
	t.out = event.Event{
		Site: t.opts.Site, Name: event.Pageview, ID: eventID(t.rnd, ms), TS: ms, URL: t.site.urls[p], Title: pages[p].title,
		Session: hexID(max(1, t.rnd.Uint64())), UserAgent: crawlers[bot], Props: t.out.Props[:0],
	}
	c := t.copy(Crawler)
	c.Visit = math.MaxUint32 - uint32(bot)
	return c
}

// ago makes what happened now something of a day or two before: a phone that was in a drawer.
func (t *traffic) ago(ms int64) Copy {
	ms -= event.LatenessMS + int64(time.Hour/time.Millisecond) + t.rnd.Int64N(event.LatenessMS)
	t.out.TS, t.out.ID = ms, eventID(t.rnd, ms)
	return t.copy(Overdue)
}

// spoil makes it something that no rule lets through.
func (t *traffic) spoil() Copy {
	how := t.rnd.IntN(4)
	switch how {
	case 0:
		t.out.Site = "No Site!"
	case 1:
		t.out.Name = ""
	}
	c := t.copy(Malformed)
	switch how {
	case 2:
		c.JSON = c.JSON[:len(c.JSON)/2] // within a string or a key: a half is never whole
	case 3:
		c.JSON = bytes.Replace(c.JSON, []byte(`"ts":`), []byte(`"ts":"yesterday","was":`), 1)
	}
	return c
}

// How long copies are held back: log-normal, with this deviation of the logarithm, never longer than a minute, so that what a run can touch is known.
const (
	heldMedian   = 6 * time.Second
	repeatMedian = 2 * time.Second
	heldSigma    = 0.8
	heldMost     = time.Minute
	// mostHeld bounds what is held in memory. Above it the first goes out early.
	mostHeld = 8192
)

func (t *traffic) hang(c Copy, due time.Time, median time.Duration) {
	d := min(time.Duration(float64(median)*math.Exp(heldSigma*t.rnd.NormFloat64())), heldMost)
	c.JSON = slices.Clone(c.JSON)
	c.Last = true // its visit may be long gone
	t.sent++
	t.held.push(heldCopy{c, due.Add(d), t.sent})
}

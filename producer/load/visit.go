package load

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// The habits of visitors.
const (
	thinkMedian  = 14 * time.Second // time on a page is log-normal …
	thinkSigma   = 1.0              // … with this deviation of its logarithm
	thinkMin     = 800 * time.Millisecond
	thinkMax     = 10 * time.Minute
	leaves       = 0.34 // chance to leave after any page …
	leavesCart   = 0.12 // … and with something in the cart
	headsToPay   = 0.5  // chance that with something in the cart the next page is one nearer to the end
	addsToCart   = 0.3
	signsUp      = 0.5
	loadMin      = 30 * time.Millisecond // from leaving a page to the view of the next …
	loadSpread   = 500 * time.Millisecond
	maxPages     = 40
	idleShare    = 0.4 // at most this part of the time on a page is not engaged
	currency     = "EUR"
	centInMicros = 10_000
)

// visit is one visit under way. It holds the events of the page that it is on.
type visit struct {
	person
	session  string
	page     int
	url      string
	referrer string
	seen     int   // pages
	cart     int64 // cents
	number   int   // in order of arrival; breaks ties of time

	planned []planned // in order of time
	leave   time.Duration
}

// planned is an event and when it happens.
type planned struct {
	at    time.Duration
	event *event.Event
}

// arrive begins a visit.
func (v *Visitors) arrive(at time.Duration) *visit {
	src := sources[v.sources.draw(v.rnd)]
	vis := &visit{person: v.crowd.next(v.rnd), session: randomID(v.rnd), number: v.visits}
	v.visits++
	if len(src.entries) > 0 {
		vis.page = v.site.index[oneOf(v.rnd, src.entries)]
	} else {
		vis.page = v.site.enter.draw(v.rnd)
	}
	if len(src.referrers) > 0 {
		vis.referrer = oneOf(v.rnd, src.referrers)
	}
	vis.url = v.origin + pages[vis.page].path + src.query
	v.view(vis, at)
	return vis
}

// view plans everything that happens on the page that the visit has come to.
func (v *Visitors) view(vis *visit, at time.Duration) {
	think := v.think()
	vis.seen++
	vis.leave = at + think
	v.plan(vis, at, event.Pageview)
	v.act(vis, at, think)
	end := v.plan(vis, vis.leave, event.Engagement)
	end.EngagedMS = int64(float64(think.Milliseconds()) * (1 - idleShare*v.rnd.Float64()))
	end.Scroll = 1 + v.rnd.IntN(event.MaxScroll)
}

// act plans what is done on a page beside reading it.
func (v *Visitors) act(vis *visit, at, think time.Duration) {
	p := &pages[vis.page]
	when := at + time.Duration((0.2+0.6*v.rnd.Float64())*float64(think))
	switch {
	case p.kind == product && v.rnd.Float64() < addsToCart:
		e := v.plan(vis, when, "add_to_cart")
		e.Props = []event.Prop{{Key: "product", Value: p.title}, {Key: "price", Value: decimal(p.price), Kind: event.PropNumber}}
		vis.cart += p.price
	case p.kind == signup && v.rnd.Float64() < signsUp:
		e := v.plan(vis, when, "signup")
		e.Props = []event.Prop{{Key: "form", Value: p.path[1:]}}
	case p.kind == thanks && vis.cart > 0:
		e := v.plan(vis, at, "purchase")
		e.Revenue = event.Revenue{Micros: vis.cart * centInMicros, Currency: currency}
		vis.cart = 0
	}
}

// plan appends an event of this moment and page.
func (v *Visitors) plan(vis *visit, at time.Duration, name string) *event.Event {
	ms := v.start.Add(at).UnixMilli()
	e := &event.Event{
		Site: v.opts.Site, Name: name, ID: eventID(v.rnd, ms), TS: ms,
		URL: vis.url, Title: pages[vis.page].title,
		Visitor: vis.visitor, Session: vis.session,
		Screen: vis.screen, Lang: vis.lang, UserAgent: vis.agent,
	}
	if name == event.Pageview {
		e.Referrer = vis.referrer
	}
	vis.planned = append(vis.planned, planned{at, e})
	return e
}

// goOn takes a visit whose page is done to the next page, and reports false if it ends instead.
func (v *Visitors) goOn(vis *visit) bool {
	chance := leaves
	if vis.cart > 0 {
		chance = leavesCart
	}
	if vis.seen >= maxPages || v.rnd.Float64() < chance {
		return false
	}
	vis.page, vis.referrer = v.follow(vis), vis.url
	vis.url = v.origin + pages[vis.page].path
	v.view(vis, vis.leave+loadMin+time.Duration(v.rnd.Int64N(int64(loadSpread))))
	return true
}

// follow returns the page that the visit goes to next.
func (v *Visitors) follow(vis *visit) int {
	if vis.cart > 0 && v.rnd.Float64() < headsToPay {
		return v.site.index[towardsThanks(pages[vis.page].path)]
	}
	next := v.site.links[vis.page][v.site.follow[vis.page].draw(v.rnd)]
	if pages[next].path == "/checkout" && vis.cart == 0 {
		return v.site.index["/shop"] // nothing to pay
	}
	return next
}

func towardsThanks(path string) string {
	switch path {
	case "/cart":
		return "/checkout"
	case "/checkout":
		return "/checkout/thanks"
	}
	return "/cart"
}

func (v *Visitors) think() time.Duration {
	d := time.Duration(float64(thinkMedian) * math.Exp(thinkSigma*v.rnd.NormFloat64()))
	return min(max(d, thinkMin), thinkMax)
}

func decimal(cents int64) string {
	return strconv.FormatInt(cents/100, 10) + fmt.Sprintf(".%02d", cents%100)
}

package load

import (
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
	acts         = 0.5                   // chance to do what else a page is there for
	loadMin      = 30 * time.Millisecond // from leaving a page to the view of the next …
	loadSpread   = 500 * time.Millisecond
	maxPages     = 40
	idleShare    = 0.4 // at most this part of the time on a page is not engaged
	centInMicros = 10_000
)

// stage is what a visit does next.
type stage uint8

const (
	viewing stage = iota // comes to a page
	acting               // does what the page is there for
	leaving              // turns away from it
)

// visit is one visit under way. A hundred thousand of them are in memory at a time, so it holds numbers and no strings.
type visit struct {
	person
	session uint64
	viewed  int64         // when its page was viewed, as it was due, in milliseconds since the start
	leave   time.Duration // when it leaves its page, on the model's clock
	cart    int32         // cents
	number  uint32        // in order of arrival; breaks ties of time
	source  uint8         // in sources
	outside uint8         // in the source's referrers
	page    uint8
	from    uint8 // the page before
	seen    uint8 // pages
	next    stage
}

// entering says that the visit is on its first page, where the address has the campaign's query.
func (vis *visit) entering() bool { return vis.seen == 1 }

// arrive begins a visit.
func (v *Visitors) arrive() visit {
	vis := visit{person: v.crowd.next(v.rnd), session: max(1, v.rnd.Uint64()), number: v.visits, source: uint8(v.site.from.draw(v.rnd))}
	v.visits++
	src := &sources[vis.source]
	if len(src.entries) > 0 {
		vis.page = uint8(v.site.index[oneOf(v.rnd, src.entries)])
	} else {
		vis.page = uint8(v.site.enter.draw(v.rnd))
	}
	if len(src.referrers) > 0 {
		vis.outside = uint8(v.rnd.IntN(len(src.referrers)))
	}
	return vis
}

// step lets a visit do what is next, which is due at ms, fills e with it, and returns when on the model's clock it goes on. It reports false if
// the visit ends with this. e is nil while the model warms up.
func (v *Visitors) step(vis *visit, at time.Duration, ms int64, e *event.Event) (next time.Duration, goes bool) {
	switch vis.next {
	case viewing:
		vis.seen++
		vis.viewed = ms - v.zero
		v.fill(vis, ms, event.Pageview, e)
		if e != nil {
			e.Referrer = v.referrer(vis)
		}
		think := v.think()
		vis.leave = at + think
		if when, acts := v.plans(vis, at, think); acts {
			vis.next = acting
			return when, true
		}
		vis.next = leaving
		return vis.leave, true
	case acting:
		v.act(vis, ms, e)
		vis.next = leaving
		return vis.leave, true
	}
	v.fill(vis, ms, event.Engagement, e)
	v.engage(vis, ms, e)
	if !v.goOn(vis) {
		return 0, false
	}
	vis.next = viewing
	return at + loadMin + time.Duration(v.rnd.Int64N(int64(loadSpread))), true
}

// fill makes e an event of this moment and page.
func (v *Visitors) fill(vis *visit, ms int64, name string, e *event.Event) {
	if e == nil {
		return
	}
	pl, dev := &places[vis.place], &devices[vis.device]
	*e = event.Event{
		Site: v.opts.Site, Name: name, ID: eventID(v.rnd, ms), TS: ms,
		URL: v.url(vis), Title: pages[vis.page].title,
		Visitor: hexID(vis.visitor), Session: hexID(vis.session),
		Screen: dev.screen, Lang: places[vis.lang].lang, UserAgent: dev.agent,
		Country: pl.country, Region: pl.region, City: pl.city, Props: e.Props[:0],
	}
}

func (v *Visitors) url(vis *visit) string {
	if vis.entering() {
		return v.site.in[vis.source][vis.page]
	}
	return v.site.urls[vis.page]
}

func (v *Visitors) referrer(vis *visit) string {
	switch src := &sources[vis.source]; {
	case vis.seen == 2:
		return v.site.in[vis.source][vis.from]
	case vis.seen > 2:
		return v.site.urls[vis.from]
	case len(src.referrers) > 0:
		return src.referrers[vis.outside]
	}
	return ""
}

// plans says when something is done on a page beside reading it, if anything is.
func (v *Visitors) plans(vis *visit, at, think time.Duration) (time.Duration, bool) {
	chance := acts
	switch pages[vis.page].kind {
	case plain, basket:
		return 0, false
	case product:
		chance = addsToCart
	case thanks:
		return at, vis.cart > 0
	}
	if v.rnd.Float64() >= chance {
		return 0, false
	}
	return at + time.Duration((0.2+0.6*v.rnd.Float64())*float64(think)), true
}

// act does it.
func (v *Visitors) act(vis *visit, ms int64, e *event.Event) {
	p := &pages[vis.page]
	name, props, cart := "", [2]event.Prop{}, vis.cart
	switch p.kind {
	case product:
		name = "add_to_cart"
		props = [2]event.Prop{{Key: "product", Value: p.title}, {Key: "price", Value: decimal(p.price), Kind: event.PropNumber}}
		vis.cart += int32(p.price)
	case signup:
		name, props[0] = "signup", event.Prop{Key: "form", Value: p.path[1:]}
	case search:
		name, props[0] = "search", event.Prop{Key: "query", Value: oneOf(v.rnd, searches)}
	case download:
		name, props[0] = "download", event.Prop{Key: "file", Value: "/manuals/gooseneck-kettle.pdf"}
	case outbound:
		name, props[0] = "outbound", event.Prop{Key: "url", Value: "https://www.slow-tea.example/"}
	default:
		name, vis.cart = "purchase", 0
	}
	if e == nil {
		return
	}
	v.fill(vis, ms, name, e)
	for _, prop := range props {
		if prop.Key != "" {
			e.Props = append(e.Props, prop)
		}
	}
	if p.kind == thanks {
		pl := &places[vis.place]
		e.Revenue = event.Revenue{Micros: int64(cart) * centInMicros * pl.rate / 100, Currency: pl.currency}
	}
}

// engage tells how the page was used, and how it performed. The engaged time is no longer than the page was open.
func (v *Visitors) engage(vis *visit, ms int64, e *event.Event) {
	idle, deep, slow := idleShare*v.rnd.Float64(), v.rnd.IntN(event.MaxScroll), math.Exp(0.5*v.rnd.NormFloat64())
	if e == nil {
		return
	}
	e.EngagedMS = min(max(1, int64(float64(ms-v.zero-vis.viewed)*(1-idle))), event.MaxEngagedMS)
	e.Scroll = 1 + deep
	whole := func(ms float64) event.Vital { return event.Vital{Value: math.Round(ms * slow), Set: true} }
	vitals := event.Vitals{TTFB: whole(120), FCP: whole(700), LCP: whole(1400)}
	engine := devices[vis.device].engine
	if engine == chromium {
		vitals.CLS = event.Vital{Value: math.Round(80*slow*slow) / 1000, Set: true}
	}
	if engine != webkit {
		vitals.INP = whole(90)
	}
	e.Vitals = vitals
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
	vis.from, vis.page = vis.page, uint8(v.follow(vis))
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
	whole, rest := strconv.FormatInt(cents/100, 10), cents%100
	return whole + "." + string([]byte{'0' + byte(rest/10), '0' + byte(rest%10)})
}

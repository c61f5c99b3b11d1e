package apigw

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/agent"
)

// TrustHeader is the request header by which a client on the same machine asks that what each event says of its visitor is kept: with TrustAgent
// its "ua", with TrustVisitor its "country", "region" and "city" too.
const (
	TrustHeader  = "X-Streamgauge-Trust"
	TrustAgent   = "agent"
	TrustVisitor = "visitor"
)

// stampBytes is about what a stamp adds to an event.
const stampBytes = 320

// stamp is what the door adds to every event of a request.
type stamp struct {
	salts      *salts
	received   int64 // Unix milliseconds
	client     client
	userAgent  string // of the visitor, as far as is known
	bot        string // why the request is one of automation
	keepsAgent bool
	keepsPlace bool
	last       cookieless // of the event before, as most requests are of one visitor
}

type cookieless struct {
	salt           saltKey
	agent, visitor string
}

func (s *Server) stampOf(r *http.Request) stamp {
	st := stamp{salts: s.salts, received: s.o.Now().UnixMilli(), client: s.clientOf(r)}
	if trust := r.Header.Get(TrustHeader); s.o.TrustAgent && (trust == TrustAgent || trust == TrustVisitor) {
		ip := net.ParseIP(st.client.address)
		st.keepsAgent = ip != nil && ip.IsLoopback()
		st.keepsPlace = st.keepsAgent && trust == TrustVisitor
	}
	if st.keepsAgent { // the headers, and the place, are those of whoever replays
		st.client.place = Place{}
		return st
	}
	// The name of an HTTP library says who sent the request: a server of the site's own, as a rule, that speaks for its visitors. Of them it says nothing, and a
	// visitor that the consumer took for a tool would be dropped.
	if ua := r.UserAgent(); !agent.IsTool(ua) {
		st.userAgent = clip(ua, event.MaxValue)
	}
	st.bot = automation(r.Header)
	return st
}

// owns reports whether the door alone says what stands in a field. What a client sends under that name is discarded, so it cannot be wrong
// either.
func (st *stamp) owns(field string) bool {
	switch field {
	case "received_at", "door_visitor", "bot":
		return true
	case "country", "region", "city":
		return !st.keepsPlace
	}
	return field == "ua" && !st.keepsAgent
}

// on stamps an event. An error is one of the store; the event has no assigned id then.
func (st *stamp) on(ctx context.Context, e *event.Event, site aggregate.Site) error {
	if !st.keepsAgent {
		e.UserAgent = st.userAgent
	}
	e.ReceivedAt = st.received
	if at := &st.client.place; !st.keepsPlace {
		e.Country, e.Region, e.City = at.Country, at.Region, at.City
	}
	e.Bot, e.DoorVisitor = st.bot, ""
	if e.Visitor == "" {
		var err error
		if e.DoorVisitor, err = st.visitor(ctx, e, site); err != nil {
			return err
		}
	}
	if e.ID == "" {
		e.ID = event.AssignID(st.received, e.DoorVisitor, rand.Uint64())
	}
	return nil
}

// visitor returns the cookieless visitor of an event, by the site's day at its time. An event whose time is not believed, or is so long
// ago that it is not counted, is of today: nobody shall make us keep a salt for every day since 1970.
func (st *stamp) visitor(ctx context.Context, e *event.Event, site aggregate.Site) (string, error) {
	at := e.Place(st.received)
	if !at.Believed || event.Late(at.Time, st.received) {
		at.Time = st.received
	}
	k := st.salts.key(site, at.Time)
	if st.last.visitor != "" && st.last.salt == k && st.last.agent == e.UserAgent {
		return st.last.visitor, nil
	}
	v, err := st.salts.visitor(ctx, k, st.client.address, e.UserAgent)
	if err == nil {
		st.last = cookieless{salt: k, agent: e.UserAgent, visitor: v}
	}
	return v, err
}

// clip returns at most n bytes of a header as valid text.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

package apigw

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// TrustHeader is the request header by which a client on the same machine asks that each event's own "ua" is kept; its value is
// TrustAgent.
const (
	TrustHeader = "X-Streamgauge-Trust"
	TrustAgent  = "agent"
)

// stampBytes is about what a stamp adds to an event.
const stampBytes = 320

// stamp is what the door adds to every event of a request.
type stamp struct {
	s          *Server
	received   int64
	address    string // never written anywhere
	userAgent  string
	keepsAgent bool
}

func (s *Server) stampOf(r *http.Request) stamp {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip := net.ParseIP(host)
	return stamp{
		s: s, received: s.o.Now().UnixMilli(), address: host, userAgent: clip(r.UserAgent(), event.MaxValue),
		keepsAgent: s.o.TrustAgent && ip != nil && ip.IsLoopback() && r.Header.Get(TrustHeader) == TrustAgent,
	}
}

// on stamps an event. What only the door may say is overwritten.
func (st *stamp) on(ctx context.Context, e *event.Event, site aggregate.Site) error {
	if !st.keepsAgent {
		e.UserAgent = st.userAgent
	}
	e.ReceivedAt = st.received
	e.Country, e.Region, e.City, e.Bot, e.DoorVisitor = "", "", "", "", ""
	if e.Visitor == "" {
		at := e.Place(st.received)
		if !at.Believed {
			at.Time = st.received
		}
		v, err := st.s.salts.visitor(ctx, site, at.Time, st.address, e.UserAgent)
		if err != nil {
			return err
		}
		e.DoorVisitor = v
	}
	if e.ID == "" {
		e.ID = event.AssignID(st.received, e.DoorVisitor, randomBits())
	}
	return nil
}

func randomBits() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand says
	return binary.BigEndian.Uint64(b[:])
}

// clip returns at most n bytes of a header as valid text.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s[:n+1])
		s = s[:max(0, min(n, n+1-size))]
	}
	return s
}

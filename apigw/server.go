package apigw

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
)

// Putter puts events on the stream; *producer.Producer is one.
type Putter interface {
	PutAll(ctx context.Context, items []producer.Item) ([]error, error)
}

// Options are what a Server is made of. Only Metrics, Page, Audit and the functions may be nil.
type Options struct {
	Putter     Putter
	Store      store.Store
	Sites      *aggregate.Sites
	Reader     *aggregate.Reader
	Live       *aggregate.Live
	Accounts   *aggregate.Accounts
	Quarantine *aggregate.Quarantine

	// CreateSites creates a site at its first event.
	CreateSites bool
	// TrustAgent lets a client on this machine that asks for it (TrustHeader) say the user agent of each event, as replaying a log needs.
	TrustAgent bool

	Page    http.Handler // the dashboard
	Metrics http.Handler // Prometheus
	// Audit re-reads the stream for a site; its answer is sent as JSON.
	Audit func(ctx context.Context, site string) (any, error)
	// Ready says why the server cannot take events now.
	Ready func(ctx context.Context) error
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// OnError is told of faults of the server, OnSite of sites that came into being by their first event.
	OnError func(error)
	OnSite  func(id string)
	// Counters receives what the door counts; nil for nobody.
	Counters *Counters
}

// Server answers everything that comes over HTTP.
type Server struct {
	o     Options
	mux   *http.ServeMux
	salts *salts
}

// New returns the server. It starts nothing.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.OnSite == nil {
		o.OnSite = func(string) {}
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Counters == nil {
		o.Counters = NewCounters(nil)
	}
	s := &Server{o: o, mux: http.NewServeMux(), salts: newSalts(o.Store, o.Now)}
	s.routes()
	return s
}

func (s *Server) routes() {
	s.handle("POST", "/v1/events", s.postEvents)
	s.mux.HandleFunc("OPTIONS /v1/events", preflight)
	s.handle("POST", "/api/v2/query", s.postQuery)
	s.handle("GET", "/api/v1/live", s.getLive)
	s.handle("GET", "/api/v1/ledger", s.getLedger)
	s.handle("GET", "/api/v1/sites", s.getSites)
	s.handle("POST", "/api/v1/sites", s.postSite)
	s.handle("DELETE", "/api/v1/sites/{id}", s.deleteSite)
	s.handle("GET", "/api/v1/dlq", s.getQuarantine)
	s.handle("GET", "/api/v1/dlq/{key}", s.getQuarantined)
	s.handle("POST", "/api/v1/audit", s.postAudit)
	s.handle("GET", "/healthz", func(w http.ResponseWriter, _ *http.Request) error {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
		return nil
	})
	s.handle("GET", "/readyz", s.getReady)
	for _, prefix := range [...]string{"/v1/", "/api/"} {
		s.mux.HandleFunc(prefix, func(w http.ResponseWriter, r *http.Request) {
			s.answerError(w, r, fail(http.StatusNotFound, "not_found", fmt.Sprintf("there is no %s %s", r.Method, r.URL.Path)))
		})
	}
	if s.o.Metrics != nil {
		s.mux.Handle("GET /metrics", s.o.Metrics)
	}
	if s.o.Page != nil {
		s.mux.Handle("/", s.o.Page)
	}
}

// handle serves a path by a function that returns what went wrong.
func (s *Server) handle(method, path string, f func(http.ResponseWriter, *http.Request) error) {
	s.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.answerError(w, r, err)
		}
	})
}

// ServeHTTP serves a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) getReady(w http.ResponseWriter, r *http.Request) error {
	if err := s.o.Ready(r.Context()); err != nil {
		return fail(http.StatusServiceUnavailable, "not_ready", err.Error())
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
	return nil
}

package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
)

// Putter puts events on the stream; *producer.Producer is one. The errors have one place an item, nil where it is durable.
type Putter interface {
	PutAll(ctx context.Context, items []producer.Item) ([]error, error)
}

// Options are what a Server is made of. Only Live, Samples, Gate, Metrics, Page, Audit, Redrive, Imports, Notifier, Rebuilds and the functions may be nil. Without Live there is no live view.
type Options struct {
	Putter     Putter
	Store      store.Store
	Sites      *aggregate.Sites
	Reader     *aggregate.Reader
	Live       *aggregate.Live
	Accounts   *aggregate.Accounts
	Quarantine *aggregate.Quarantine

	// Buffered says that answers are sent when they are whole: nothing can be streamed, and the live view has to be asked for again and again.
	Buffered bool
	// Inspect keeps a few of the events that came in last, to be looked at; see Server.EndStreams.
	Inspect bool
	// Samples are the samples of the ledger; nil where the process keeps none.
	Samples *Samples
	// CreateSites creates a site at its first event.
	CreateSites bool
	// TrustAgent lets a client on this machine that asks for it (TrustHeader) say the user agent of each event, as replaying a log needs.
	TrustAgent bool
	// Proxy is the one that the server stands behind: what it says of a client's address and place is believed. Nil believes nobody. Set though
	// no such proxy is there, it lets every client say of itself what it likes.
	Proxy *Proxy
	// Places tells where addresses are; nil for nowhere. An address is looked up and forgotten.
	Places Places
	// AllowedHosts are the names, without ports, by which clients may address the server; its addresses on this machine (127.0.0.1, [::1]) are
	// always allowed. Empty allows everything. A server that listens on this machine alone, and has no other access control, needs
	// "localhost" here, or any web page could read its figures: see origin.go.
	AllowedHosts []string

	// Gate keeps the page and the API to those who have the access token, and takes events only with their site's key. Nil lets everyone do everything.
	Gate *access.Gate

	// Rotate replaces the access token ("access") or the signing key ("ingest") of Gate and returns the new secrets. Nil where it cannot be done here.
	Rotate func(ctx context.Context, what string) (access.Secrets, error)

	// Page is the dashboard. sites tells it what GET /api/v1/sites would answer the client, or nothing; it is nil where the client may not know.
	Page    func(w http.ResponseWriter, r *http.Request, sites func() []byte)
	Metrics http.Handler // Prometheus
	// Audit re-reads the stream for a site; its answer is sent as JSON.
	Audit func(ctx context.Context, site string) (any, error)
	// Redrive brings a copy back from quarantine, by its key, and answers the outcome that it has then. Nil where that is not possible here.
	Redrive func(ctx context.Context, key string) (aggregate.Outcome, error)
	// Imports knows the imports of history, and AddImported counts lines of one: see consumer.Importer. Its answer is sent as JSON. Both or neither are nil.
	Imports     *aggregate.Imports
	AddImported func(ctx context.Context, site, id string, file int, first int64, lines []byte) (any, error)
	// Pipeline answers the operator's view of the pipeline; nil for what can be known of it from the store alone.
	Pipeline func(ctx context.Context) (*pipeline.View, error)
	// Notifier sends a sample to the webhooks of a site. Nil where messages cannot be sent from here.
	Notifier *aggregate.Notifier
	// Rebuilds knows the rebuilds of sites, and Rebuild does one: see consumer.Rebuilder. What it tells of progress is sent as JSON. Both or neither are nil.
	Rebuilds *aggregate.Rebuilds
	Rebuild  func(ctx context.Context, site string, tell func(progress any)) error
	// Ready says why the server cannot take events now.
	Ready func(ctx context.Context) error
	// Lag answers how far the consumer is behind the stream; nil where nobody knows.
	Lag func() time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// OnError is told of faults of the server, OnSite of sites that came into being by their first event.
	OnError func(error)
	OnSite  func(id string)
	// Counters receives what the door counts; nil for nobody.
	Counters Counters
}

// Server answers everything that comes over HTTP.
type Server struct {
	o         Options
	mux       *http.ServeMux
	salts     *salts
	alerts    *aggregate.Alerts
	inspector *inspector // nil where nothing is kept
	missing   missingSites
}

// New returns the server. It starts nothing.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lag == nil {
		o.Lag = func() time.Duration { return 0 }
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
		o.Counters = noCounters{}
	}
	if o.Pipeline == nil {
		o.Pipeline = storedPipeline(&o)
	}
	s := &Server{o: o, mux: http.NewServeMux()}
	s.alerts = aggregate.NewAlerts(o.Store)
	s.salts = newSalts(o.Store, o.Now)
	if o.Inspect {
		s.inspector = newInspector(o.Now)
	}
	s.routes()
	return s
}

// ServeHTTP serves a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.rescue(w, r)
	if err := s.checkHost(r); err != nil {
		s.answerError(w, r, err)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// rescue tells of a panic: OnError with its stack, and the client if its answer has not begun (every answer begins with its type). Otherwise the
// connection is broken off, so that half an answer is not taken for a whole one.
func (s *Server) rescue(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	err := fmt.Errorf("panic in %s %q: %v\n%s", r.Method, r.URL.Path, p, debug.Stack())
	if w.Header().Get("Content-Type") != "" {
		s.o.OnError(err)
		panic(http.ErrAbortHandler)
	}
	s.answerError(w, r, err)
}

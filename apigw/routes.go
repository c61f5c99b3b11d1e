package apigw

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// handler serves a request, or returns why it could not before it has begun an answer.
type handler func(http.ResponseWriter, *http.Request) error

func (s *Server) routes() {
	known := paths{s: s, methods: make(map[string][]string)}
	known.add("POST /v1/events", s.postEvents)
	known.add("OPTIONS /v1/events", preflight)
	known.add("GET /healthz", getHealth)
	known.add("GET /readyz", s.getReady)
	known.own("POST /api/v2/query", s.alone(metrics))
	known.own("GET /api/v2/query.csv", s.getQueryCSV)
	known.own("POST /api/v2/query.csv", s.postQueryCSV)
	known.own("GET /api/v1/stats/realtime/visitors", s.getRealtimeVisitors)
	known.own("POST /api/v2/funnel", s.alone(funnels()))
	known.own("POST /api/v2/retention", s.alone(retentions()))
	known.own("POST /api/v2/journey", s.alone(journeys()))
	known.own("POST /api/v2/properties", s.alone(properties()))
	known.own("POST /api/v2/questions", s.postQuestions)
	if s.o.Live != nil {
		if !s.o.Buffered {
			known.own("GET /api/v1/live", s.getLive)
		}
		known.own("GET /api/v1/live/snapshot", s.getLiveSnapshot)
		known.own("GET /api/v1/live/hour", s.getLiveHour)
	}
	known.own("GET /api/v1/ledger", s.getLedger)
	known.own("GET /api/v1/ledger/samples", s.getSamples)
	known.own("GET /api/v1/inspect", s.getInspect)
	known.own("GET /api/v1/ledger/ids", s.getLedgerIDs)
	known.own("POST /api/v1/ledger/ids", s.postLedgerIDs)
	known.own("GET /api/v1/pipeline", s.getPipeline)
	known.own("GET /api/v1/sites", s.getSites)
	known.own("POST /api/v1/sites", s.postSite)
	known.own("PATCH /api/v1/sites/{id}", s.patchSite)
	known.own("DELETE /api/v1/sites/{id}", s.deleteSite)
	known.own("GET /api/v1/sites/{id}/webhook-secret", s.getWebhookSecret)
	known.own("GET /api/v1/alerts", s.getAlerts)
	known.own("POST /api/v1/alerts/test", s.postAlertsTest)
	known.own("GET /api/v1/sites/{id}/key", s.getSiteKey)
	known.own("GET /api/v1/tile/key", s.getTileKey)
	known.own("DELETE /api/v1/tile/key", s.deleteTileKey)
	known.own("GET /api/v1/tile/ended", s.getEndedTiles)
	known.add("GET /api/v1/tile", s.getTile)
	if s.o.Gate != nil && s.o.Rotate != nil {
		known.own("POST /api/v1/access/rotate", s.postRotate)
	}
	known.own("GET /api/v1/dlq", s.getQuarantine)
	known.own("GET /api/v1/dlq/{key}", s.getQuarantined)
	known.own("POST /api/v1/redrive", s.postRedrive)
	known.own("POST /api/v1/audit", s.postAudit)
	if s.o.Imports != nil {
		known.own("GET /api/v1/imports", s.getImports)
		known.own("POST /api/v1/imports", s.postImport)
		known.own("DELETE /api/v1/imports/{id}", s.deleteImport)
		known.own("POST /api/v1/imports/{id}/events", s.postImported)
		known.own("POST /api/v1/imports/{id}/finish", s.postImportFinish)
	}
	if s.o.Rebuilds != nil {
		known.own("GET /api/v1/rebuild", s.getRebuild)
		known.own("POST /api/v1/rebuild", s.postRebuild)
		known.own("DELETE /api/v1/rebuild", s.deleteRebuild)
	}
	if s.o.Metrics != nil {
		known.own("GET /metrics", func(w http.ResponseWriter, r *http.Request) error {
			s.o.Metrics.ServeHTTP(w, r)
			return nil
		})
	}
	known.refuseOthers()
	for _, prefix := range [...]string{"/v1/", "/api/"} {
		s.mux.Handle(prefix, s.serve(notFound))
	}
	if s.o.Page != nil {
		s.mux.Handle("/", s.serve(s.getPage))
	} else {
		s.mux.Handle("/", s.serve(notFound))
	}
}

// serve makes a handler one of net/http.
func (s *Server) serve(f handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.answerError(w, r, err)
		}
	})
}

// paths are the ones that are served, each with its methods.
type paths struct {
	s       *Server
	methods map[string][]string
}

// add serves "METHOD /path" to everyone.
func (p paths) add(pattern string, f handler) {
	method, path, _ := strings.Cut(pattern, " ")
	p.methods[path] = append(p.methods[path], method)
	p.s.mux.Handle(pattern, p.s.serve(f))
}

// own serves "METHOD /path" to our own page and to programs.
func (p paths) own(pattern string, f handler) {
	s := p.s
	p.add(pattern, func(w http.ResponseWriter, r *http.Request) error {
		if err := checkOrigin(r); err != nil {
			return err
		}
		if err := s.checkAccess(w, r); err != nil {
			return err
		}
		return f(w, r)
	})
}

// refuseOthers answers the methods that a path does not have. Of two patterns net/http takes the one that says more, so a path
// alone gets what is left.
func (p paths) refuseOthers() {
	for path, methods := range p.methods {
		if slices.Contains(methods, http.MethodGet) {
			methods = append(methods, http.MethodHead) // net/http serves it by GET
		}
		slices.Sort(methods)
		allow := strings.Join(methods, ", ")
		p.s.mux.Handle(path, p.s.serve(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Allow", allow)
			return fail(http.StatusMethodNotAllowed, "method", fmt.Sprintf("%s is not possible here; allowed are %s", r.Method, allow))
		}))
	}
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return fail(http.StatusNotFound, "not_found", fmt.Sprintf("there is no %s %s", r.Method, r.URL.Path))
}

func getHealth(w http.ResponseWriter, _ *http.Request) error {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

func (s *Server) getReady(w http.ResponseWriter, r *http.Request) error {
	if err := s.o.Ready(r.Context()); err != nil {
		s.o.OnError(fmt.Errorf("not ready: %w", err))
		return fail(http.StatusServiceUnavailable, "not_ready", "the server cannot take events now; its log says why")
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
	return nil
}

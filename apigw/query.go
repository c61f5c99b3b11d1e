package apigw

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/apigw/stats"
	"github.com/streamgauge/streamgauge/event"
)

// asked is the site of a question, and when it was asked.
type asked struct {
	site  aggregate.Site
	rules query.Rules
	now   time.Time
	lag   time.Duration
}

// about finds the site that a question names.
func (s *Server) about(ctx context.Context, id string) (asked, error) {
	switch {
	case id == "":
		return asked{}, fail(http.StatusBadRequest, "required", "site_id is missing: the id of a site")
	case !event.ValidSite(id):
		return asked{}, noSite("site_id", id)
	}
	site, err := s.o.Sites.Get(ctx, id)
	if err != nil {
		return asked{}, fmt.Errorf("site_id %q: %w", id, err)
	}
	return asked{site: site, rules: site.Rules(), now: s.o.Now(), lag: s.o.Lag()}, nil
}

// asks finds the site of a question, and when its history began where all of it is asked for.
func (s *Server) asks(ctx context.Context, scope *stats.Scope) (asked, error) {
	a, err := s.about(ctx, scope.SiteID)
	if err != nil || !scope.DateRange.IsAll() {
		return a, err
	}
	begin, err := s.o.Reader.Begin(ctx, a.site)
	scope.DateRange.Begin(begin)
	return a, err
}

// meta says how an answer is to be taken.
func (a asked) meta(exact bool, fraction float64, r aggregate.Reading) stats.Meta {
	watermark, rules := a.now.Add(-a.lag), a.rules.WithDefaults()
	m := stats.Meta{
		Exact: exact && r.Unreadable == 0 && len(r.Unsampled) == 0, Unreadable: r.Unreadable, SampleFraction: fraction, AsOf: watermark.UTC().Format(time.RFC3339Nano), LagMS: a.lag.Milliseconds(), Late: r.Late, Revision: r.Revision,
		VisitGap: int64(rules.Gap / time.Second), Bounce: rules.Bounce,
	}
	for _, sp := range r.Unsampled {
		m.WithoutSamples = append(m.WithoutSamples, [2]string{isoTime(sp[0], a.rules.Zone), isoTime(sp[1], a.rules.Zone)})
	}
	if unfinished := r.To - max(r.From, event.Window(watermark.UnixMilli())); unfinished > 0 {
		m.IncompleteWindows = int(unfinished / event.WindowMS)
	}
	return m
}

func isoTime(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format(time.RFC3339)
}

// postQuery answers a question for metrics, in the language of Plausible's Stats API v2.
func (s *Server) postQuery(w http.ResponseWriter, r *http.Request) error {
	req := &stats.Request{}
	if err := readJSON(w, r, req); err != nil {
		return err
	}
	out, err := s.query(r.Context(), req)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, out)
	return nil
}

// getQueryCSV answers the question in the parameter "query" as comma-separated values (RFC 4180): a link can hold it.
func (s *Server) getQueryCSV(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("query")
	if text == "" {
		return fail(http.StatusBadRequest, "required", "query is missing: ?query={…}, the JSON that /api/v2/query takes")
	}
	req := &stats.Request{}
	if err := decodeJSON(strings.NewReader(text), req); err != nil {
		return err
	}
	out, err := s.query(r.Context(), req)
	if err != nil {
		return err
	}
	head(w, "text/csv; charset=utf-8; header=present").Set("Content-Disposition", `attachment; filename="`+out.Query.SiteID+`.csv"`)
	_ = csv.NewWriter(w).WriteAll(out.Table()) // the client may be gone, and there is nobody else to tell
	return nil
}

func (s *Server) query(ctx context.Context, req *stats.Request) (*stats.Answer, error) {
	if err := req.Fill(); err != nil {
		return nil, err
	}
	a, err := s.asks(ctx, &req.Scope)
	if err != nil {
		return nil, err
	}
	q, err := req.Query(a.rules, a.now)
	if err != nil {
		return nil, err
	}
	res, reading, err := s.o.Reader.Query(ctx, a.site, q)
	if err != nil {
		return nil, err
	}
	return req.Answer(q, res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), nil
}

func span(r aggregate.Reading) stats.Span { return stats.Span{From: r.From, To: r.To} }

// answers is a handler of questions that are of one kind R: what they have in common is read here, and reply does the rest.
func answers[R any](s *Server, scope func(*R) *stats.Scope, reply func(context.Context, *R, asked) (any, error)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		req := new(R)
		if err := readJSON(w, r, req); err != nil {
			return err
		}
		a, err := s.asks(r.Context(), scope(req))
		if err != nil {
			return err
		}
		out, err := reply(r.Context(), req, a)
		if err != nil {
			return err
		}
		answer(w, http.StatusOK, out)
		return nil
	}
}

// funnels answers how many visitors took steps one after the other.
func (s *Server) funnels() handler {
	scope := func(r *stats.FunnelRequest) *stats.Scope { return &r.Scope }
	return answers(s, scope, func(ctx context.Context, req *stats.FunnelRequest, a asked) (any, error) {
		f, err := req.Funnel(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := s.o.Reader.Funnel(ctx, a.site, f)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

// retentions answers how many visitors came back.
func (s *Server) retentions() handler {
	scope := func(r *stats.RetentionRequest) *stats.Scope { return &r.Scope }
	return answers(s, scope, func(ctx context.Context, req *stats.RetentionRequest, a asked) (any, error) {
		q, err := req.Retention(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := s.o.Reader.Retention(ctx, a.site, q)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

// journeys answers where visitors went from a page, or came from.
func (s *Server) journeys() handler {
	scope := func(r *stats.JourneyRequest) *stats.Scope { return &r.Scope }
	return answers(s, scope, func(ctx context.Context, req *stats.JourneyRequest, a asked) (any, error) {
		j, err := req.Journey(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := s.o.Reader.Journey(ctx, a.site, j)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

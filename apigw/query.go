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

// moment is when questions are asked. Those of one moment are about the same state of their sites and spans.
type moment struct {
	server *Server
	reader *aggregate.Reader
	now    time.Time
	lag    time.Duration
	sites  map[string]aggregate.Site // those that were asked about
}

// moment is now, for one question.
func (s *Server) moment() *moment {
	return &moment{server: s, reader: s.o.Reader, now: s.o.Now(), lag: s.o.Lag(), sites: map[string]aggregate.Site{}}
}

// together is now, for several questions: what is read for one serves the others.
func (s *Server) together() *moment {
	m := s.moment()
	m.reader = m.reader.Together()
	return m
}

// asked is the site of a question, and when it was asked.
type asked struct {
	*moment
	site  aggregate.Site
	rules query.Rules
}

// about finds the site that a question names.
func (m *moment) about(ctx context.Context, id string) (asked, error) {
	switch {
	case id == "":
		return asked{}, fail(http.StatusBadRequest, "required", "site_id is missing: the id of a site")
	case !event.ValidSite(id):
		return asked{}, noSite("site_id", id)
	}
	site, known := m.sites[id]
	if !known {
		var err error
		if site, err = m.server.o.Sites.Get(ctx, id); err != nil {
			return asked{}, fmt.Errorf("site_id %q: %w", id, err)
		}
		m.sites[id] = site
	}
	return asked{moment: m, site: site, rules: site.Rules()}, nil
}

// asks finds the site of a question, and when its history began where all of it is asked for.
func (m *moment) asks(ctx context.Context, scope *stats.Scope) (asked, error) {
	a, err := m.about(ctx, scope.SiteID)
	if err != nil || !scope.DateRange.IsAll() {
		return a, err
	}
	begin, err := m.reader.Begin(ctx, a.site)
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

// getQueryCSV answers the question in the parameter "query" as CSV: a link can hold it.
func (s *Server) getQueryCSV(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("query")
	if text == "" {
		return fail(http.StatusBadRequest, "required", "query is missing: ?query={…}, the JSON that /api/v2/query takes")
	}
	return s.writeCSV(w, r, func(v any) error { return decodeJSON(strings.NewReader(text), v) })
}

// postQueryCSV answers the question in the body as CSV: it may be too long for a link.
func (s *Server) postQueryCSV(w http.ResponseWriter, r *http.Request) error {
	return s.writeCSV(w, r, func(v any) error { return readJSON(w, r, v) })
}

// writeCSV answers a question as comma-separated values (RFC 4180).
func (s *Server) writeCSV(w http.ResponseWriter, r *http.Request, read func(v any) error) error {
	req := &stats.Request{}
	if err := read(req); err != nil {
		return err
	}
	out, err := s.moment().query(r.Context(), req)
	if err != nil {
		return err
	}
	head(w, "text/csv; charset=utf-8; header=present").Set("Content-Disposition", `attachment; filename="`+out.Query.SiteID+`.csv"`)
	_ = csv.NewWriter(w).WriteAll(out.Table()) // the client may be gone, and there is nobody else to tell
	return nil
}

// query answers a question for metrics, in the language of Plausible's Stats API v2.
func (m *moment) query(ctx context.Context, req *stats.Request) (*stats.Answer, error) {
	if err := req.Fill(); err != nil {
		return nil, err
	}
	a, err := m.asks(ctx, &req.Scope)
	if err != nil {
		return nil, err
	}
	q, err := req.Query(a.rules, a.now)
	if err != nil {
		return nil, err
	}
	res, reading, err := m.reader.Query(ctx, a.site, q)
	if err != nil {
		return nil, err
	}
	return req.Answer(q, res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), nil
}

func span(r aggregate.Reading) stats.Span { return stats.Span{From: r.From, To: r.To} }

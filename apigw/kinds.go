package apigw

import (
	"context"
	"net/http"

	"github.com/streamgauge/streamgauge/apigw/stats"
)

// kind is a kind of question: it reads one, and answers it.
type kind func(ctx context.Context, m *moment, read func(v any) error) (tagged, error)

// tagged is an answer whose tag is the same as long as what it shows is.
type tagged interface{ Tag() string }

// alone serves one question of a kind.
func (s *Server) alone(k kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		out, err := k(r.Context(), s.moment(), func(v any) error { return readJSON(w, r, v) })
		if err != nil {
			return err
		}
		answer(w, http.StatusOK, out)
		return nil
	}
}

// metrics answers how large metrics are, of each row of some dimensions.
func metrics(ctx context.Context, m *moment, read func(any) error) (tagged, error) {
	req := &stats.Request{}
	if err := read(req); err != nil {
		return nil, err
	}
	return m.query(ctx, req)
}

// kindOf is a kind of questions R: what they have in common is read here, and reply does the rest.
func kindOf[R any](scope func(*R) *stats.Scope, reply func(context.Context, *R, asked) (tagged, error)) kind {
	return func(ctx context.Context, m *moment, read func(any) error) (tagged, error) {
		req := new(R)
		if err := read(req); err != nil {
			return nil, err
		}
		a, err := m.asks(ctx, scope(req))
		if err != nil {
			return nil, err
		}
		return reply(ctx, req, a)
	}
}

// funnels answers how many visitors took steps one after the other.
func funnels() kind {
	scope := func(r *stats.FunnelRequest) *stats.Scope { return &r.Scope }
	return kindOf(scope, func(ctx context.Context, req *stats.FunnelRequest, a asked) (tagged, error) {
		f, err := req.Funnel(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := a.reader.Funnel(ctx, a.site, f)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

// retentions answers how many visitors came back.
func retentions() kind {
	scope := func(r *stats.RetentionRequest) *stats.Scope { return &r.Scope }
	return kindOf(scope, func(ctx context.Context, req *stats.RetentionRequest, a asked) (tagged, error) {
		q, err := req.Retention(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := a.reader.Retention(ctx, a.site, q)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

// journeys answers where visitors went from a page, or came from.
func journeys() kind {
	scope := func(r *stats.JourneyRequest) *stats.Scope { return &r.Scope }
	return kindOf(scope, func(ctx context.Context, req *stats.JourneyRequest, a asked) (tagged, error) {
		j, err := req.Journey(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		res, reading, err := a.reader.Journey(ctx, a.site, j)
		return req.Answer(res, a.meta(res.Exact, res.Fraction, reading), span(reading), a.rules), err
	})
}

// properties answers which properties events have.
func properties() kind {
	scope := func(r *stats.PropertiesRequest) *stats.Scope { return &r.Scope }
	return kindOf(scope, func(ctx context.Context, req *stats.PropertiesRequest, a asked) (tagged, error) {
		from, to, err := req.Span(a.rules, a.now)
		if err != nil {
			return nil, err
		}
		keys, complete, reading, err := a.reader.Properties(ctx, a.site, from, to)
		if err != nil {
			return nil, err
		}
		meta := a.meta(complete, 1, reading)
		meta.Exact, meta.WithoutSamples = complete, nil // what only counts knows its properties too
		return req.Answer(keys, meta, span(reading), a.rules), nil
	})
}

package querytest_test

import (
	"context"

	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// sampled counts as the naive evaluator does, and answers from one sample of everything that is counted.
type sampled struct {
	*querytest.Naive
	rules query.Rules
}

func newSampled(by querytest.Enrichment) *sampled { return &sampled{Naive: querytest.NewNaive(by)} }

func (s *sampled) SetSite(ctx context.Context, site querytest.Site) error {
	s.rules = site.Rules
	return s.Naive.SetSite(ctx, site)
}

func (s *sampled) sample() *sketch.Sample {
	var b sketch.Builder
	for h := range s.History().All {
		kept := h.Hit
		for i, v := range []event.Vital{sketch.LCP: h.Vitals.LCP, sketch.INP: h.Vitals.INP, sketch.CLS: h.Vitals.CLS, sketch.FCP: h.Vitals.FCP, sketch.TTFB: h.Vitals.TTFB} {
			kept.Vitals[i] = sketch.NoBin
			if v.Set {
				kept.Vitals[i] = sketch.Bin(v.Value)
			}
		}
		b.Add(xxh3.HashString(h.Visitor), &kept)
	}
	sample, _ := b.Seal()
	return sample
}

func (s *sampled) Query(_ context.Context, q query.Query) (query.Result, error) {
	sample := s.sample()
	res, err := query.Eval(&q, s.rules, sample, query.Extras{})
	if err == nil && q.Compare != "" {
		earlier, err := query.Eval(q.Earlier(s.rules), s.rules, sample, query.Extras{})
		if err != nil {
			return res, err
		}
		q.Join(&res, earlier, s.rules)
	}
	return res, err
}

func (s *sampled) Funnel(_ context.Context, f query.Funnel) (query.FunnelResult, error) {
	return query.EvalFunnel(&f, s.rules, s.sample(), query.Value{})
}

func (s *sampled) Retention(_ context.Context, r query.Retention) (query.RetentionResult, error) {
	return query.EvalRetention(&r, s.rules, s.sample(), query.Value{})
}

func (s *sampled) Journey(_ context.Context, j query.Journey) (query.JourneyResult, error) {
	return query.EvalJourney(&j, s.rules, s.sample(), query.Value{})
}

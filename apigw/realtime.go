package apigw

import (
	"context"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// currentSpan is how long a visitor is a current one.
const currentSpan = 5 * time.Minute

// getRealtimeVisitors answers how many visitors there were in the last five minutes, as a number alone: Plausible's Stats API v1 has it so.
func (s *Server) getRealtimeVisitors(w http.ResponseWriter, r *http.Request) error {
	a, err := s.moment().about(r.Context(), r.URL.Query().Get("site_id"))
	if err != nil {
		return err
	}
	n, err := a.currentVisitors(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, n)
	return nil
}

func (a asked) currentVisitors(ctx context.Context) (uint64, error) {
	now := a.now.UnixMilli()
	q := query.Query{Metrics: []query.Metric{query.Visitors}, From: now - currentSpan.Milliseconds(), To: now}
	res, _, err := a.reader.Query(ctx, a.site, q)
	if err != nil {
		return 0, err
	}
	return uint64(res.Rows[0].Values[0].X), nil
}

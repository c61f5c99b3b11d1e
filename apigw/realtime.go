package apigw

import (
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// currentSpan is how long a visitor is a current one.
const currentSpan = 5 * time.Minute

// getRealtimeVisitors answers how many visitors there were in the last five minutes, as a number alone: Plausible's Stats API v1 has it so.
func (s *Server) getRealtimeVisitors(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r.Context(), r.URL.Query().Get("site_id"))
	if err != nil {
		return err
	}
	now := a.now.UnixMilli()
	q := query.Query{Metrics: []query.Metric{query.Visitors}, From: now - currentSpan.Milliseconds(), To: now}
	res, _, err := s.o.Reader.Query(r.Context(), a.site, q)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, uint64(res.Rows[0].Values[0].X))
	return nil
}

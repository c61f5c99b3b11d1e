package apigw

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// queryRequest is the part of Plausible's Stats API v2 that is answered.
type queryRequest struct {
	SiteID     string                `json:"site_id"`
	Metrics    []aggregate.Metric    `json:"metrics"`
	DateRange  []string              `json:"date_range"`
	Dimensions []aggregate.Dimension `json:"dimensions"`
}

type queryAnswer struct {
	Results []queryRow   `json:"results"`
	Meta    queryMeta    `json:"meta"`
	Query   queryRequest `json:"query"`
}

type queryRow struct {
	Dimensions []string `json:"dimensions"`
	Metrics    []uint64 `json:"metrics"`
}

type queryMeta struct {
	Exact          bool    `json:"exact"`
	SampleFraction float64 `json:"sample_fraction"`
	AsOf           string  `json:"as_of"`
}

// timeFormat is how Plausible writes times in rows.
const timeFormat = "2006-01-02 15:04:05"

func (s *Server) postQuery(w http.ResponseWriter, r *http.Request) error {
	var req queryRequest
	if err := readJSON(w, r, &req, "site_id, metrics, date_range, dimensions"); err != nil {
		return err
	}
	q, err := req.parse()
	if err != nil {
		return err
	}
	site, err := s.o.Sites.Get(r.Context(), q.Site)
	if err != nil {
		return fmt.Errorf("site_id %q: %w", q.Site, err)
	}
	zone, err := s.zones.of(site)
	if err != nil {
		return err
	}
	asOf := s.o.Now()
	res, err := s.o.Reader.Query(r.Context(), q)
	if err != nil {
		return err
	}
	out := queryAnswer{
		Results: make([]queryRow, len(res.Rows)), Query: req,
		Meta: queryMeta{Exact: res.Exact, SampleFraction: res.SampleFraction, AsOf: asOf.UTC().Format(time.RFC3339Nano)},
	}
	out.Query.DateRange = []string{rfc3339(res.From, zone), rfc3339(res.To, zone)}
	for i, row := range res.Rows {
		out.Results[i] = queryRow{Dimensions: []string{}, Metrics: row.Values}
		switch q.Dimension {
		case aggregate.None:
		case aggregate.ByMinute:
			out.Results[i].Dimensions = []string{time.UnixMilli(row.Minute).In(zone).Format(timeFormat)}
		default:
			out.Results[i].Dimensions = []string{row.Name}
		}
	}
	answer(w, http.StatusOK, out)
	return nil
}

func rfc3339(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format(time.RFC3339)
}

func (req *queryRequest) parse() (aggregate.Query, error) {
	q := aggregate.Query{Site: req.SiteID, Metrics: req.Metrics}
	switch {
	case q.Site == "":
		return q, fmt.Errorf("%w: site_id is missing", aggregate.ErrBadQuery)
	case !event.ValidSite(q.Site):
		return q, noSite("site_id", q.Site)
	}
	if err := checkTwice(q.Metrics); err != nil {
		return q, err
	}
	if len(req.DateRange) != 2 {
		return q, fmt.Errorf("%w: date_range: two times are needed, as [\"2026-03-14T00:00:00Z\", \"2026-03-15T00:00:00Z\"]", aggregate.ErrBadQuery)
	}
	for i, at := range [...]*int64{&q.From, &q.To} {
		t, err := time.Parse(time.RFC3339, req.DateRange[i])
		if err != nil {
			return q, fmt.Errorf("%w: date_range: %q is no time in ISO 8601 with a zone, as 2026-03-14T00:00:00Z", aggregate.ErrBadQuery, req.DateRange[i])
		}
		*at = t.UnixMilli()
	}
	switch {
	case len(req.Dimensions) == 0:
		req.Dimensions = []aggregate.Dimension{}
	case len(req.Dimensions) > 1 || req.Dimensions[0] == aggregate.None:
		return q, fmt.Errorf("%w: dimensions: one of time:minute, event:page, event:name is allowed, or none", aggregate.ErrBadQuery)
	default:
		q.Dimension = req.Dimensions[0]
	}
	return q, nil
}

// checkTwice keeps a short question from asking for a row of thousands of numbers.
func checkTwice(metrics []aggregate.Metric) error {
	for i, m := range metrics[:min(len(metrics), len(aggregate.AllMetrics)+1)] { // of more, one is there twice, or is none
		if slices.Contains(metrics[:i], m) {
			return fmt.Errorf("%w: metrics: %q is asked for twice", aggregate.ErrBadQuery, clip(string(m), event.MaxName))
		}
	}
	return nil
}

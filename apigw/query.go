package apigw

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
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

// timeFormat is how Plausible writes times in rows and in the query that it repeats.
const timeFormat = "2006-01-02 15:04:05"

func (s *Server) postQuery(w http.ResponseWriter, r *http.Request) error {
	var req queryRequest
	if err := readJSON(w, r, &req); err != nil {
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
	asOf := s.o.Now()
	res, err := s.o.Reader.Query(r.Context(), q)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(site.TZ)
	if err != nil {
		return fmt.Errorf("time zone of site %s: %w", site.ID, err)
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
	if q.Site == "" {
		return q, fmt.Errorf("%w: site_id is missing", aggregate.ErrBadQuery)
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
	switch len(req.Dimensions) {
	case 0:
		req.Dimensions = []aggregate.Dimension{}
	case 1:
		q.Dimension = req.Dimensions[0]
		if q.Dimension == aggregate.None {
			return q, fmt.Errorf("%w: dimensions: a dimension is empty", aggregate.ErrBadQuery)
		}
	default:
		return q, fmt.Errorf("%w: dimensions: at most one is allowed", aggregate.ErrBadQuery)
	}
	return q, nil
}

// maxJSON bounds the body of every request that brings no events, in bytes.
const maxJSON = 64 << 10

// readJSON reads a request's body into v. It takes nothing but application/json: a page of another origin cannot send that
// without asking first.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "media_type", "the content type must be application/json")
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fail(http.StatusBadRequest, "malformed", "the body cannot be read: "+err.Error())
	}
	if _, err := dec.Token(); err != io.EOF {
		return fail(http.StatusBadRequest, "malformed", "the body holds more than one JSON value")
	}
	return nil
}

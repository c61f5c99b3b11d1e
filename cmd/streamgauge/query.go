package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// QueryCmd asks for figures by the Stats API v2.
type QueryCmd struct {
	Site       siteID   `required:"" placeholder:"ID" help:"The site."`
	Metrics    []string `default:"visitors,pageviews,events" placeholder:"NAME" help:"What to count (${default})."`
	Dimensions []string `placeholder:"NAME" help:"What to group by: time:minute, event:page, event:name. Without it, one row for all."`
	From       moment   `default:"24h ago" placeholder:"TIME" help:"Begin of the span (${default}): RFC 3339, now, -2h or \"2h ago\"."`
	To         moment   `default:"now" placeholder:"TIME" help:"End of the span (${default})."`
	Format     string   `enum:"table,csv,json" default:"table" placeholder:"FORMAT" help:"${enum} (${default}). A table cuts long values off, csv does not; json is the answer of the server as it is."`
	Remote
}

func (QueryCmd) Help() string {
	return `Example, the pages of the last two hours:

    streamgauge query --site demo --metrics visitors,pageviews --dimensions event:page --from -2h`
}

// Validate is called by kong when the flags are read.
func (q *QueryCmd) Validate() error {
	if !q.From.time.Before(q.To.time) {
		return errors.New("--from must be before --to")
	}
	return nil
}

// statsQuery is the body of POST /api/v2/query.
type statsQuery struct {
	SiteID     siteID   `json:"site_id"`
	Metrics    []string `json:"metrics"`
	DateRange  []string `json:"date_range"`
	Dimensions []string `json:"dimensions"`
}

// statsRow is one row of the answer: its values stand in the order of the dimensions and metrics asked for.
type statsRow struct {
	Dimensions []string      `json:"dimensions"`
	Metrics    []json.Number `json:"metrics"`
}

func (q *QueryCmd) Run(ctx context.Context, con *console) error {
	ask := statsQuery{
		SiteID:     q.Site,
		Metrics:    q.Metrics,
		DateRange:  []string{isoTime(q.From.time), isoTime(q.To.time)},
		Dimensions: append([]string{}, q.Dimensions...), // [] and not null
	}
	var answer json.RawMessage
	if err := q.client().call(ctx, http.MethodPost, "/api/v2/query", nil, ask, &answer); err != nil {
		return badRequestIsUsage(err, "streamgauge query --help")
	}
	if q.Format == "json" {
		return con.json(answer)
	}
	rows, err := q.rows(answer)
	if err != nil {
		return err
	}
	if q.Format == "csv" {
		return csv.NewWriter(con.stdout).WriteAll(rows)
	}
	for _, row := range rows {
		for i := range row {
			row[i] = shorten(row[i])
		}
	}
	return con.table(rows)
}

// rows are the header and the rows of the answer.
func (q *QueryCmd) rows(answer json.RawMessage) ([][]string, error) {
	var a struct{ Results []statsRow }
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, fmt.Errorf("decode the answer: %w", err)
	}
	columns := len(q.Dimensions) + len(q.Metrics)
	rows := [][]string{append(append([]string{}, q.Dimensions...), q.Metrics...)}
	for _, r := range a.Results {
		row := append([]string{}, r.Dimensions...)
		for _, m := range r.Metrics {
			row = append(row, m.String())
		}
		if len(row) != columns {
			return nil, fmt.Errorf("the answer has a row of %d columns, not %d: %s", len(row), columns, strings.Join(row, ", "))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// maxCell is how wide a column of a table gets, in characters: one long address would push the figures out of sight.
const maxCell = 80

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxCell {
		return s
	}
	return string([]rune(s)[:maxCell-1]) + "…"
}

// isoTime writes a time for the server, to the millisecond.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// badRequestIsUsage makes what the server refused as wrong a wrong command line: a metric, a dimension or a key that only the
// server knows.
func badRequestIsUsage(err error, help string) error {
	var api *apiError
	if errors.As(err, &api) && api.Status == http.StatusBadRequest {
		return usageError{help: help, err: err}
	}
	return err
}

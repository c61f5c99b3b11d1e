package main

import (
	"bytes"
	"context"
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
	Metrics    []string `default:"visitors,pageviews,events" placeholder:"NAME" help:"What to measure (${default}): also visits, bounce_rate, visit_duration, views_per_visit, time_on_page, scroll_depth, exit_rate, total_revenue, conversion_rate, lcp_p75…"`
	Dimensions []string `placeholder:"NAME" help:"What to group by, as event:page, visit:source, event:props:KEY (\"streamgauge properties\" lists the keys), time:day. Without it, one row for all."`
	Filter     []filter `sep:"none" placeholder:"FILTER" help:"What to look at: 'visit:country=DE,FR', '!=' for is not, '~' for contains, '!~' for contains not, or a filter in JSON. Repeat the flag: all must hold."`
	Span
	Order   []ordering `placeholder:"NAME" help:"Sort by a metric or dimension, '-NAME' from the largest down. The default is by time, else by the first metric from the largest down."`
	Limit   int        `default:"10000" placeholder:"N" help:"The largest number of rows (${default})."`
	Compare comparison `placeholder:"SPAN" help:"Compare with an earlier span: previous_period or year_over_year."`
	Format  string     `enum:"table,csv,json" default:"table" placeholder:"FORMAT" help:"${enum} (${default}). A table cuts long values off; csv does not, and has standard errors and what was before in columns of their own; json is the answer of the server as it is."`
	Remote
}

func (QueryCmd) Help() string {
	return `Examples, the pages of the last two hours, and where the visits of the week came from:

    streamgauge query --site demo --metrics visitors,pageviews --dimensions event:page --from -2h
    streamgauge query --site demo --metrics visits,bounce_rate --dimensions visit:source --range 7d --filter visit:device=Mobile

One day beside the day before, in the site's time zone:

    streamgauge query --site demo --from 2026-11-26 --to 2026-11-26 --compare previous_period

Where there were so many visitors that a number is an estimate, a table shows its standard error: 1204 ±18.`
}

// Validate is called by kong when the flags are read.
func (q *QueryCmd) Validate() error {
	if err := q.Span.check(); err != nil {
		return err
	}
	if q.Limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	return nil
}

// comparison is an earlier span; the zero value is none.
type comparison string

func (c *comparison) UnmarshalText(text []byte) error {
	return choose(c, text, "previous_period", "year_over_year")
}

// filter is a filter of the Stats API, in JSON.
type filter json.RawMessage

// operators are how a filter is written on the command line. The longer ones are looked for first.
var operators = []struct{ sign, name string }{{"!=", "is_not"}, {"!~", "contains_not"}, {"=", "is"}, {"~", "contains"}}

func (f *filter) UnmarshalText(text []byte) error {
	if json.Valid(text) {
		*f = text
		return nil
	}
	at := strings.IndexAny(string(text), "!=~") // values may hold any of them
	for _, op := range operators {
		if at <= 0 {
			break
		}
		if values, ok := strings.CutPrefix(string(text[at:]), op.sign); ok && values != "" {
			var err error
			*f, err = json.Marshal([]any{op.name, string(text[:at]), strings.Split(values, ",")})
			return err
		}
	}
	return fmt.Errorf("%q is no filter, such as visit:country=DE,FR", text)
}

// MarshalJSON writes the filter as it is.
func (f filter) MarshalJSON() ([]byte, error) { return json.RawMessage(f).MarshalJSON() }

// ordering is what to sort by.
type ordering [2]string

func (o *ordering) UnmarshalText(text []byte) error {
	name, falling := strings.CutPrefix(string(text), "-")
	if name == "" {
		return errors.New("the name of a metric or dimension is missing")
	}
	*o = ordering{name, "asc"}
	if falling {
		o[1] = "desc"
	}
	return nil
}

// statsQuery is the body of POST /api/v2/query.
type statsQuery struct {
	SiteID     siteID       `json:"site_id"`
	Metrics    []string     `json:"metrics"`
	DateRange  any          `json:"date_range"`
	Dimensions []string     `json:"dimensions"`
	Filters    []filter     `json:"filters,omitempty"`
	OrderBy    []ordering   `json:"order_by,omitempty"`
	Include    statsInclude `json:"include"`
	Pagination statsPage    `json:"pagination"`
}

type statsInclude struct {
	Comparisons *statsComparison `json:"comparisons,omitempty"`
}

type statsComparison struct {
	Mode string `json:"mode"`
}

type statsPage struct {
	Limit int `json:"limit"`
}

// statsRow is one row of the answer: its values stand in the order of the dimensions and metrics asked for.
type statsRow struct {
	Dimensions []string          `json:"dimensions"`
	Metrics    []json.RawMessage `json:"metrics"`
	Errors     []*json.Number    `json:"errors"`
	Comparison *struct {
		Change []*json.Number `json:"change"`
	} `json:"comparison"`
}

func (q *QueryCmd) Run(ctx context.Context, con *console) error {
	if q.Format == "csv" {
		return badRequestIsUsage(q.csv(ctx, con), "streamgauge query --help")
	}
	var answer json.RawMessage
	if err := q.client().call(ctx, http.MethodPost, "/api/v2/query", nil, q.ask(), &answer); err != nil {
		return badRequestIsUsage(err, "streamgauge query --help")
	}
	if q.Format == "json" {
		return con.json(answer)
	}
	rows, err := q.rows(answer)
	if err != nil {
		return err
	}
	for _, row := range rows {
		for i := range row {
			row[i] = shorten(row[i])
		}
	}
	return con.table(rows)
}

// csv prints what the server writes as CSV.
func (q *QueryCmd) csv(ctx context.Context, con *console) error {
	ask, err := json.Marshal(q.ask())
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	resp, err := q.client().send(ctx, http.MethodPost, "/api/v2/query.csv", nil, jsonMedia, bytes.NewReader(ask))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines, err := readAnswer(resp)
	if err != nil {
		return err
	}
	_, err = con.stdout.Write(lines)
	return err
}

func (q *QueryCmd) ask() statsQuery {
	ask := statsQuery{
		SiteID: q.Site, Metrics: q.Metrics, DateRange: q.dateRange(), Dimensions: append([]string{}, q.Dimensions...), // [] and not null
		Filters: q.Filter, OrderBy: q.Order, Pagination: statsPage{Limit: q.Limit},
	}
	if q.Compare != "" {
		ask.Include.Comparisons = &statsComparison{string(q.Compare)}
	}
	return ask
}

// rows are the header and the rows of the answer.
func (q *QueryCmd) rows(answer json.RawMessage) ([][]string, error) {
	var a struct{ Results []statsRow }
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, fmt.Errorf("decode the answer: %w", err)
	}
	rows := [][]string{q.header()}
	for _, r := range a.Results {
		if len(r.Dimensions) != len(q.Dimensions) || len(r.Metrics) != len(q.Metrics) {
			return nil, fmt.Errorf("the answer has a row of %d dimensions and %d metrics, not %d and %d",
				len(r.Dimensions), len(r.Metrics), len(q.Dimensions), len(q.Metrics))
		}
		row := append([]string{}, r.Dimensions...)
		for i := range q.Metrics {
			row = append(row, q.cells(r, i)...)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (q *QueryCmd) header() []string {
	head := append([]string{}, q.Dimensions...)
	for _, m := range q.Metrics {
		head = append(head, m)
		if q.Compare != "" {
			head = append(head, m+" change %")
		}
	}
	return head
}

// cells are the value of metric i of a row with its standard error and, in a comparison, its change.
func (q *QueryCmd) cells(r statsRow, i int) []string {
	text := metricText(r.Metrics[i])
	if i < len(r.Errors) && r.Errors[i] != nil {
		text += " ±" + r.Errors[i].String()
	}
	if q.Compare == "" {
		return []string{text}
	}
	change := ""
	if r.Comparison != nil && i < len(r.Comparison.Change) && r.Comparison.Change[i] != nil {
		change = r.Comparison.Change[i].String()
	}
	return []string{text, change}
}

// metricText is a number as it stands, nothing for null, and the long form of an amount of money, or of several.
func metricText(m json.RawMessage) string {
	type money struct{ Long string }
	var one money
	var several []money
	switch {
	case string(m) == "null":
		return ""
	case json.Unmarshal(m, &one) == nil:
		return one.Long
	case json.Unmarshal(m, &several) == nil:
		texts := make([]string, len(several))
		for i, s := range several {
			texts[i] = s.Long
		}
		return strings.Join(texts, " + ")
	}
	return string(m)
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
	if errors.As(err, &api) && api.Status == http.StatusBadRequest && api.Code != "" { // without a code it was not a streamgauge that answered
		return usageError{help: help, err: err}
	}
	return err
}

package stats

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Answer is the body of the answer to a question.
type Answer struct {
	Results []Row `json:"results"`
	Meta    Meta  `json:"meta"`
	Query   Echo  `json:"query"`
}

// Row is a row of an answer. Errors stand in the order of the metrics: the standard error of each, null where it is exact.
type Row struct {
	Dimensions []string    `json:"dimensions"`
	Metrics    []any       `json:"metrics"`
	Errors     []*float64  `json:"errors,omitempty"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Comparison is what a row was in the earlier span, and by how many percent each metric has changed since; null where there is nothing to compare with.
type Comparison struct {
	Dimensions []string   `json:"dimensions"`
	Metrics    []any      `json:"metrics"`
	Change     []*float64 `json:"change"`
	Errors     []*float64 `json:"errors,omitempty"`
}

// Meta says how the numbers are to be taken.
type Meta struct {
	// Exact says that every number of every row is exact; a percentile of web vitals is the 1 % of its sketch off.
	Exact bool `json:"exact"`
	// SampleFraction is the smallest share of visitors that numbers were found in.
	SampleFraction float64 `json:"sample_fraction"`
	// AsOf is the watermark: what was accepted before it is counted. LagMS is how far it is behind the time of the answer, in milliseconds.
	AsOf  string `json:"as_of"`
	LagMS int64  `json:"lag_ms"`
	// Late is how many events came too late to be counted, by when they came.
	Late uint64 `json:"late"`
	// IncompleteWindows is how many windows of the range were not over at the watermark.
	IncompleteWindows int `json:"incomplete_windows"`
	// Unreadable is how many batches and roll-ups of the range are damaged, so that their events are missing: docs/REBUILD.md.
	Unreadable uint64 `json:"unreadable,omitempty"`
	// WithoutSamples are the stretches of the range, each from a time to another, of which only totals are kept: figures that need to know visitors lack them.
	WithoutSamples [][2]string `json:"without_samples,omitempty"`
	// Revision grows with everything that is counted in the range, late events too: the same revision is the same answer.
	Revision uint64 `json:"revision"`
	// VisitGap is the pause that ends a visit, in seconds, and Bounce the rule by which a visit is a bounce.
	VisitGap int64            `json:"visit_gap_s"`
	Bounce   query.BounceRule `json:"bounce"`

	ImportsIncluded *bool    `json:"imports_included,omitempty"`
	TimeLabels      []string `json:"time_labels,omitempty"`
	TotalRows       *int     `json:"total_rows,omitempty"`
}

// Echo is the question as it was answered: the range as two times.
type Echo struct {
	Request
	DateRange [2]string `json:"date_range"`
}

// MoneyAnswer is an amount of money, in Plausible's shape.
type MoneyAnswer struct {
	Value    float64 `json:"value"`
	Currency string  `json:"currency"`
	Short    string  `json:"short"`
	Long     string  `json:"long"`
}

func (r *Request) rows(q *query.Query, res query.Result) []Row {
	rows := make([]Row, len(res.Rows))
	for i, row := range res.Rows {
		rows[i] = Row{Dimensions: r.keys(row.Keys), Metrics: metrics(q, row.Values), Errors: standardErrors(q.Metrics, row.Values)}
		if q.Compare != "" {
			rows[i].Comparison = &Comparison{
				Dimensions: r.keys(row.Keys), Metrics: metrics(q, row.Before), Change: changes(q, row), Errors: standardErrors(q.Metrics, row.Before),
			}
		}
	}
	return rows
}

func (r *Request) keys(keys []query.Key) []string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.Text
		if r.Dimensions[i] == countryName {
			texts[i] = nameOf(k.Text)
		}
	}
	return texts
}

func metrics(q *query.Query, values []query.Value) []any {
	out := make([]any, len(values))
	for i, v := range values {
		switch v = q.Metrics[i].Round(v); {
		case v.Null:
		case v.Money != nil:
			out[i] = money(v.Money)
		default:
			out[i] = number(v.X)
		}
	}
	return out
}

// money is one amount, or a list of them where there are several currencies: sums of different currencies mean nothing.
func money(amounts []query.Money) any {
	all := make([]MoneyAnswer, len(amounts))
	for i, m := range amounts {
		all[i] = MoneyAnswer{Value: m.Amount, Currency: m.Currency, Short: shortMoney(m), Long: longMoney(m)}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// standardErrors are nil where every value is exact.
func standardErrors(metrics []query.Metric, values []query.Value) []*float64 {
	var out []*float64
	for i, v := range values {
		err := v.Err
		if len(v.Money) == 1 {
			err = v.Money[0].Err
		}
		if err == 0 {
			continue
		}
		places := math.Pow10(metrics[i].Decimals() + 1)
		err = math.Ceil(err*places) / places // never rounded to none
		if out == nil {
			out = make([]*float64, len(values))
		}
		out[i] = &err
	}
	return out
}

func changes(q *query.Query, row query.Row) []*float64 {
	out := make([]*float64, len(row.Values))
	for i := range row.Values {
		if c, ok := q.Metrics[i].Change(row.Before[i], row.Values[i]); ok {
			out[i] = &c
		}
	}
	return out
}

// Span is the whole windows that an answer is about, in Unix milliseconds.
type Span struct{ From, To int64 }

// times writes the span as two times in the site's zone.
func (s Span) times(rules query.Rules) [2]string {
	at := func(ms int64) string { return time.UnixMilli(ms).In(zoneOf(rules)).Format(time.RFC3339) }
	return [2]string{at(s.From), at(s.To)}
}

// Answer writes a result.
func (r *Request) Answer(q query.Query, res query.Result, meta Meta, sp Span, rules query.Rules) *Answer {
	if r.Include.TotalRows {
		meta.TotalRows = &res.Total
	}
	if r.Include.Imports {
		included := true
		meta.ImportsIncluded = &included
	}
	if r.Include.TimeLabels {
		meta.TimeLabels = timeLabels(q, sp, rules)
	}
	return &Answer{Results: r.rows(&q, res), Meta: meta, Query: Echo{Request: *r, DateRange: sp.times(rules)}}
}

// maxLabels bounds the labels of an answer.
const maxLabels = 10_000

// timeLabels returns the labels of all buckets of the first time dimension.
func timeLabels(q query.Query, sp Span, rules query.Rules) []string {
	labels := []string{}
	for _, d := range q.Dimensions {
		if !d.IsTime() {
			continue
		}
		for _, b := range query.Buckets(d, sp.From, sp.To, zoneOf(rules), maxLabels) {
			labels = append(labels, b.Key.Text)
		}
		break
	}
	return labels
}

// Table returns the answer as lines of text: the names, then the rows. Behind a metric of which a number is an estimate stands its standard error, and in a comparison what it was
// before and its change in percent.
func (a *Answer) Table() [][]string {
	head, metrics := []string{}, a.Query.Metrics
	for _, d := range a.Query.Dimensions {
		head = append(head, string(d))
	}
	estimated := make([]bool, len(metrics))
	for i, m := range metrics {
		estimated[i] = slices.ContainsFunc(a.Results, func(row Row) bool { return i < len(row.Errors) && row.Errors[i] != nil })
		head = append(head, string(m))
		if estimated[i] {
			head = append(head, string(m)+" error")
		}
		if a.Query.Include.Comparisons != nil {
			head = append(head, string(m)+" before", string(m)+" change %")
		}
	}
	lines := [][]string{head}
	for _, row := range a.Results {
		line := append([]string{}, row.Dimensions...)
		for i, m := range row.Metrics {
			line = append(line, cellOf(m))
			if estimated[i] {
				line = append(line, cellAt(row.Errors, i))
			}
			if c := row.Comparison; c != nil {
				line = append(line, cellOf(c.Metrics[i]), cellAt(c.Change, i))
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// cellAt is a number of a list that may be shorter, or have none there.
func cellAt(numbers []*float64, i int) string {
	if i >= len(numbers) || numbers[i] == nil {
		return ""
	}
	return strconv.FormatFloat(*numbers[i], 'f', -1, 64)
}

func cellOf(metric any) string {
	switch m := metric.(type) {
	case nil:
		return ""
	case json.RawMessage:
		return string(m)
	case MoneyAnswer:
		return m.Long
	case []MoneyAnswer:
		var all []string
		for _, one := range m {
			all = append(all, one.Long)
		}
		return strings.Join(all, " + ")
	}
	return ""
}

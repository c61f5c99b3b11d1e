package load

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"time"
)

//go:embed report.html
var reportHTML string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"ms": Milliseconds,
	"percent": func(n, of uint64) string {
		return strconv.FormatFloat(100*float64(n)/max(1, float64(of)), 'g', 3, 64) + "%"
	},
	"rate":  func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + "/s" },
	"count": grouped,
	"time":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") },
}).Parse(reportHTML))

// report is what the page is made of.
type report struct {
	*Result
	Charts []chart
	Errors []errorRow
	Rows   []latencyRow
	Passed bool
}

type errorRow struct {
	Kind   string
	Events uint64
}

type latencyRow struct {
	Name, Note string
	Latency
}

// WriteReport writes a result as a page of its own: it asks nothing of the network, draws its charts without a script, and is light or dark as the reader's system is.
func WriteReport(w io.Writer, r *Result) error {
	page := report{Result: r, Charts: charts(r), Passed: r.Verified == nil || r.Verified.OK}
	for _, o := range r.Objectives {
		page.Passed = page.Passed && o.Met
	}
	for kind, n := range r.Totals.Errors {
		page.Errors = append(page.Errors, errorRow{kind, n})
	}
	slices.SortFunc(page.Errors, func(a, b errorRow) int { return int(b.Events) - int(a.Events) })
	page.Rows = []latencyRow{
		{"Latency", "from when a request was due to its answer", r.Latency},
		{"From sending", "the same, from when it was sent", r.Service},
		{"Schedule", "from when a request was due to its sending", r.Schedule},
	}
	if r.Freshness != nil {
		page.Rows = append(page.Rows, latencyRow{"Freshness", "from when an event was due to when the live view showed it", *r.Freshness})
	}
	if err := reportTemplate.Execute(w, page); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// grouped writes a number with thin spaces between its thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// charts are those of a result that have something to show.
func charts(r *Result) []chart {
	whole := r.Intervals
	if len(whole) > 1 {
		whole = whole[:len(whole)-1]
	}
	x := make([]float64, len(whole))
	for i, iv := range whole {
		x[i] = iv.Start + iv.Seconds/2
	}
	line := func(name string, of func(Interval) float64) series {
		y := make([]float64, len(whole))
		for i, iv := range whole {
			y[i] = of(iv)
		}
		return series{Name: name, Y: y}
	}
	quantile := func(name string, q float64) series {
		return line(name, func(iv Interval) float64 { return float64(iv.Latency.Quantile(q)) / 1e3 })
	}
	all := []chart{
		lineChart("Rate", "events a second", x, false,
			line(asked, func(iv Interval) float64 { return r.Plan.Asked(iv.Start + iv.Seconds/2) }),
			line("due", func(iv Interval) float64 { return float64(iv.Due) / iv.Seconds }),
			line("accepted", func(iv Interval) float64 { return float64(iv.Accepted) / iv.Seconds })),
		lineChart("Latency", "milliseconds from when a request was due, logarithmic", x, true,
			quantile("p50", 0.5), quantile("p90", 0.9), quantile("p99", 0.99), quantile("p99.9", 0.999)),
		histogramChart("Distribution of latency", r.Histogram),
		lineChart("Under way", "requests without an answer", x, false, line("in flight", func(iv Interval) float64 { return float64(iv.InFlight) })),
	}
	if r.Totals.Failed > 0 {
		all = append(all, lineChart("Errors", "events a second that failed", x, false, errorLines(r, line)...))
	}
	if r.Freshness != nil {
		fresh := func(name string, q float64) series {
			return line(name, func(iv Interval) float64 { return float64(iv.Fresh.Quantile(q)) / 1e3 })
		}
		all = append(all, lineChart("Freshness", "milliseconds from when an event was due to when it was visible, logarithmic", x, true, fresh("p50", 0.5), fresh("p99", 0.99)))
	}
	return all
}

// mostErrorLines bounds the lines of the chart of errors.
const mostErrorLines = 4

func errorLines(r *Result, line func(string, func(Interval) float64) series) []series {
	kinds := make([]string, 0, len(r.Totals.Errors))
	for k := range r.Totals.Errors {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b string) int { return int(r.Totals.Errors[b]) - int(r.Totals.Errors[a]) })
	var all []series
	for _, k := range kinds[:min(len(kinds), mostErrorLines)] {
		all = append(all, line(k, func(iv Interval) float64 { return float64(iv.Errors[k]) / iv.Seconds }))
	}
	return all
}

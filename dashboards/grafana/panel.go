package grafana

import (
	"fmt"
	"strings"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// panel is one chart or figure.
type panel struct {
	title   string
	about   string
	kind    string // of Grafana's
	unit    string // of Grafana's
	stacked bool
	targets []target
	alarm   float64 // of a figure: from there on it is red; zero for never
}

// target is an expression, and what each of its series is called.
type target struct{ expr, legend string }

// The units of Grafana that are used.
const (
	perSecond = "cps"
	seconds   = "s"
	bytes     = "bytes"
	byteRate  = "Bps"
	short     = "short"
	percent   = "percentunit"
)

func series(title, unit, about string, targets ...target) panel {
	return panel{title: title, unit: unit, about: about, kind: "timeseries", targets: targets}
}

// stack shows rates that add up to a whole.
func stack(title, about string, targets ...target) panel {
	p := series(title, perSecond, about, targets...)
	p.stacked = true
	return p
}

func figure(title, unit, about string, alarm float64, t target) panel {
	return panel{title: title, unit: unit, about: about, kind: "stat", alarm: alarm, targets: []target{t}}
}

func table(title, about string, t target) panel {
	return panel{title: title, about: about, kind: "table", unit: short, targets: []target{t}}
}

// of is a meter with matchers, as an expression: of(m, `site="$site"`).
func of(m meters.Meter, matchers ...string) string {
	return m.Name + "{" + strings.Join(append([]string{scope}, matchers...), ",") + "}"
}

// scope is what all expressions are about.
const scope = `job=~"$job",instance=~"$instance"`

// rate is how fast a counter grows, by labels.
func rate(by string, m meters.Meter, matchers ...string) string {
	return fmt.Sprintf("sum by (%s) (rate(%s[$__rate_interval]))", by, of(m, matchers...))
}

// quantile is one of a classic histogram: the native one beside it may not be kept by the Prometheus that is asked.
func quantile(q float64, m meters.Meter) string {
	bucket := m
	bucket.Name += "_bucket"
	return fmt.Sprintf("histogram_quantile(%v, %s)", q, rate("le", bucket))
}

func quantiles(m meters.Meter) []target {
	return []target{{quantile(0.5, m), "p50"}, {quantile(0.9, m), "p90"}, {quantile(0.99, m), "p99"}}
}

// foreign are families of the Go and process collectors.
func foreign(name string) meters.Meter { return meters.Meter{Name: name} }

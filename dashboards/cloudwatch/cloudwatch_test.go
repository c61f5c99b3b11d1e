package cloudwatch

import (
	"slices"
	"testing"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// What is watched and shown of ours, a function writes.
func TestOnlyWhatIsWritten(t *testing.T) {
	written := func(name, function string) bool {
		return slices.ContainsFunc(meters.AllSeries(), func(s meters.Series) bool {
			return s.Name == name && s.Unit != meters.Aside && slices.Contains(s.Functions, function)
		})
	}
	for _, a := range alarms() {
		if a.metric.namespace == meters.Namespace && !written(a.metric.name, a.metric.function) {
			t.Errorf("%s watches %s of %s, which nothing writes", a.name, a.metric.name, a.metric.function)
		}
	}
	shown := map[string]bool{}
	for _, w := range dashboard().(map[string]any)["widgets"].([]widget) {
		for _, m := range w.Properties.Metrics {
			if m[0] == meters.Namespace && !written(m[1], m[5]) {
				t.Errorf("%s shows %v, which nothing writes", w.Properties.Title, m)
			}
			shown[m[1]] = true
		}
	}
	for _, a := range alarms() {
		if a.metric.namespace == meters.Namespace && !shown[a.metric.name] {
			t.Errorf("%s watches %s, which the dashboard does not show", a.name, a.metric.name)
		}
	}
}

func TestWidgetsDoNotOverlap(t *testing.T) {
	taken := map[[2]int]string{}
	for _, w := range dashboard().(map[string]any)["widgets"].([]widget) {
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies on %q, or beyond the edge", w.Properties.Title, other)
				}
				taken[[2]int{x, y}] = w.Properties.Title
			}
		}
	}
}

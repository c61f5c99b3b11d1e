package querytest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
)

const metricsPage = "../../docs/METRICS.md"

func TestEveryExampleOfTheMetricsPage(t *testing.T) {
	scripts, err := querytest.Blocks(metricsPage, read(t, metricsPage))
	if err != nil || len(scripts) < 40 {
		t.Fatalf("%d examples: %v", len(scripts), err)
	}
	for _, s := range scripts {
		run(t, s)
	}
}

// A definition without an example would be one that nothing holds us to.
func TestEveryDefinitionOfTheMetricsPageHasAnExample(t *testing.T) {
	for _, section := range strings.Split(read(t, metricsPage), "\n### ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		if !strings.Contains(section, "```query") {
			t.Errorf("%s has no example", title)
		}
	}
	for word := range vocabulary() {
		if !strings.Contains(read(t, metricsPage), word) {
			t.Errorf("%s is not defined", word)
		}
	}
}

// vocabulary is everything that can be asked with.
func vocabulary() map[string]bool {
	words := map[string]bool{
		"funnel": true, "retention": true, "journey": true, "lcp_p75": true, "inp_p75": true, "cls_p75": true, "fcp_p75": true, "ttfb_p75": true, "event:props:plan": true,
		string(query.PreviousPeriod): true, string(query.YearOverYear): true,
	}
	for _, m := range querytest.Metrics {
		words[string(m)] = true
	}
	for _, d := range querytest.Dimensions {
		words[string(d)] = true
	}
	for _, op := range []query.Op{
		query.And, query.Or, query.Not, query.Is, query.IsNot, query.Contains, query.ContainsNot, query.Matches, query.MatchesNot, query.HasDone, query.HasNotDone,
	} {
		words[string(op)] = true
	}
	return words
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

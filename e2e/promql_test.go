package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

const rulesFile = "../dashboards/prometheus/rules.yml"

// promql runs e2e/promql, Prometheus' own parser, which is a module of its own and built once.
func promql(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	bin, err := buildPromQL()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("promql %q: %v\n%s", args, err, stderr.String())
	}
	return out
}

var buildPromQL = sync.OnceValues(func() (string, error) {
	dir, err := binDir()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "promql")
	out, err := exec.Command("go", "build", "-C", "promql", "-o", bin, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build e2e/promql: %w\n%s", err, out)
	}
	return bin, nil
})

// decodeLines decodes JSON, one value a line.
func decodeLines[T any](t *testing.T, out []byte) (all []T) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var one T
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

type promRule struct {
	Alert, Record, Expr string
	Labels, Annotations map[string]string
}

// expression is one, and where it stands.
type expression struct{ place, text string }

// ruleExpressions are those of the rules; recorded are the names that they make.
func ruleExpressions(t *testing.T) (all []expression, recorded []string) {
	for _, r := range decodeLines[promRule](t, promql(t, nil, rulesFile)) {
		all = append(all, expression{"rule " + r.Alert + r.Record, r.Expr})
		if r.Record != "" {
			recorded = append(recorded, r.Record)
		}
	}
	return all, recorded
}

// boardExpressions are those of Grafana's dashboards, with its own variables filled in.
func boardExpressions(t *testing.T) (all []expression) {
	t.Helper()
	files, err := filepath.Glob("../dashboards/grafana/*.json")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
			Templating struct {
				List []struct{ Type, Definition string }
			}
		}
		if err := json.Unmarshal(b, &board); err != nil {
			t.Fatal(err)
		}
		for _, p := range board.Panels {
			for _, target := range p.Targets {
				all = append(all, expression{filepath.Base(f) + ", " + p.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")})
			}
		}
		for _, v := range board.Templating.List {
			if m := regexp.MustCompile(`^label_values\((.*), \w+\)$`).FindStringSubmatch(v.Definition); m != nil {
				all = append(all, expression{filepath.Base(f) + ", a variable", m[1]})
			} else if v.Type == "query" {
				t.Errorf("%s: nobody understands the variable %s", f, v.Definition)
			}
		}
	}
	return all
}

// Every expression of the rules and of Grafana's dashboards is PromQL, every metric that it selects is shown by a running product, and every label that it
// matches is one of that metric.
func TestExpressions(t *testing.T) {
	all, recorded := ruleExpressions(t)
	all = append(all, boardExpressions(t)...)
	var in bytes.Buffer
	for _, e := range all {
		if err := json.NewEncoder(&in).Encode(e.text); err != nil {
			t.Fatal(err)
		}
	}
	type answer struct {
		Selects []struct {
			Metric string
			Labels []string
		}
		Error string
	}
	answers := decodeLines[answer](t, promql(t, in.Bytes()))
	if len(answers) != len(all) || len(all) < 80 {
		t.Fatalf("%d answers to %d expressions", len(answers), len(all))
	}
	shown := shownMetrics(t)
	used := map[string]bool{}
	for i, a := range answers {
		if a.Error != "" || len(a.Selects) == 0 {
			t.Errorf("%s: %s: %s", all[i].place, all[i].text, a.Error)
		}
		for _, s := range a.Selects {
			if slices.Contains(recorded, s.Metric) {
				continue
			}
			if !shown[s.Metric] {
				t.Errorf("%s selects %s, which /metrics does not show", all[i].place, s.Metric)
			}
			family := meters.FamilyOf(s.Metric)
			used[family] = true
			m, known := meters.Find(family)
			for _, l := range s.Labels {
				if known && l != "job" && l != "instance" && !slices.Contains(m.Labels, l) {
					t.Errorf("%s asks for the label %s of %s", all[i].place, l, s.Metric)
				}
			}
		}
	}
	for _, m := range meters.All() {
		if !used[m.Name] && (m.Place == meters.Everywhere || m.Place == meters.InProcess) && !strings.Contains(m.Name, "_producer_") {
			t.Errorf("%s is on no dashboard and in no rule", m.Name)
		}
	}
}

// shownMetrics are the names of the samples that a product shows after events of every kind.
func shownMetrics(t *testing.T) map[string]bool {
	t.Helper()
	s := startServer(t, t.TempDir())
	s.post(t, `[{"site":"shop","name":"pageview","url":"/tea","visitor":"v"},{"site":"shop","name":7}]`)
	s.awaitReceived(t, "shop", 1)
	sample := regexp.MustCompile(`(?m)^([a-zA-Z_:][\w:]*)[{ ]`)
	var shown map[string]bool
	await(t, "the first round of the roll-up is shown", func() bool {
		shown = map[string]bool{}
		for _, m := range sample.FindAllStringSubmatch(string(s.do(t, request{method: "GET", path: "/metrics"}).body), -1) {
			shown[m[1]] = true
		}
		return shown[meters.RollupLastPass.Name]
	})
	s.stop(t)
	return shown
}

// Every alert, of Prometheus and of CloudWatch, leads to a heading of the runbook, and every heading is one that an alert leads to.
func TestRunbook(t *testing.T) {
	doc, err := os.ReadFile("../docs/RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]string{} // what stands under each
	for _, section := range strings.Split(string(doc), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		headings[strings.ReplaceAll(strings.ToLower(title), " ", "-")] = text
		for _, part := range []string{"**Means.**", "**See.**", "**Do.**"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %s", title, part)
			}
		}
	}
	led := map[string]bool{}
	follow := func(alert, link string) {
		anchor, ok := strings.CutPrefix(link, meters.Runbook+"#")
		text, known := headings[anchor]
		if !ok || !known {
			t.Errorf("%s leads to %q", alert, link)
		}
		if !strings.Contains(text, "`"+alert+"`") && !strings.Contains(text, "`…") {
			t.Errorf("the runbook does not name %s under %s", alert, anchor)
		}
		led[anchor] = true
	}
	for _, r := range decodeLines[promRule](t, promql(t, nil, rulesFile)) {
		if r.Alert == "" {
			continue
		}
		follow(r.Alert, r.Annotations["runbook_url"])
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] != "critical" && r.Labels["severity"] != "warning" {
			t.Errorf("%s: %v %v", r.Alert, r.Labels, r.Annotations)
		}
	}
	alarms, err := os.ReadFile("../cmd/lambda/template/alarms.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(\w+)Alarm:\n.*\n.*\n\s*AlarmDescription: ".*\. (\S+)"`).FindAllStringSubmatch(string(alarms), -1) {
		follow(m[1], m[2])
	}
	for h := range headings {
		if !led[h] {
			t.Errorf("no alert leads to %s", h)
		}
	}
}

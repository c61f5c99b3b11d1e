package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/e2e/npm"
)

// TestRules runs the unit tests of the rules.
func TestRules(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", "rules.yml"}, {"test", "rules", "rules_test.yml", "rules_slow_test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = filepath.Dir(rulesFile)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// Every alert has a unit test in which it fires.
func TestRulesAreTested(t *testing.T) {
	var tests []byte
	for _, name := range []string{"rules_test.yml", "rules_slow_test.yml"} {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(rulesFile), name))
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, b...)
	}
	for _, r := range decodeLines[promRule](t, promql(t, nil, rulesFile)) {
		if r.Alert != "" && !regexp.MustCompile(`alertname: `+r.Alert+`\n\s+exp_alerts:\n`).Match(tests) {
			t.Errorf("no test lets %s fire", r.Alert)
		}
	}
}

// prometheus is a running Prometheus.
type prometheus struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{}
}

// startPrometheus lets Debian's Prometheus scrape a server every second, with the alert of a stuck shard in a hurry: two
// seconds and one in place of two minutes and one.
func startPrometheus(t *testing.T, s *server) *prometheus {
	t.Helper()
	dir := t.TempDir()
	rules, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, hurry := range [][2]string{
		{`(?m)^( +interval): \w+$`, "$1: 1s"}, {`(streamgauge_shard_stalled_seconds > )120(\n +for: )1m`, "${1}2${2}1s"},
	} {
		pattern := regexp.MustCompile(hurry[0])
		if !pattern.Match(rules) {
			t.Fatalf("the rules have no %s", hurry[0])
		}
		rules = pattern.ReplaceAll(rules, []byte(hurry[1]))
	}
	config := fmt.Sprintf("global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [rules.yml]\nscrape_configs:\n  - { job_name: streamgauge, static_configs: [{ targets: [%q] }] }\n",
		strings.TrimPrefix(s.HTTP, "http://"))
	for name, content := range map[string][]byte{"rules.yml": rules, "prometheus.yml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool(t, "prometheus"), "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:0", "--log.format=json", "--enable-feature=native-histograms")
	return runPrometheus(t, cmd)
}

func runPrometheus(t *testing.T, cmd *exec.Cmd) *prometheus {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &prometheus{cmd: cmd, done: make(chan struct{})}
	address, log := make(chan string, 1), newLines()
	go func() {
		defer close(p.done)
		log.readWith(stderr, func(line []byte) {
			var l struct{ Msg, Address string }
			if json.Unmarshal(line, &l) == nil && l.Msg == "Listening on" {
				address <- l.Address
			}
		})
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-p.done
		if t.Failed() {
			t.Logf("log of Prometheus:\n%s", log.all())
		}
	})
	select {
	case a := <-address:
		p.url = "http://" + a
	case <-p.done:
		t.Fatal("Prometheus ended at once")
	case <-time.After(patience):
		t.Fatal("Prometheus does not listen")
	}
	await(t, "Prometheus is ready", func() bool {
		resp, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// get reads an answer of Prometheus' API.
func (p *prometheus) get(t *testing.T, path string, data any) {
	t.Helper()
	resp, err := http.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %v %+v", path, err, answer)
	}
}

// query asks for an instant vector, and returns how many series there are and the value of the first.
func (p *prometheus) query(t *testing.T, expr string) (series int, first string) {
	t.Helper()
	var data struct{ Result []struct{ Value [2]any } }
	p.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &data)
	if len(data.Result) > 0 {
		first = fmt.Sprint(data.Result[0].Value[1])
	}
	return len(data.Result), first
}

// alerts are the names of the alerts in a state, each with its shard; all that are pending or firing without one.
func (p *prometheus) alerts(t *testing.T, state string) (names []string) {
	t.Helper()
	var data struct {
		Alerts []struct {
			State  string
			Labels map[string]string
		}
	}
	p.get(t, "/api/v1/alerts", &data)
	for _, a := range data.Alerts {
		if state == "" || a.State == state {
			names = append(names, strings.TrimSpace(a.Labels["alertname"]+" "+a.Labels["shard"]))
		}
	}
	return names
}

// awaitEvaluated waits until every rule was evaluated, and says which of them are not well.
func (p *prometheus) awaitEvaluated(t *testing.T) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	await(t, "every rule is evaluated", func() bool {
		data.Groups = nil
		p.get(t, "/api/v1/rules", &data)
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.Health == "err" {
					t.Fatalf("rule %s: %s", r.Name, r.LastError)
				}
				if r.Health != "ok" {
					return false
				}
			}
		}
		return len(data.Groups) > 0
	})
}

// A Prometheus that scrapes a healthy product sees every event, has native histograms and classic ones, and no alert fires.
func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	tool(t, "prometheus")
	s := startServer(t, t.TempDir())
	p := startPrometheus(t, s)
	await(t, "the product is scraped", func() bool { n, _ := p.query(t, "streamgauge_build_info"); return n == 1 })
	var body bytes.Buffer
	for i := range 50 {
		fmt.Fprintf(&body, `{"site":"shop","name":"pageview","url":"/%d","id":"e%[1]d","visitor":"v%[1]d"}`+"\n", i)
	}
	s.post(t, body.String())
	await(t, "Prometheus has 50 events", func() bool {
		_, counted := p.query(t, `sum(streamgauge_copies_total{outcome="counted"})`)
		_, booked := p.query(t, `streamgauge_ledger_events{outcome="counted"}`)
		_, delays := p.query(t, `histogram_count(streamgauge_event_delay_seconds)`)
		return counted == "50" && booked == "50" && delays == "50"
	})
	p.awaitEvaluated(t)
	await(t, "nothing is the matter, and no alert is pending", func() bool { return len(p.alerts(t, "")) == 0 })
	s.stop(t)
}

// A consumer that cannot make progress: the shards that have records are stuck, their alert fires, and the others' does not. The function's process here is one that
// starts and never asks for an event.
func TestAlertOfAStuckShard(t *testing.T) {
	t.Parallel()
	tool(t, "prometheus")
	dynamo := npm.Start(t, "dynalite")
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(bootstrap, []byte("#!/bin/sh\nexec sleep 3600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, t.TempDir(), "--lambda", "--bootstrap", bootstrap, "--dynamodb", dynamo, "--shards", "2")
	p := startPrometheus(t, s)
	await(t, "both shards are scraped", func() bool { n, _ := p.query(t, "streamgauge_shard_stalled_seconds"); return n == 2 })
	p.awaitEvaluated(t)
	await(t, "nothing was sent, and no alert is pending", func() bool { return len(p.alerts(t, "")) == 0 })
	s.post(t, `{"site":"shop","name":"pageview","url":"/tea","visitor":"v"}`)
	var alerts []string
	await(t, "the alert of the stuck shard fires", func() bool {
		alerts = p.alerts(t, "firing")
		return slices.ContainsFunc(alerts, func(a string) bool { return strings.HasPrefix(a, "StreamgaugeShardStuck shardId-") })
	})
	if len(alerts) != 1 {
		t.Errorf("%v fire", alerts)
	}
	var view struct {
		Shards []struct {
			State     string
			StalledMS int64 `json:"stalled_ms"`
		}
	}
	if err := json.Unmarshal(s.do(t, request{method: "GET", path: "/api/v1/pipeline"}).body, &view); err != nil {
		t.Fatal(err)
	}
	stalled := 0
	for _, one := range view.Shards {
		if one.StalledMS > 1000 {
			stalled++
		}
	}
	if stalled != 1 || len(view.Shards) != 2 {
		t.Errorf("the page sees %+v", view.Shards)
	}
	s.kill() // it would wait for the function
}

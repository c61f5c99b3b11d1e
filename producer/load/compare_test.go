package load

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// madeUp is a run of so many intervals whose latencies are scaled.
func madeUp(rnd *rand.Rand, n int, scale float64) *Result {
	h := newHistogram(runDigits)
	r := &Result{Plan: Plan{Rate: 100, For: time.Duration(n) * time.Second, Profile: Steady, Start: t0}, Target: "http://a.example/v1/events"}
	for i := range n + 1 {
		part := newHistogram(intervalDigits)
		for range 200 {
			d := time.Duration(scale * (1 + rnd.ExpFloat64()) * 10 * float64(time.Millisecond))
			record(part, d)
			record(h, d)
		}
		r.Intervals = append(r.Intervals, Interval{Start: float64(i), Seconds: 1, Due: 100, Accepted: 100, Requests: 200, Latency: bucketsOf(part)})
		r.Totals.Due += 100
	}
	r.Histogram, r.Latency = bucketsOf(h), latencyOf(h)
	return r
}

func TestCompare(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	a, same, slower := madeUp(rnd, 40, 1), madeUp(rnd, 40, 1), madeUp(rnd, 40, 1.2)
	for _, c := range Compare(a, slower) {
		// The truth lies outside of the bounds once in twenty times, so they get some slack; the far tail shows little in 40 intervals.
		sure := c.Name == "latency p50" || c.Name == "latency p90"
		if strings.HasPrefix(c.Name, "latency") && (sure && c.Verdict() != "worse" || c.Verdict() == "better" || c.Low > 0.35 || c.High < 0.1) {
			t.Errorf("seed %d: %s: %+v, want 20%% more", seed, c.Name, c)
		}
	}
	for _, c := range Compare(slower, a) {
		if (c.Name == "latency p50" || c.Name == "latency p90") && c.Verdict() != "better" {
			t.Errorf("seed %d: %s is %s", seed, c.Name, c.Verdict())
		}
	}
	shown := 0
	for _, c := range Compare(a, same) {
		if c.Verdict() != "no difference shown" {
			shown++
		}
		if c.Name == "errors" || strings.HasPrefix(c.Name, "freshness") {
			t.Errorf("%s is compared, and nobody measured it", c.Name)
		}
	}
	if shown > 2 {
		t.Errorf("seed %d: %d differences between runs of the same server", seed, shown)
	}
	if c := Compare(a, a); c[0].Change != 0 {
		t.Errorf("a run differs from itself: %+v", c[0])
	}
}

// The report is a page that is well formed, has no script, and asks for nothing.
func TestReport(t *testing.T) {
	r := madeUp(rand.New(rand.NewPCG(1, 0)), 30, 1)
	r.Target = `http://a.example/<script>alert(1)</script>`
	r.Totals.Failed, r.Totals.Errors = 7, map[string]uint64{"http 503": 7}
	r.Intervals[3].Errors = r.Totals.Errors
	r.Objectives = []Outcome{{"p99<1s", "40 ms", true}}
	r.Verified = &Verification{Checks: []Check{{"counted", 5, 5, 4}}, Missing: Difference{Events: 1, Examples: []string{"an-id"}}}
	r.Limit = &Limit{Holds: 10, Fails: 20, Trials: []Trial{{Rate: 10}}}
	fresh := r.Latency
	r.Freshness = &fresh
	var page bytes.Buffer
	if err := WriteReport(&page, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"http 503", "an-id", "Failed", "Not shown to hold at 20/s", "prefers-color-scheme:dark"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	checkPage(t, page.Bytes())
	var again Result
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &again)
	}
	if err != nil || again.Latency != r.Latency || len(again.Intervals) != len(r.Intervals) || again.Plan.For != r.Plan.For {
		t.Errorf("a result does not come back from JSON: %v", err)
	}
}

func checkPage(t *testing.T, page []byte) {
	t.Helper()
	for _, never := range []string{"<script", "href=", "src=", "NaN", "ZgotmplZ", "url(", "@import"} {
		if bytes.Contains(page, []byte(never)) {
			t.Errorf("the page holds %q", never)
		}
	}
}

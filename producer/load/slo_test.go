package load

import (
	"strings"
	"testing"
)

func TestObjectives(t *testing.T) {
	r := &Result{
		Histogram: Buckets{{1000, 90}, {50_000, 9}, {300_000, 1}}, Latency: Latency{Count: 100, Mean: 8.4, Max: 300},
		Totals: Totals{Due: 1000, Failed: 1}, Achieved: 990,
		Intervals: []Interval{{Fresh: Buckets{{70_000, 99}, {900_000, 1}}}},
	}
	for s, met := range map[string]bool{
		"p99<250ms": true, "p99<50ms": false, "p99.9<250ms": false, "p50<1.1ms": true, "errors<0.2%": true, "errors<0.1%": false, "mean<10ms": true,
		"max<0.3s": false, "rate>900/s": true, "rate>1k": false, "fresh-p99<100ms": true, "fresh-p99.9<100ms": false, "p99 < 250ms , errors<1%": true,
	} {
		os, err := ParseObjectives(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		ok := true
		for i, o := range os.Judge(r) {
			ok = ok && o.Met
			if again, err := ParseObjectives(o.Objective); err != nil || again[0] != os[i] {
				t.Errorf("%s is written as %s: %v", s, o.Objective, err)
			}
		}
		if ok != met {
			t.Errorf("%s is met: %v; %+v", s, ok, os.Judge(r))
		}
	}
	if os, _ := ParseObjectives("p99<1s,fresh-p50<1s"); os.Judge(&Result{})[0].Met || os.Judge(&Result{})[1].Met || !os.NeedFreshness() {
		t.Error("what nobody measured is met")
	}
	for _, s := range []string{"", "p99", "p99>1s", "p0<1s", "p100<1s", "q99<1s", "p99<5", "p99<-1s", "errors<5", "errors<101%", "rate<5/s", "rate>x", "p99<1s,,"} {
		if _, err := ParseObjectives(s); err == nil || !strings.Contains(err.Error(), "allowed are") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]float64{"500": 500, "500/s": 500, "20k/s": 20_000, "1.5M": 1.5e6, "0.5/s": 0.5} {
		if got, err := ParseRate(s); err != nil || got != want {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "k", "20k/m", "1e9", "NaN"} {
		if _, err := ParseRate(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

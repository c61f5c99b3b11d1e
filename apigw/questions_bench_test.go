package apigw

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// wave are the questions of a page with every card open, each with the path of its kind.
func wave() (all []struct{ kind, body string }) {
	const scope = `"site_id":"shop","date_range":["%s","%s"]`
	add := func(kind, fields string) {
		all = append(all, struct{ kind, body string }{kind, "{" + scope + "," + fields + "}"})
	}
	add("query", `"metrics":["visitors","visits","pageviews","views_per_visit","bounce_rate","visit_duration","total_revenue"],"include":{"comparisons":{"mode":"previous_period","to_date":true}}`)
	add("query", `"metrics":["visitors"],"dimensions":["time:minute"],"include":{"time_labels":true}`)
	for _, by := range []string{"event:page", "visit:source", "visit:country", "visit:browser", "visit:device", "event:name", "event:props:plan"} {
		add("query", fmt.Sprintf(`"metrics":["visitors","percentage"],"dimensions":[%q],"pagination":{"limit":9}`, by))
	}
	add("query", `"metrics":["lcp_p75","inp_p75","cls_p75","fcp_p75","ttfb_p75"]`)
	add("funnel", `"steps":[["is","event:name",["pageview"]],["is","event:name",["buy"]]]`)
	add("journey", `"page":"/a","direction":"next","pagination":{"limit":5}`)
	add("journey", `"page":"/a","direction":"previous","pagination":{"limit":5}`)
	return all
}

// BenchmarkWave answers the questions of a live page, each alone and all together.
func BenchmarkWave(b *testing.B) {
	r := newRig(b, parts{})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	begin := r.clock.now().Add(-50 * time.Minute)
	for minute := range 50 {
		var lines []string
		for i := range 120 {
			lines = append(lines, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/%c","visitor":"v%d","ts":%d,"props":{"plan":"p%d"}}`,
				'a'+i%20, (minute*17+i)%900, begin.Add(time.Duration(minute)*time.Minute+time.Duration(i)*500*time.Millisecond).UnixMilli(), i%3))
		}
		r.ask(http.MethodPost, "/v1/events", strings.Join(lines, "\n"))
	}
	r.consume()
	r.settle()
	span := []any{r.clock.now().Add(-30 * time.Minute).Format(time.RFC3339), r.clock.now().Format(time.RFC3339)}
	post := func(b *testing.B, path, body string) {
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if r.server.ServeHTTP(w, req); w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"error":{`)) {
			b.Fatal(w.Code, w.Body)
		}
	}
	cpu := func(b *testing.B, f func()) {
		b.ReportAllocs()
		began := cpuTime()
		for b.Loop() {
			f()
		}
		b.ReportMetric(float64((cpuTime()-began).Microseconds())/float64(b.N), "cpu-µs/wave")
	}
	b.Run("alone", func(b *testing.B) {
		cpu(b, func() {
			for _, q := range wave() {
				post(b, "/api/v2/"+q.kind, fmt.Sprintf(q.body, span...))
			}
		})
	})
	b.Run("together", func(b *testing.B) {
		cpu(b, func() {
			var all []string
			for _, q := range wave() {
				all = append(all, fmt.Sprintf(`{%q:%s}`, q.kind, fmt.Sprintf(q.body, span...)))
			}
			post(b, "/api/v2/questions", `{"questions":[`+strings.Join(all, ",")+`]}`)
		})
	})
}

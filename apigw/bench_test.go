package apigw

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// discard is a stream that takes everything and keeps nothing.
type discard struct{ none []error }

func (d discard) PutAll(_ context.Context, items []producer.Item) ([]error, error) {
	return d.none[:len(items)], nil
}

// newDiscarding returns a server in front of a stream that keeps nothing.
func newDiscarding() *Server {
	s, clock := storetest.NewMemory(), newClock()
	sites := aggregate.NewSites(s, clock.now)
	reader := aggregate.NewReader(s, sites)
	return New(Options{
		Putter: discard{make([]error, 500)}, Store: s, Sites: sites, Reader: reader, CreateSites: true,
		Live: aggregate.NewLive(reader, aggregate.LiveOptions{Now: clock.now}), Accounts: aggregate.NewAccounts(s, clock.now),
		Quarantine: aggregate.NewQuarantine(s, clock.now), Now: clock.now,
	})
}

// BenchmarkEvents takes requests in process: what the front door itself costs, without a network and without a stream.
func BenchmarkEvents(b *testing.B) {
	for _, who := range []string{"visitor", "cookieless"} {
		for _, n := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/%d", who, n), func(b *testing.B) { benchmarkEvents(b, benchBody(n, who == "visitor"), n) })
		}
	}
}

// BenchmarkInspected takes the same requests with nobody to look at them, kept or not, and while somebody watches.
func BenchmarkInspected(b *testing.B) {
	for _, who := range []string{"nothing kept", "nobody looks", "somebody watches"} {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", who, n), func(b *testing.B) {
				server := newDiscarding()
				if who != "nothing kept" {
					server.inspector = newInspector(server.o.Now)
					server.o.Samples = NewSamples(server.o.Now, true)
				}
				if who == "somebody watches" {
					w, _ := server.inspector.join("shop", 0)
					go func() {
						for range w.events { // until it is let go
						}
					}()
					defer server.inspector.end()
				}
				benchmarkEventsOf(b, server, benchBody(n, true), n)
			})
		}
	}
}

func benchmarkEvents(b *testing.B, body []byte, n int) {
	benchmarkEventsOf(b, newDiscarding(), body, n)
}

func benchmarkEventsOf(b *testing.B, server *Server, body []byte, n int) {
	in := bytes.NewReader(body)
	req := httptest.NewRequest(http.MethodPost, "/v1/events", nil)
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Body, req.ContentLength = io.NopCloser(in), int64(len(body))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := cpuTime()
	for b.Loop() {
		in.Reset(body)
		w := httptest.NewRecorder()
		if server.ServeHTTP(w, req); w.Code != http.StatusAccepted {
			b.Fatal(w.Code, w.Body)
		}
	}
	runtime.ReadMemStats(&after)
	events := float64(b.N * n)
	b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/events, "cpu-ns/event")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/events, "ns/event")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/events, "allocs/event")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/events, "B/event")
}

// benchBody is n events of about 420 bytes, one a line.
func benchBody(n int, visitors bool) []byte {
	var body bytes.Buffer
	for i := range n {
		body.WriteString(`{"site":"shop","name":"pageview",`)
		if visitors {
			fmt.Fprintf(&body, `"visitor":"v-%d",`, i%20)
		}
		fmt.Fprintf(&body, `"id":"0190c5a0-1d6e-7a4b-9c1f-%012x","ts":1773489600000,`, i)
		body.WriteString(`"url":"https://shop.example/tea/green?size=2&utm_source=letter","referrer":"https://search.example/q?tea",` +
			`"title":"Green tea, loose leaf, two sizes","session":"s-3f9a2b7c","props":{"plan":"free","seats":3,"theme":"dark"},` +
			`"engaged_ms":5400,"scroll":60,"screen":"1920x1080","lang":"de-AT"}` + "\n")
	}
	return body.Bytes()
}

package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/dashboards/exporter"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// sliceMeters are what the consumer is measured by, slice by slice.
type sliceMeters struct {
	recorder *pipeline.Recorder
	sites    exporter.Sites
	copies   *prometheus.CounterVec
	delay    *exporter.Weighted
}

// newSliceMeters registers the meters only where the consumer is in this process: elsewhere they would say that nothing is counted.
func newSliceMeters(reg prometheus.Registerer, r *pipeline.Recorder, inProcess bool) *sliceMeters {
	m := &sliceMeters{recorder: r, copies: exporter.NewCounter(meters.Copies), delay: exporter.NewWeighted(meters.EventDelay)}
	if inProcess {
		reg.MustRegister(m.copies, m.delay)
	}
	return m
}

func (m *sliceMeters) slice(r consumer.Report) {
	for site, l := range r.Tally {
		label := m.sites.Label(site)
		m.copies.WithLabelValues(label, "counted").Add(float64(l.Counted))
		m.copies.WithLabelValues(label, "duplicate").Add(float64(l.Duplicate))
		m.copies.WithLabelValues(label, "bot").Add(float64(l.Bot))
		m.copies.WithLabelValues(label, "late").Add(float64(l.Late))
		m.copies.WithLabelValues(label, "quarantined").Add(float64(l.Quarantined))
		m.copies.WithLabelValues(label, "redelivered").Add(float64(l.Redelivered))
	}
	m.recorder.Delays(r.Delays)
	for d, n := range r.Delays {
		m.delay.Observe(d.Seconds(), n)
	}
}

// newMessageMeter registers the meter of messages and returns what counts those of a round.
func newMessageMeter(reg prometheus.Registerer) func(aggregate.Sent) {
	messages := exporter.NewCounter(meters.Messages)
	reg.MustRegister(messages)
	sent, failed, givenUp := messages.WithLabelValues("sent"), messages.WithLabelValues("failed"), messages.WithLabelValues("given_up")
	return func(s aggregate.Sent) {
		sent.Add(float64(s.Sent))
		failed.Add(float64(s.Failed))
		givenUp.Add(float64(s.GivenUp))
	}
}

// doorMeters are what the front door is measured by.
type doorMeters struct {
	recorder                 *pipeline.Recorder
	accepted, invalid, retry prometheus.Counter
	faults                   *prometheus.CounterVec
	ack                      prometheus.Observer
}

func newDoorMeters(reg prometheus.Registerer, r *pipeline.Recorder) *doorMeters {
	events, faults, ack := exporter.NewCounter(meters.DoorEvents), exporter.NewCounter(meters.DoorInvalid), exporter.NewHistogram(meters.DoorAck)
	reg.MustRegister(events, faults, ack)
	return &doorMeters{
		recorder: r,
		accepted: events.WithLabelValues("accepted"), invalid: events.WithLabelValues("invalid"), retry: events.WithLabelValues("retry"),
		faults: faults, ack: ack.WithLabelValues(),
	}
}

// Events implements apigw.Counters.
func (m *doorMeters) Events(accepted, invalid, retry int) {
	m.accepted.Add(float64(accepted))
	m.invalid.Add(float64(invalid))
	m.retry.Add(float64(retry))
	m.recorder.Door(accepted, invalid, retry)
}

// Acked implements apigw.Counters.
func (m *doorMeters) Acked(took time.Duration) {
	m.ack.Observe(took.Seconds())
	m.recorder.Acked(took)
}

// Fault implements apigw.Counters.
func (m *doorMeters) Fault(code string) { m.faults.WithLabelValues(code).Inc() }

// clientMeters count the connections that frames are pushed to.
type clientMeters struct{ live, inspect prometheus.Gauge }

func newClientMeters(reg prometheus.Registerer) *clientMeters {
	feeds := exporter.NewGauge(meters.Clients)
	reg.MustRegister(feeds)
	return &clientMeters{live: feeds.WithLabelValues("live"), inspect: feeds.WithLabelValues("inspect")}
}

// around counts the requests for feeds for as long as they are served. The rest passes.
func (m *clientMeters) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if feed := m.feed(r); feed != nil {
			feed.Inc()
			defer feed.Dec()
		}
		h.ServeHTTP(w, r)
	})
}

// feed is the gauge of the feed that a request asks for, or nil.
func (m *clientMeters) feed(r *http.Request) prometheus.Gauge {
	switch {
	case r.URL.Path == "/api/v1/live":
		return m.live
	case r.URL.Path == "/api/v1/inspect" && !strings.Contains(r.Header.Get("Accept"), "application/json"):
		return m.inspect
	}
	return nil
}

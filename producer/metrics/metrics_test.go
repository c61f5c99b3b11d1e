package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/producer/metrics"
)

type fixed producer.Stats

func (f fixed) Stats() producer.Stats { return producer.Stats(f) }

func TestCollector(t *testing.T) {
	c := metrics.New(fixed{Events: 7, Failed: 2, Throttled: 3, Requests: 6, InFlight: 1, RequestTime: 1500 * time.Millisecond, Limit: 4, SpoolBytes: 99},
		prometheus.Labels{"stream": "clicks"})
	if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	want := `
# HELP streamgauge_producer_events_failed_total Events that were taken and not delivered.
# TYPE streamgauge_producer_events_failed_total counter
streamgauge_producer_events_failed_total{stream="clicks"} 2
# HELP streamgauge_producer_events_total Events that the stream acknowledged.
# TYPE streamgauge_producer_events_total counter
streamgauge_producer_events_total{stream="clicks"} 7
# HELP streamgauge_producer_request_duration_seconds PutRecords calls that have ended, and the time they took.
# TYPE streamgauge_producer_request_duration_seconds summary
streamgauge_producer_request_duration_seconds_sum{stream="clicks"} 1.5
streamgauge_producer_request_duration_seconds_count{stream="clicks"} 5
# HELP streamgauge_producer_requests_limit PutRecords calls that may wait for their answer now.
# TYPE streamgauge_producer_requests_limit gauge
streamgauge_producer_requests_limit{stream="clicks"} 4
# HELP streamgauge_producer_spool_bytes Bytes of the files of the spool.
# TYPE streamgauge_producer_spool_bytes gauge
streamgauge_producer_spool_bytes{stream="clicks"} 99
`
	err := testutil.CollectAndCompare(c, strings.NewReader(want), "streamgauge_producer_events_total", "streamgauge_producer_events_failed_total",
		"streamgauge_producer_request_duration_seconds", "streamgauge_producer_requests_limit", "streamgauge_producer_spool_bytes")
	if err != nil {
		t.Error(err)
	}
	two := prometheus.NewRegistry()
	two.MustRegister(c, metrics.New(fixed{}, prometheus.Labels{"stream": "orders"}))
	if n, err := testutil.GatherAndCount(two, "streamgauge_producer_events_total"); err != nil || n != 2 {
		t.Errorf("two producers in one registry: %d, %v", n, err)
	}
}

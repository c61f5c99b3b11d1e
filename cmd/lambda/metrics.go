package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// metrics writes metrics in CloudWatch's embedded metric format (Embedded Metric Format Specification): a line of JSON on stdout each, from
// which CloudWatch Logs makes metrics without a call. The dimensions are stage and function, and never what visitors or sites can choose: each
// combination is a metric of its own, and paid for.
type metrics struct {
	out      io.Writer
	stage    string
	function string
	now      func() time.Time

	mu sync.Mutex // guards out: a line is written as a whole
}

// metric is one value of a series.
type metric struct {
	series meters.Series
	value  float64
}

type metricName struct {
	Name string
	Unit string
}

// emit writes metrics as one line. The request id is in it, so that a value leads to its log.
func (m *metrics) emit(requestID string, values ...metric) {
	names := make([]metricName, 0, len(values))
	line := map[string]any{"Stage": m.stage, "Function": m.function, "request_id": requestID}
	for _, v := range values {
		if v.series.Unit != meters.Aside {
			names = append(names, metricName{v.series.Name, v.series.Unit})
		}
		line[v.series.Name] = v.value
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": meters.Namespace, "Dimensions": [][]string{{"Stage", "Function"}}, "Metrics": names,
		}},
	}
	b, err := json.Marshal(line)
	if err != nil {
		return // a value that is no number: nothing that a function should fail for
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _ = m.out.Write(append(b, '\n')) // there is nowhere else to tell
}

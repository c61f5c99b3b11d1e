package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
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

const namespace = "Streamgauge"

// The units of CloudWatch that are used.
const (
	count        = "Count"
	milliseconds = "Milliseconds"
	none         = "None"
)

// metric is one value.
type metric struct {
	name  string
	unit  string
	value float64
}

type metricName struct {
	Name string
	Unit string
}

// emit writes metrics as one line. The request id is in it, so that a value leads to its log.
func (m *metrics) emit(requestID string, values ...metric) {
	names := make([]metricName, len(values))
	line := map[string]any{"Stage": m.stage, "Function": m.function, "request_id": requestID}
	for i, v := range values {
		names[i] = metricName{v.name, v.unit}
		line[v.name] = v.value
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": namespace, "Dimensions": [][]string{{"Stage", "Function"}}, "Metrics": names,
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

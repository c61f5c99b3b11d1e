package stream

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// EnableEnhancedMonitoring is only remembered: there is no CloudWatch to send the metrics of shards to.
// See kinesis.Client.EnableEnhancedMonitoring.
func (c *Client) EnableEnhancedMonitoring(
	ctx context.Context, in *kinesis.EnableEnhancedMonitoringInput, _ ...options,
) (*kinesis.EnableEnhancedMonitoringOutput, error) {
	return call(ctx, c.b, in, c.b.enableEnhancedMonitoring)
}

func (b *Broker) enableEnhancedMonitoring(_ context.Context, in *kinesis.EnableEnhancedMonitoringInput) (*kinesis.EnableEnhancedMonitoringOutput, error) {
	m, err := b.changeMonitoring(in.StreamName, in.StreamARN, in.ShardLevelMetrics, func(on, named bool) bool { return on || named })
	if err != nil {
		return nil, err
	}
	return &kinesis.EnableEnhancedMonitoringOutput{
		StreamName: m.name, StreamARN: m.arn, CurrentShardLevelMetrics: m.before, DesiredShardLevelMetrics: m.after,
	}, nil
}

// monitoringChange is what a change of the metrics answers.
type monitoringChange struct {
	name, arn     *string
	before, after []types.MetricsName
}

// changeMonitoring asks set of every metric whether it shall be on, given whether it is and whether the request names it.
func (b *Broker) changeMonitoring(
	name, arn *string, metrics []types.MetricsName, set func(on, named bool) bool,
) (*monitoringChange, error) {
	if err := checkMonitoring(name, arn, metrics); err != nil {
		return nil, err
	}
	s, err := b.lookup(name, arn)
	if err != nil {
		return nil, err
	}
	m := &monitoringChange{name: &s.Name, arn: &s.arn, after: []types.MetricsName{}}
	err = b.change(s, func(v *version, to *settings) error {
		m.before = v.metrics()
		for _, metric := range allMetrics() {
			named := slices.Contains(metrics, metric) || slices.Contains(metrics, types.MetricsNameAll)
			if set(slices.Contains(v.Metrics, metric), named) {
				m.after = append(m.after, metric)
			}
		}
		to.Metrics = slices.Clone(m.after)
		return nil
	})
	return m, err
}

func checkMonitoring(name, arn *string, metrics []types.MetricsName) error {
	var v violations
	v.required("shardLevelMetrics", metrics != nil)
	if n := len(metrics); metrics != nil && (n == 0 || n > len(allMetrics())) {
		v.length(fmt.Sprintf("'%v'", metrics), "shardLevelMetrics", n, 1, len(allMetrics()))
	}
	for i, m := range metrics {
		enum(&v, fmt.Sprintf("shardLevelMetrics.%d.member", i+1), m, m.Values())
	}
	v.stream(name, arn)
	return v.err()
}

// allMetrics are the metrics that ALL stands for.
func allMetrics() []types.MetricsName {
	return slices.DeleteFunc(types.MetricsName("").Values(), func(m types.MetricsName) bool { return m == types.MetricsNameAll })
}

// metrics are the metrics that are on, an empty list if none are.
func (v *version) metrics() []types.MetricsName { return append([]types.MetricsName{}, v.Metrics...) }

// monitoring is how descriptions show the metrics.
func (v *version) monitoring() []types.EnhancedMetrics {
	return []types.EnhancedMetrics{{ShardLevelMetrics: v.metrics()}}
}

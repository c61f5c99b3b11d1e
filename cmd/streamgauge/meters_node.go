package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/dashboards/exporter"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// nodeCollector shows what is a state, and is asked for at each scrape.
type nodeCollector struct {
	node   *node
	shards *shardMeters
}

// scrapeTimeout bounds how long a scrape waits for the store.
const scrapeTimeout = 5 * time.Second

// shown are the meters of nodeCollector.
func (c *nodeCollector) shown() []meters.Meter {
	all := []meters.Meter{
		meters.IteratorAge, meters.ShardStalled, meters.Ledger, meters.LedgerImbalance, meters.QuarantineWaiting,
		meters.RollupLag, meters.RollupPasses, meters.RollupFailures, meters.RollupLastPass, meters.RollupMarks,
		meters.StoreWrites, meters.StoreReads, meters.StoreWrittenBytes, meters.StoreReadBytes, meters.StoreFailures, meters.Build,
	}
	if c.node.dynamo != nil {
		all = append(all, meters.StoreReadUnits, meters.StoreWriteUnits, meters.StoreThrottles, meters.StoreRetries)
	}
	return all
}

// Describe implements prometheus.Collector.
func (c *nodeCollector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.shown() {
		to <- exporter.Desc(m)
	}
}

// Collect implements prometheus.Collector.
func (c *nodeCollector) Collect(to chan<- prometheus.Metric) {
	show := func(m meters.Meter, v float64, labels ...string) { to <- exporter.Value(m, v, labels...) }
	show(meters.Build, 1, version())
	c.collectShards(show)
	c.collectRoller(show)
	c.collectStore(show)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	facts, err := c.node.facts.Facts(ctx)
	if err != nil {
		c.node.failed(err, "reading the books for /metrics failed; they are left out")
		return
	}
	facts.Show(time.Now(), show)
}

type show func(m meters.Meter, v float64, labels ...string)

func (c *nodeCollector) collectShards(show show) {
	now, listed := time.Now(), make(map[string]bool)
	for _, s := range c.node.mapping.Status() {
		listed[s.ShardID] = true
		show(meters.IteratorAge, s.Age(now).Seconds(), s.ShardID)
		show(meters.ShardStalled, s.Stalled(now).Seconds(), s.ShardID)
	}
	c.shards.keep(listed)
}

func (c *nodeCollector) collectRoller(show show) {
	s := c.node.roller.Stats()
	show(meters.RollupPasses, float64(s.Passes))
	show(meters.RollupFailures, float64(s.Failures))
	if !s.LastPass.IsZero() {
		show(meters.RollupLastPass, float64(s.LastPass.UnixMilli())/1000)
	}
}

func (c *nodeCollector) collectStore(show show) {
	s := c.node.metered.Counts()
	show(meters.StoreWrites, float64(s.Writes))
	show(meters.StoreReads, float64(s.Reads))
	show(meters.StoreWrittenBytes, float64(s.WrittenBytes))
	show(meters.StoreReadBytes, float64(s.ReadBytes))
	show(meters.StoreFailures, float64(s.Failures))
	if c.node.dynamo == nil {
		return
	}
	used := c.node.dynamo.Consumed()
	show(meters.StoreReadUnits, used.Read)
	show(meters.StoreWriteUnits, used.Written)
	show(meters.StoreThrottles, float64(used.Throttled))
	show(meters.StoreRetries, float64(used.Retries))
}

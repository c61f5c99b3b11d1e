package main

import (
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/consumer/mapping"
)

// buildRecorder makes what the operator's view is answered from.
func (n *node) buildRecorder(reader *aggregate.Reader) {
	n.facts = pipeline.NewKeeper(reader, n.flushAccounts, time.Now)
	s := pipeline.Sources{Shards: n.shardStates, Store: n.storeSums, Facts: n.facts.Facts, Roller: n.rolled}
	if n.environments != nil {
		s.Delays = pipeline.NewGatherer(n.store, time.Now).FillDelays // the function notes them
	}
	n.recorder = pipeline.NewRecorder(s, time.Now)
}

func (n *node) storeSums() pipeline.StoreSums {
	c := n.metered.Counts()
	return pipeline.StoreSums{Writes: c.Writes, WrittenBytes: c.WrittenBytes, Reads: c.Reads}
}

func (n *node) rolled(out *pipeline.Rollup) {
	s := n.roller.Stats()
	out.Passes, out.Failures = s.Passes, s.Failures
	if !s.LastPass.IsZero() {
		out.LastPassAt = s.LastPass.UnixMilli()
	}
}

// shardStates says how the consumer of each shard is.
func (n *node) shardStates() []pipeline.Shard {
	now, status := time.Now(), n.mapping.Status()
	shards := make([]pipeline.Shard, len(status))
	for i := range status {
		s := &status[i]
		stalled := s.Stalled(now)
		shards[i] = pipeline.Shard{
			Shard: s.ShardID, State: stateOf(s, stalled), IteratorAgeMS: s.Age(now).Milliseconds(), StalledMS: stalled.Milliseconds(),
			LastError: firstLine(s.LastError),
		}
	}
	return shards
}

func stateOf(s *mapping.ShardStatus, stalled time.Duration) pipeline.State {
	switch {
	case s.State == mapping.Drained:
		return pipeline.Closed
	case stalled >= pipeline.StuckAfter:
		return pipeline.Stuck
	case s.LastError != nil:
		return pipeline.Failing
	case s.State == mapping.Idle, s.State == mapping.Waiting:
		return pipeline.Idle
	}
	return pipeline.Polling
}

// maxError is how many bytes of an error are shown.
const maxError = 300

// firstLine is an error as a line.
func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > maxError {
		line = strings.ToValidUTF8(line[:maxError], "") + "…"
	}
	return line
}

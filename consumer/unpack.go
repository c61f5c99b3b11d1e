package consumer

import (
	"bytes"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// unpack appends the copies that a record holds: one for each line. A record in which no line looks like a JSON object is one copy, and poison:
// its bytes stay together.
func unpack(items []item, r *events.KinesisEventRecord) []item {
	base := item{
		pos: aggregate.Position{
			Stream: r.EventSourceArn, Shard: shardOf(r.EventID), SequenceNumber: r.Kinesis.SequenceNumber,
		},
		arrival:      max(0, r.Kinesis.ApproximateArrivalTimestamp.UnixMilli()), // a record without one has year 1
		partitionKey: r.Kinesis.PartitionKey,
	}
	if !holdsObject(r.Kinesis.Data) {
		base.data = r.Kinesis.Data
		base.quarantine(poisonRecord, "no line of the record is a JSON object")
		return append(items, base)
	}
	for i, line := range event.Lines(r.Kinesis.Data) {
		it := base
		it.pos.Index, it.data = i, line
		items = append(items, it)
	}
	return items
}

// holdsObject reports whether a line begins as a JSON object does.
func holdsObject(record []byte) bool {
	for _, line := range event.Lines(record) {
		if line = bytes.TrimLeft(line, " \t"); len(line) > 0 && line[0] == '{' {
			return true
		}
	}
	return false
}

// shardOf returns the shard of an event id of the event source mapping, "shardId-000000000000:4954…".
func shardOf(eventID string) string {
	shard, _, _ := strings.Cut(eventID, ":")
	return shard
}

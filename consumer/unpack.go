package consumer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/kpl"
)

// unpack appends the copies that a record holds: one for each line, also of what is compressed or aggregated in it. A copy's index is its number
// in the record, which depends on nothing but the record's bytes. A record that cannot be read is one copy, and poison: its bytes stay
// together. It returns how many bytes came out of what was compressed, too.
func unpack(items []item, r *events.KinesisEventRecord) (_ []item, grown int) {
	u := unpacker{items: items, first: len(items), room: maxUnpacked}
	base := sourceOf(r)
	if err := u.record(base); err != nil {
		clear(u.items[u.first:])
		u.items = u.items[:u.first]
		u.add(base, base.data).quarantine(poisonPacked, err.Error())
		return u.items, 0
	}
	return u.items, maxUnpacked - u.room
}

// sourceOf is where a record came from, not taken apart.
func sourceOf(r *events.KinesisEventRecord) source {
	return source{
		pos: aggregate.Position{
			Stream: r.EventSourceArn, Shard: shardOf(r.EventID), SequenceNumber: r.Kinesis.SequenceNumber,
		},
		arrival:      max(0, r.Kinesis.ApproximateArrivalTimestamp.UnixMilli()), // a record without one has year 1
		partitionKey: r.Kinesis.PartitionKey,
		data:         r.Kinesis.Data,
	}
}

// unpacker takes one record apart.
type unpacker struct {
	items []item
	first int // of this record
	room  int // bytes that may still come out of what is compressed
}

// record reads what lies on the stream under one sequence number. An aggregated one holds records of its own, which are not aggregated
// again; each of them may be compressed.
func (u *unpacker) record(base source) error {
	if !kpl.IsAggregated(base.data) {
		return u.lines(base)
	}
	records, err := kpl.Decode(base.data)
	if err != nil {
		return err
	}
	for i, r := range records {
		if kpl.IsAggregated(r.Data) {
			return fmt.Errorf("aggregated record: user record %d is aggregated itself", i)
		}
		base.data = r.Data
		if event.AuthorizedSite(base.partitionKey) == "" { // else the sender wrote this one, and not that
			base.partitionKey = r.PartitionKey
		}
		if err := u.lines(base); err != nil {
			return err
		}
	}
	if len(records) == 0 {
		u.poison(base)
	}
	return nil
}

// lines reads events, one a line.
func (u *unpacker) lines(base source) (err error) {
	if isCompressed(base.data) {
		if base.data, err = decompress(base.data, u.room); err != nil {
			return err
		}
		u.room -= len(base.data)
	}
	if !holdsObject(base.data) {
		u.poison(base)
		return nil
	}
	for _, line := range event.Lines(base.data) {
		u.add(base, line)
	}
	return nil
}

// poison adds bytes in which there is no event.
func (u *unpacker) poison(base source) {
	u.add(base, base.data).quarantine(poisonRecord, "no line of the record is a JSON object")
}

// add appends an item, which is valid until the next one. It may have room for properties already.
func (u *unpacker) add(base source, data []byte) *item {
	n := len(u.items)
	u.items = slices.Grow(u.items, 1)[:n+1]
	it := &u.items[n]
	it.source = base
	it.pos.Index, it.data = n-u.first, data
	return it
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

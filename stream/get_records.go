package stream

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// Limits of one GetRecords.
const (
	maxGetRecords = 10_000
	maxGetBytes   = 10 << 20 // of data and partition keys together
)

// GetRecords returns records from an iterator on, and the iterator to go on with. See kinesis.Client.GetRecords.
func (c *Client) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...options) (*kinesis.GetRecordsOutput, error) {
	out, err := call(ctx, c.b, in, c.b.getRecords)
	if err != nil {
		return nil, err
	}
	if !c.shares {
		ownData(out.Records)
	}
	return out, nil
}

// getRecords returns records whose data is shared with other readers and must not be changed.
func (b *Broker) getRecords(_ context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	p, err := b.getPage(in)
	if err != nil {
		return nil, err
	}
	return p.output(), nil
}

// page is what GetRecords found, as the log has it.
type page struct {
	shard      *shard
	encryption types.EncryptionType
	entries    []shardlog.Entry
	behind     *int64
	next       *string            // nil at the end of the shard
	children   []types.ChildShard // at the end of the shard
}

// output shows a page as the API does.
func (p *page) output() *kinesis.GetRecordsOutput {
	return &kinesis.GetRecordsOutput{
		Records: p.shard.records(p.entries, p.encryption), MillisBehindLatest: p.behind, NextShardIterator: p.next, ChildShards: p.children,
	}
}

func (b *Broker) getPage(in *kinesis.GetRecordsInput) (*page, error) {
	var v violations
	v.number("limit", in.Limit, 1, maxGetRecords)
	v.required("shardIterator", in.ShardIterator != nil)
	v.text("shardIterator", in.ShardIterator, 1, 512, anyPattern)
	if err := v.err(); err != nil {
		return nil, err
	}
	s, _, t, err := b.position(*in.ShardIterator)
	if err := cmp.Or(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	limit := maxGetRecords
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	var p *page
	err = b.use(s, func(v *version) error {
		sh := v.shard(t.shard)
		if sh == nil { // expired since it was looked up
			return b.shardNotFound(shardID(t.shard), s.Name)
		}
		if !sh.meter.read(b.now()) {
			return b.rateExceeded(s, sh)
		}
		batch, err := b.read(v, sh, t.index, limit, maxGetBytes)
		if err != nil {
			return err
		}
		sh.meter.charge(batch.Entries)
		p = &page{shard: sh, encryption: v.encryption(), entries: batch.Entries, behind: b.behind(batch)}
		if sh.drained(batch.Next) {
			p.children = v.children(sh)
		} else {
			p.next = b.iterate(s, sh, batch.Next)
		}
		return nil
	})
	return p, err
}

// drained reports whether nothing is left, and nothing will come, from an index on.
func (sh *shard) drained(from uint64) bool { return sh.closed() && from >= sh.log.End() }

// behind is the age of the first record that a read left. 0 means caught up, so one that came just now counts as 1 ms.
func (b *Broker) behind(batch shardlog.Batch) *int64 {
	age := int64(0)
	if batch.Behind != 0 {
		age = max(1, b.now()-batch.Behind)
	}
	return &age
}

// records shows entries as the API does. What they point to is allocated in few pieces.
func (sh *shard) records(entries []shardlog.Entry, encryption types.EncryptionType) []types.Record {
	numbers := sh.sequenceNumbers(len(entries), func(i int) (uint64, int64) { return entries[i].Index, entries[i].Arrival })
	keys := partitionKeys(entries)
	times := make([]time.Time, len(entries))
	out := make([]types.Record, len(entries))
	for i, e := range entries {
		times[i] = time.UnixMilli(e.Arrival).UTC()
		out[i] = types.Record{
			Data:                        e.Data,
			PartitionKey:                &keys[i],
			SequenceNumber:              &numbers[i],
			ApproximateArrivalTimestamp: &times[i],
			EncryptionType:              encryption,
		}
	}
	return out
}

func partitionKeys(entries []shardlog.Entry) []string {
	size := 0
	for _, e := range entries {
		size += len(e.Key)
	}
	var all strings.Builder
	all.Grow(size)
	keys := make([]string, len(entries))
	for i, e := range entries {
		at := all.Len()
		all.Write(e.Key)
		keys[i] = all.String()[at:]
	}
	return keys
}

// ownData gives the records data of their own, in one piece, so that the caller may change it.
func ownData(records []types.Record) {
	size := 0
	for i := range records {
		size += len(records[i].Data)
	}
	all := bytes.NewBuffer(make([]byte, 0, size))
	for i := range records {
		at := all.Len()
		all.Write(records[i].Data)
		records[i].Data = all.Bytes()[at:all.Len():all.Len()]
	}
}

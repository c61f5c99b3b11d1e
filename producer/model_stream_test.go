package producer

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/klauspost/compress/zstd"

	"github.com/streamgauge/streamgauge/event/kpl"
)

var decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))

// unpack returns the items of a record, each with its own key. The caller holds mu.
func (m *model) unpack(r types.PutRecordsRequestEntry) (items []Item) {
	users := []kpl.Record{{PartitionKey: *r.PartitionKey, Data: r.Data}}
	switch {
	case kpl.IsAggregated(r.Data):
		var err error
		users, err = kpl.Decode(r.Data)
		m.must(err == nil && m.opts.Aggregation != NoAggregation, "aggregated record: %v", err)
		m.must(len(users) > 1 && users[0].PartitionKey == *r.PartitionKey, "aggregated record of %d under key %q", len(users), *r.PartitionKey)
	case bytes.HasPrefix(r.Data, []byte("\x28\xb5\x2f\xfd")):
		data, err := decoder.DecodeAll(r.Data, nil)
		m.must(err == nil && m.opts.Compressor != nil && len(data) > len(r.Data), "compressed record of %d bytes: %v", len(data), err)
		users[0].Data = data
	}
	for _, u := range users {
		lines := bytes.Split(u.Data, []byte("\n"))
		m.must(len(lines) == 1 || m.opts.Aggregation == NoAggregation, "lines in a user record")
		for _, line := range lines {
			items = append(items, Item{PartitionKey: u.PartitionKey, Data: line})
		}
	}
	return items
}

func (m *model) addShard(from, to *big.Int) {
	m.shards = append(m.shards, types.Shard{
		ShardId:             aws.String(fmt.Sprintf("shardId-%012d", len(m.shards))),
		HashKeyRange:        &types.HashKeyRange{StartingHashKey: aws.String(from.String()), EndingHashKey: aws.String(to.String())},
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
	})
}

func bounds(s types.Shard) (from, to *big.Int) {
	from, _ = new(big.Int).SetString(*s.HashKeyRange.StartingHashKey, 10)
	to, _ = new(big.Int).SetString(*s.HashKeyRange.EndingHashKey, 10)
	return from, to
}

func isOpen(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber == nil }

// shardOf finds the open shard of a key the obvious way.
func (m *model) shardOf(key string) string {
	sum := md5.Sum([]byte(key))
	h := new(big.Int).SetBytes(sum[:])
	for _, s := range m.shards {
		if from, to := bounds(s); isOpen(s) && from.Cmp(h) <= 0 && h.Cmp(to) <= 0 {
			return *s.ShardId
		}
	}
	panic("no open shard")
}

// reshard splits a shard somewhere, or merges two that are neighbours.
func (m *model) reshard(rnd *rand.Rand) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var open []int
	for i, s := range m.shards {
		if isOpen(s) {
			open = append(open, i)
		}
	}
	i := open[rnd.IntN(len(open))]
	from, to := bounds(m.shards[i])
	for _, j := range open {
		if next, end := bounds(m.shards[j]); rnd.IntN(2) == 0 && next.Cmp(new(big.Int).Add(to, big.NewInt(1))) == 0 {
			m.close(i, j)
			m.addShard(from, end)
			return
		}
	}
	m.split(i, rnd.Int64N(100))
}

// splitShard splits a shard in the middle.
func (m *model) splitShard(i int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.split(i, 50)
}

// split gives a first part of a shard, in per cent, to one child and the rest to another.
func (m *model) split(i int, percent int64) {
	from, to := bounds(m.shards[i])
	if from.Cmp(to) == 0 {
		return
	}
	middle := new(big.Int).Sub(to, from)
	middle.Mul(middle, big.NewInt(percent)).Div(middle, big.NewInt(100)).Add(middle, from)
	m.close(i)
	m.addShard(from, middle)
	m.addShard(middle.Add(middle, big.NewInt(1)), to)
}

func (m *model) close(shards ...int) {
	for _, i := range shards {
		m.shards[i].SequenceNumberRange = &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("2")}
	}
}

// lister answers ListShards in pages, and now and then not at all, or as it was a while ago.
type lister struct {
	m    *model
	rnd  *rand.Rand // nil: always as it is; used under m.mu
	last []types.Shard
}

func (l *lister) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	const page = 3
	var from int
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &from)
	} else if l.rnd == nil || len(l.last) == 0 || l.rnd.IntN(3) > 0 {
		l.last = append([]types.Shard(nil), l.m.shards...)
	}
	if l.rnd != nil && l.rnd.IntN(5) == 0 {
		return nil, errConnection
	}
	out := &kinesis.ListShardsOutput{Shards: l.last[from:min(from+page, len(l.last))]}
	if from+page < len(l.last) {
		out.NextToken = aws.String(fmt.Sprint(from + page))
	}
	return out, nil
}

// never cannot list shards.
type never struct{}

func (never) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return nil, errConnection
}

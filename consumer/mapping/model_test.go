package mapping

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// model is a small Kinesis in memory: shards that grow, close and have children, iterators that expire, pages of shards and of
// records. Times are those of package time, so it runs on virtual time too.
type model struct {
	mu     sync.Mutex
	shards []*modelShard
	puts   int
	grown  chan struct{} // closed and replaced at every change of a shard

	pageShards  int // of a ListShards answer
	pageRecords int // of a GetRecords answer
	// fault is asked before every call; its error is the call's.
	fault func(call, shardID string) error
	// blank is asked whether a GetRecords answer has no records though there are some, as those of Kinesis may.
	blank func() bool
	calls map[string]int
}

type modelShard struct {
	id      string
	parents []string
	records []types.Record
	closed  bool
	trimmed bool // out of the retention period: neither listed nor readable
}

const iteratorLife = 5 * time.Minute

func newModel(shards int) *model {
	m := &model{pageShards: 2, pageRecords: 1000, grown: make(chan struct{}), calls: map[string]int{}}
	m.blank = func() bool { return false }
	for range shards {
		m.addShard()
	}
	return m
}

func shardID(i int) string { return fmt.Sprintf("shardId-%012d", i) }

func (m *model) addShard(parents ...string) string {
	s := &modelShard{id: shardID(len(m.shards)), parents: parents}
	m.shards = append(m.shards, s)
	return s.id
}

func (m *model) shard(id string) *modelShard {
	i := slices.IndexFunc(m.shards, func(s *modelShard) bool { return s.id == id })
	if i < 0 {
		return nil
	}
	return m.shards[i]
}

// change runs what under the lock and wakes those who wait for records.
func (m *model) change(what func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	what()
	close(m.grown)
	m.grown = make(chan struct{})
}

// put appends a record for each name to the i-th shard; the name is its data and partition key.
func (m *model) put(i int, names ...string) {
	m.change(func() {
		for _, name := range names {
			m.puts++
			m.shards[i].records = append(m.shards[i].records, types.Record{
				SequenceNumber:              new(sequence(m.puts)),
				ApproximateArrivalTimestamp: new(time.Now()),
				PartitionKey:                new(name),
				Data:                        []byte(name),
			})
		}
	})
}

func sequence(n int) string { return fmt.Sprintf("4957%052d", n) }

// split closes shard i and adds two children; merge closes two and adds one.
func (m *model) split(i int) {
	m.change(func() {
		m.shards[i].closed = true
		m.addShard(shardID(i))
		m.addShard(shardID(i))
	})
}

func (m *model) merge(i, j int) {
	m.change(func() {
		m.shards[i].closed, m.shards[j].closed = true, true
		m.addShard(shardID(i), shardID(j))
	})
}

func (m *model) trim(i int) { m.change(func() { m.shards[i].trimmed = true }) }

// begin is the start of every call: it counts, and asks for a fault.
func (m *model) begin(ctx context.Context, call, shardID string) error {
	m.mu.Lock()
	m.calls[call]++
	fault := m.fault
	m.mu.Unlock()
	if err := ctx.Err(); err != nil || fault == nil {
		return err
	}
	return fault(call, shardID)
}

func (m *model) setFault(f func(call, shardID string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

func (m *model) count(call string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[call]
}

func (m *model) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...callOption) (*kinesis.ListShardsOutput, error) {
	if err := m.begin(ctx, "ListShards", ""); err != nil {
		return nil, err
	}
	if (in.NextToken == nil) == (in.StreamName == nil) {
		return nil, &types.InvalidArgumentException{Message: new("exactly one of NextToken and StreamName")}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	from := 0
	if in.NextToken != nil {
		from, _ = strconv.Atoi(*in.NextToken)
	}
	out := &kinesis.ListShardsOutput{}
	to := min(from+m.pageShards, len(m.shards))
	for _, s := range m.shards[from:to] {
		if !s.trimmed {
			out.Shards = append(out.Shards, s.describe())
		}
	}
	if to < len(m.shards) {
		out.NextToken = new(strconv.Itoa(to))
	}
	return out, nil
}

func (s *modelShard) describe() types.Shard {
	d := types.Shard{ShardId: &s.id}
	if len(s.parents) > 0 {
		d.ParentShardId = &s.parents[0]
	}
	if len(s.parents) > 1 {
		d.AdjacentParentShardId = &s.parents[1]
	}
	return d
}

func (m *model) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...callOption) (*kinesis.GetShardIteratorOutput, error) {
	if err := m.begin(ctx, "GetShardIterator", *in.ShardId); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shard(*in.ShardId)
	if s == nil || s.trimmed {
		return nil, &types.ResourceNotFoundException{Message: new("no such shard")}
	}
	at, ok := s.find(in)
	if !ok {
		return nil, &types.InvalidArgumentException{Message: new("no such position")}
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: iterator(s, at)}, nil
}

// find returns the index of the first record behind the position that is asked for.
func (s *modelShard) find(in *kinesis.GetShardIteratorInput) (int, bool) {
	first := func(want func(types.Record) bool) (int, bool) {
		if i := slices.IndexFunc(s.records, want); i >= 0 {
			return i, true
		}
		return len(s.records), true
	}
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeTrimHorizon:
		return 0, true
	case types.ShardIteratorTypeLatest:
		return len(s.records), true
	case types.ShardIteratorTypeAtTimestamp:
		return first(func(r types.Record) bool { return !r.ApproximateArrivalTimestamp.Before(*in.Timestamp) })
	case types.ShardIteratorTypeAfterSequenceNumber:
		return first(func(r types.Record) bool { return *r.SequenceNumber > *in.StartingSequenceNumber })
	default:
		return 0, false
	}
}

func iterator(s *modelShard, at int) *string {
	return new(fmt.Sprintf("%s|%d|%d", s.id, at, time.Now().UnixNano()))
}

// open is the shard and index of an iterator.
func (m *model) open(text string) (*modelShard, int, error) {
	fields := strings.Split(text, "|")
	at, _ := strconv.Atoi(fields[1])
	issued, _ := strconv.ParseInt(fields[2], 10, 64)
	if time.Since(time.Unix(0, issued)) > iteratorLife {
		return nil, 0, &types.ExpiredIteratorException{Message: new("older than 5 minutes")}
	}
	s := m.shard(fields[0])
	if s.trimmed {
		return nil, 0, &types.ResourceNotFoundException{Message: new("no such shard")}
	}
	return s, at, nil
}

func (m *model) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...callOption) (*kinesis.GetRecordsOutput, error) {
	id, _, _ := strings.Cut(*in.ShardIterator, "|")
	if err := m.begin(ctx, "GetRecords", id); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, at, err := m.open(*in.ShardIterator)
	if err != nil {
		return nil, err
	}
	to := min(at+m.pageRecords, at+int(*in.Limit), len(s.records))
	if m.blank() {
		to = at
	}
	out := &kinesis.GetRecordsOutput{Records: slices.Clone(s.records[at:to]), MillisBehindLatest: new(int64(0))}
	if to < len(s.records) {
		*out.MillisBehindLatest = max(1, time.Since(*s.records[to].ApproximateArrivalTimestamp).Milliseconds())
	}
	if to < len(s.records) || !s.closed {
		out.NextShardIterator = iterator(s, to)
	}
	return out, nil
}

// waitingModel is a model that is a Waiter too.
type waitingModel struct{ *model }

func (m waitingModel) WaitForRecords(ctx context.Context, text string) error {
	if err := m.begin(ctx, "WaitForRecords", ""); err != nil {
		return err
	}
	for {
		m.mu.Lock()
		s, at, err := m.open(text)
		grown := m.grown
		ready := err == nil && (at < len(s.records) || s.closed)
		m.mu.Unlock()
		if err != nil || ready {
			return err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

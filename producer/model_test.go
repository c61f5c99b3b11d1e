package producer

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// model is a small, honest PutRecords: it holds the rules of the API, stores what it acknowledges, in order, and notes every breach
// of what the producer promises. Its faults are injected.
type model struct {
	opts  Options           // the bounds that the producer was given, with defaults
	fault func(n int) fault // of the n-th call, from 0; nil: none

	mu       sync.Mutex
	stored   map[string][]string // items by partition key, every copy
	strayed  map[string]bool     // items of which every copy lies on another shard than that of their key
	calls    []seen
	live     map[string]bool // keys with a record in flight
	breaches []string

	shards []types.Shard // open and closed ones
}

// seen is one call as the model saw it.
type seen struct {
	at    time.Time
	key   string // of the first record
	sizes []int  // items in each record
}

// fault says how a call goes wrong.
type fault struct {
	took   time.Duration      // how long the call takes, unless its context ends
	deaf   time.Duration      // how long it takes before it looks at its context
	err    error              // the answer; nothing is stored
	lost   bool               // everything is stored, the answer is lost
	short  bool               // everything is stored, the answer lacks a result
	refuse func(i int) string // the error code of record i, or ""
}

var errConnection = errors.New("connection reset by peer")

func newModel(o Options) *model {
	m := &model{opts: o.withDefaults(), stored: map[string][]string{}, strayed: map[string]bool{}, live: map[string]bool{}}
	m.addShard(new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)))
	return m
}

func (m *model) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	f := m.begin(in)
	defer m.end(in)
	time.Sleep(f.deaf) // virtual
	select {
	case <-time.After(f.took):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.err != nil {
		return nil, f.err
	}
	out := m.store(in, f)
	if f.lost {
		return nil, errConnection
	}
	if f.short {
		out.Records = out.Records[1:]
	}
	return out, nil
}

func (m *model) begin(in *kinesis.PutRecordsInput) fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	call := seen{at: time.Now(), key: *in.Records[0].PartitionKey}
	total := 0
	for _, r := range in.Records {
		items := m.unpack(r)
		size := len(*r.PartitionKey) + len(r.Data)
		total += size
		call.sizes = append(call.sizes, len(items))
		mine := map[string]bool{}
		for _, it := range items {
			m.must(mine[it.PartitionKey] || !m.live[it.PartitionKey], "key %q has two records in flight", it.PartitionKey)
			mine[it.PartitionKey], m.live[it.PartitionKey] = true, true
			m.must(len(it.PartitionKey) > 0 && len(it.PartitionKey) <= 4*MaxPartitionKeyLen, "key of %d bytes", len(it.PartitionKey))
		}
		m.must(size <= MaxItemBytes, "record of %d bytes", size)
		m.must(size <= m.opts.MaxRecordBytes || len(items) == 1, "packed record of %d bytes", size)
	}
	m.must(len(in.Records) > 0 && len(in.Records) <= m.opts.MaxRecords, "request of %d records", len(in.Records))
	m.must(total <= m.opts.MaxBytes, "request of %d bytes", total)
	m.calls = append(m.calls, call)
	if m.fault == nil {
		return fault{}
	}
	return m.fault(len(m.calls) - 1)
}

func (m *model) end(in *kinesis.PutRecordsInput) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range in.Records {
		for _, it := range m.unpack(r) {
			delete(m.live, it.PartitionKey)
		}
	}
}

func (m *model) store(in *kinesis.PutRecordsInput, f fault) *kinesis.PutRecordsOutput {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &kinesis.PutRecordsOutput{}
	for i, r := range in.Records {
		if f.refuse != nil && f.refuse(i) != "" {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: aws.String(f.refuse(i)), ErrorMessage: aws.String("slow down")})
			continue
		}
		shard := m.shardOf(*r.PartitionKey)
		for _, it := range m.unpack(r) {
			data := string(it.Data)
			right := m.shardOf(it.PartitionKey) == shard
			m.must(right || m.opts.Aggregation == AggregateShards, "key %q on a shard that is not its own", it.PartitionKey)
			if _, again := m.strayed[data]; right || !again {
				m.strayed[data] = !right
			}
			m.stored[it.PartitionKey] = append(m.stored[it.PartitionKey], data)
		}
		out.Records = append(out.Records, types.PutRecordsResultEntry{
			ShardId: &shard, SequenceNumber: aws.String(fmt.Sprint(len(m.stored[*r.PartitionKey])))})
	}
	return out
}

// must notes a breach. The caller holds mu.
func (m *model) must(ok bool, format string, args ...any) {
	if !ok {
		m.breaches = append(m.breaches, fmt.Sprintf(format, args...))
	}
}

// verify fails the test for every breach that the model saw.
func (m *model) verify(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.breaches {
		t.Error(b)
	}
}

// gaps returns the time between calls.
func (m *model) gaps() []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	var d []time.Duration
	for i := 1; i < len(m.calls); i++ {
		d = append(d, m.calls[i].at.Sub(m.calls[i-1].at))
	}
	return d
}

// sizes returns the items of each record of each call.
func (m *model) sizes() [][]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	var s [][]int
	for _, c := range m.calls {
		s = append(s, c.sizes)
	}
	return s
}

// always is a fault of every call.
func always(f fault) func(int) fault { return func(int) fault { return f } }

// first is a fault of the first n calls.
func first(n int, f fault) func(int) fault {
	return func(i int) fault {
		if i < n {
			return f
		}
		return fault{}
	}
}

func throttle(int) string { return "ProvisionedThroughputExceededException" }

func start(t *testing.T, m *model, o Options) *Producer {
	t.Helper()
	p, err := New(m, "clicks", o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// finish flushes and closes the producer, and checks that nothing is left of anything.
func finish(t *testing.T, p *Producer, m *model) {
	t.Helper()
	if err := p.Flush(t.Context()); err != nil {
		t.Errorf("Flush: %v", err)
	}
	p.mu.Lock()
	q, s := p.queue, p.stats
	p.mu.Unlock()
	if s.Pending != 0 || s.InFlight != 0 || s.BufferedBytes != 0 {
		t.Errorf("left behind: %+v", s)
	}
	left := len(q.lanes) + len(q.retries)
	for _, g := range q.groups {
		left += len(g.due) + g.ready.n + g.readyBytes + g.inFlight
	}
	if left != 0 {
		t.Errorf("left in the queue: %+v", q)
	}
	if !p.room.TryAcquire(p.opts.Buffer) {
		t.Error("the buffer did not get all its room back")
	}
	_ = p.Close(t.Context())
	m.verify(t)
}

func item(key string, n int) Item {
	return Item{PartitionKey: key, Data: fmt.Appendf(nil, `{"k":%q,"n":%d}`, key, n)}
}

func items(key string, n int) []Item {
	var its []Item
	for i := range n {
		its = append(its, item(key, i))
	}
	return its
}

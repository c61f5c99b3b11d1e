package producer

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/streamgauge/streamgauge/producer/zstd"
)

var (
	seeds     = flag.Int("producer.seeds", 400, "random schedules of TestEveryItemIsResolvedOnce")
	firstSeed = flag.Uint64("producer.seed", 0, "the first seed of TestEveryItemIsResolvedOnce; 0 for any")
)

// Whatever fails, and whenever, through every reshard and restart: every item has exactly one result; one that is delivered is stored, on
// the shard of its key, and one that was not taken is not; the items that one goroutine put under one key are stored in its order;
// what a spool keeps is delivered by the next run; and the model's own rules hold (see model.begin): limits of requests and records,
// one record of a key in flight.
func TestEveryItemIsResolvedOnce(t *testing.T) {
	first := rand.Uint64()
	if *firstSeed != 0 {
		first = *firstSeed
	}
	for seed := first; seed < first+uint64(*seeds); seed++ {
		synctest.Test(t, func(t *testing.T) { schedule(t, rand.New(rand.NewPCG(seed, 1))) })
		if t.Failed() {
			t.Fatalf("seed %d: -producer.seed=%d -producer.seeds=1", seed, seed)
		}
	}
}

func schedule(t *testing.T, rnd *rand.Rand) {
	o := randomOptions(rnd, split(rnd))
	m := newModel(o)
	m.fault = randomFaults(split(rnd))
	w := randomWays(t, rnd, m, &o)
	p := start(t, m, o)
	stop := w.reshard(m, split(rnd))
	sources := make([]*source, 1+rnd.IntN(4))
	var all sync.WaitGroup
	for i := range sources {
		s := &source{id: i, p: p, rnd: split(rnd), pad: w.pad, results: map[string][]error{}}
		sources[i] = s
		all.Go(func() { s.run(t) })
	}
	if rnd.IntN(3) > 0 {
		all.Wait() // else some are put while the producer closes
	}
	if rnd.IntN(3) > 0 {
		closeAtRandom(t, p, rnd)
	}
	all.Wait()
	finish(t, p, m)
	if o.SpoolDir != "" {
		replayAll(t, m, o, sources)
	}
	stop()
	for _, s := range sources {
		s.verify(t, m)
	}
}

// replayAll starts the producer again, on a stream that has recovered. What an item's result was then is what it is now.
func replayAll(t *testing.T, m *model, o Options, sources []*source) {
	m.mu.Lock()
	m.fault = nil
	m.mu.Unlock()
	o.OnReplayed = func(it Item, r Result) {
		for _, s := range sources {
			s.renote(t, it, r.Err)
		}
	}
	p := start(t, m, o)
	finish(t, p, m)
	if s := p.Stats(); s.SpoolBytes > 1000 {
		t.Errorf("all is delivered, and the spool has %d bytes", s.SpoolBytes)
	}
}

// ways are the ways of a schedule that are not always gone.
type ways struct {
	pad      int // bytes of an item, at most
	reshards bool
}

func randomWays(t *testing.T, rnd *rand.Rand, m *model, o *Options) ways {
	w := ways{pad: 20}
	if rnd.IntN(2) == 0 {
		w.reshards = true
		o.Shards = &lister{m: m, rnd: split(rnd)}
	}
	switch rnd.IntN(5) {
	case 0:
		o.Aggregation = AggregateKeys
	case 1:
		if o.Shards != nil {
			o.Aggregation = AggregateShards
		}
	case 2:
		w.pad = 800
		o.MaxBytes, o.MaxRecordBytes = 20_000, 10_000
		o.Buffer = int64(o.MaxBytes + itemOverhead + rnd.IntN(40_000))
		o.Compressor = compressor(t)
	}
	if o.Aggregation != NoAggregation {
		o.MaxBytes += 500
		o.MaxRecordBytes += 300
		o.Buffer += 500
	}
	if rnd.IntN(8) == 0 {
		o.SpoolDir, o.SpoolNoSync = t.TempDir(), rnd.IntN(2) == 0
	}
	m.opts = o.withDefaults()
	return w
}

// reshard changes the shards now and then, until the returned function is called.
func (w ways) reshard(m *model, rnd *rand.Rand) (stop func()) {
	if !w.reshards {
		return func() {}
	}
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(time.Duration(rnd.IntN(400)) * time.Millisecond):
				m.reshard(rnd)
			}
		}
	})
	return func() { close(end); done.Wait() }
}

func compressor(t *testing.T) Compressor {
	t.Helper()
	c, err := zstd.New(zstd.Fastest)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// split makes a source of randomness for another goroutine.
func split(rnd *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(rnd.Uint64(), 2)) }

func closeAtRandom(t *testing.T, p *Producer, rnd *rand.Rand) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.Int64N(int64(2*time.Second))))
	defer cancel()
	before := p.Stats().Failed
	lost := 0
	if err, ok := errors.AsType[*UndeliveredError](p.Close(ctx)); ok {
		lost = err.Count
	}
	// Items can fail between the first look and the beginning of Close, so this is a bound.
	if s := p.Stats(); s.Pending != 0 || uint64(lost) > s.Failed-before {
		t.Errorf("Close says %d lost; before it %d had failed, now %+v", lost, before, s)
	}
}

func randomOptions(rnd, jitter *rand.Rand) Options {
	o := Options{
		MaxRecords:  1 + rnd.IntN(8),
		MaxBytes:    80 + rnd.IntN(400),
		Linger:      time.Duration(rnd.IntN(3)) * 5 * time.Millisecond,
		Concurrency: 1 + rnd.IntN(4),
		OnFull:      FullPolicy(rnd.IntN(2)),
		MaxAttempts: 1 + rnd.IntN(6),
		CallTimeout: 200 * time.Millisecond,
		Rand:        jitter.Float64,
	}
	o.MaxRecordBytes = 20 + rnd.IntN(o.MaxBytes-20)
	o.Buffer = int64(o.MaxBytes + itemOverhead + rnd.IntN(20_000))
	o.SmallInFlight = 1 + rnd.IntN(o.Concurrency)
	return o
}

// randomFaults mixes everything that can go wrong, in amounts that differ from schedule to schedule. The model calls it under its lock.
func randomFaults(rnd *rand.Rand) func(int) fault {
	api := func(code string, f smithy.ErrorFault) fault {
		return fault{err: &smithy.GenericAPIError{Code: code, Fault: f}}
	}
	whole := []fault{
		api("ThrottlingException", smithy.FaultClient), api("InternalFailureException", smithy.FaultServer),
		api("ValidationException", smithy.FaultClient), {err: errConnection}, {lost: true}, {short: true}, {took: time.Hour},
	}
	callFails, recordFails := rnd.Float64()/2, rnd.Float64()
	return func(int) fault {
		f := fault{}
		if rnd.Float64() < callFails {
			f = whole[rnd.IntN(len(whole))]
		}
		f.took += time.Duration(rnd.IntN(20)) * time.Millisecond
		mix := rnd.Uint64()
		refused := rnd.Float64() < recordFails
		f.refuse = func(i int) string {
			if !refused || mix>>(i%64)&1 == 0 {
				return ""
			}
			return []string{"InternalFailure", "ProvisionedThroughputExceededException"}[mix>>((i+7)%64)&1]
		}
		return f
	}
}

// source puts items one call after another, and keeps every result.
type source struct {
	id  int
	p   *Producer
	rnd *rand.Rand
	pad int

	mu      sync.Mutex
	put     []string // the data of every item, in order
	results map[string][]error
}

func (s *source) run(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(s.rnd.Int64N(int64(5*time.Second))))
	defer cancel()
	for range s.rnd.IntN(30) {
		switch s.rnd.IntN(5) {
		case 0:
			it := s.item()
			s.note(it, s.p.Put(ctx, it))
		case 1, 2:
			s.async(ctx)
		case 3:
			s.all(ctx)
		case 4:
			time.Sleep(time.Duration(s.rnd.IntN(30)) * time.Millisecond) // virtual
		}
	}
	if s.rnd.IntN(2) == 0 {
		_ = s.p.Flush(ctx)
	}
}

func (s *source) async(ctx context.Context) {
	it := s.item()
	if err := s.p.PutAsync(ctx, it, func(r Result) { s.note(it, r.Err) }); err != nil {
		s.note(it, err)
	}
}

func (s *source) all(ctx context.Context) {
	its := make([]Item, 1+s.rnd.IntN(12))
	for i := range its {
		its[i] = s.item()
	}
	errs, _ := s.p.PutAll(ctx, its)
	for i, err := range errs {
		s.note(its[i], err)
	}
}

// item makes the next item: one of few keys, which the sources share, and now and then one that is too large.
func (s *source) item() Item {
	key := fmt.Sprint("key", s.rnd.IntN(5))
	pad := s.rnd.IntN(s.pad)
	if s.rnd.IntN(40) == 0 {
		pad = 30_000
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data := fmt.Sprintf(`{"k":%q,"s":%d,"n":%d,"p":"%0*d"}`, key, s.id, len(s.put), pad, 0)
	s.put = append(s.put, data)
	return Item{PartitionKey: key, Data: []byte(data)}
}

func (s *source) note(it Item, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[string(it.Data)] = append(s.results[string(it.Data)], err)
}

// renote replaces the result of an item that a spool kept. An item whose caller did not wait for it may be one of them as well.
func (s *source) renote(t *testing.T, it Item, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := string(it.Data)
	if !slices.Contains(s.put, data) {
		return
	}
	before := s.results[data]
	if len(before) != 1 || !slices.Contains([]Code{Closed, Canceled, Unavailable}, CodeOf(before[0])) {
		t.Errorf("%s came out of the spool, and had the results %v", data, before)
	}
	s.results[data] = []error{err}
}

// verify compares the results of a source, which has ended, with what the model stored.
func (s *source) verify(t *testing.T, m *model) {
	copies := map[string]int{}
	for key, stored := range m.stored {
		s.verifyOrder(t, key, stored)
		for _, data := range stored {
			copies[data]++
		}
	}
	for _, data := range s.put {
		res := s.results[data]
		if len(res) != 1 {
			t.Errorf("%s has results %v, want one", data, res)
			continue
		}
		code, n := CodeOf(res[0]), copies[data]
		if code == "" && n == 0 {
			t.Errorf("%s was said to be delivered, and was not", data)
		}
		if code == "" && m.strayed[data] {
			t.Errorf("%s was said to be delivered, and lies on another shard only", data)
		}
		if untaken := []Code{Full, TooLarge, Invalid}; n > 0 && slices.Contains(untaken, code) {
			t.Errorf("%s was said to be not taken (%s), and was delivered", data, code)
		}
	}
}

// verifyOrder checks that the first copies of this source's items lie in the order in which they were put, and under their key.
func (s *source) verifyOrder(t *testing.T, key string, stored []string) {
	last, known := -1, map[int]bool{}
	for _, data := range stored {
		var e struct {
			K    string
			S, N int
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil || e.K != key {
			t.Errorf("%q stored under key %s: %v", data, key, err)
		}
		if e.S != s.id || known[e.N] {
			continue
		}
		if e.N < last {
			t.Errorf("key %s: item %d of source %d stored after item %d", key, e.N, s.id, last)
		}
		last, known[e.N] = e.N, true
	}
}

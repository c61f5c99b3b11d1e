package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// noted is all that was noted of a minute, one by one.
type noted struct {
	accepted, invalid, records int
	ageMS                      int64
	acks, delays               []float64 // milliseconds
}

// What many processes noted is what one list of it all says: each minute of the history, the sums of the hour, the percentiles of the last five minutes; also for a view that has
// been looking all the time, and where processes write late.
func TestMinutesAgainstLists(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	now, memory := time.Date(2026, 3, 14, 12, 0, 30, 0, time.UTC), storetest.NewMemory()
	clock := func() time.Time { return now }
	var processes []*Minutes
	for range 4 {
		processes = append(processes, NewMinutes(memory, clock))
	}
	watching := NewGatherer(memory, clock)
	all, batches := map[int64]*noted{}, map[string]uint64{}
	for range 70 * 60 / 4 {
		now = now.Add(4 * time.Second)
		p := processes[rng.IntN(len(processes))]
		if minuteOf(now)/minuteMS%7 == 0 { // a quiet one
			continue
		}
		n := all[minuteOf(now)]
		if n == nil {
			n = &noted{}
			all[minuteOf(now)] = n
		}
		n.note(rng, p, batches, now)
		mustDo(p.FlushDue(t.Context()))
		if rng.IntN(10) == 0 {
			mustDo(watching.Fill(t.Context(), &View{}))
		}
	}
	for _, p := range processes {
		mustDo(p.Flush(t.Context()))
	}
	now = now.Add(gatherWhole)
	for _, g := range []*Gatherer{watching, NewGatherer(memory, clock)} {
		v := &View{}
		mustDo(g.Fill(t.Context(), v))
		wantMinutes(t, v, all, now)
		var sum uint64
		for _, s := range v.Shards {
			sum += s.Batches
		}
		if len(v.Shards) != 3 || sum == 0 || sum > batches["shard-0"]+batches["shard-1"]+batches["shard-2"] {
			t.Errorf("%d shards, %d batches of %v", len(v.Shards), sum, batches)
		}
	}
}

func (n *noted) note(rng *rand.Rand, p *Minutes, batches map[string]uint64, now time.Time) {
	accepted, invalid, ack := rng.IntN(100), rng.IntN(3), someTime(rng)
	p.Events(accepted, invalid, 0)
	p.Acked(ack)
	n.accepted, n.invalid, n.acks = n.accepted+accepted, n.invalid+invalid, append(n.acks, ack.Seconds()*1000)
	delay, events := someTime(rng), uint64(1+rng.IntN(3))
	p.Delays(func(yield func(time.Duration, uint64) bool) { yield(delay, events) })
	n.delays = append(n.delays, slices.Repeat([]float64{delay.Seconds() * 1000}, int(events))...)
	shard, age := fmt.Sprint("shard-", rng.IntN(3)), time.Duration(rng.IntN(5000))*time.Millisecond
	p.Batch(Batch{Shard: shard, Records: accepted, Bytes: 10 * accepted, Took: ack, Age: age, Unfinished: rng.IntN(5) == 0})
	batches[shard]++
	n.records, n.ageMS = n.records+accepted, max(n.ageMS, age.Milliseconds())
}

func wantMinutes(t *testing.T, v *View, all map[int64]*noted, now time.Time) {
	t.Helper()
	if len(v.History) < 50 || v.StepMS != minuteMS || v.History[len(v.History)-1].T != minuteOf(now.Add(-settledAfter)) {
		t.Fatalf("%d points up to %v", len(v.History), time.UnixMilli(v.History[len(v.History)-1].T))
	}
	var acks, events int
	for i, p := range v.History {
		n := all[p.T-minuteMS]
		if n == nil {
			n = &noted{}
		}
		if !near(p.AcceptedPerS*60, float64(n.accepted)) || !near(p.RecordsPerS*60, float64(n.records)) || p.IteratorAgeMS != n.ageMS {
			t.Errorf("minute %d: %+v, want %d accepted, %d records, %d ms", i, p, n.accepted, n.records, n.ageMS)
		}
		wantPercentiles(t, "ack", i, p.Ack, n.acks)
		wantPercentiles(t, "delay", i, p.Delay, n.delays)
	}
	for start, n := range all {
		if start > now.Add(-5*time.Minute).UnixMilli() {
			acks, events = acks+len(n.acks), events+len(n.delays)
		}
	}
	if v.Delay.Count != uint64(events) || v.Door.AckP50MS > 0 != (acks > 0) {
		t.Errorf("%d events in five minutes, want %d", v.Delay.Count, events)
	}
}

// Where the consumer alone is elsewhere its delays are told beside the process' own history: once a minute.
func TestDelaysOfAnotherProcess(t *testing.T) {
	now, memory := time.Date(2026, 3, 14, 12, 0, 58, 0, time.UTC), storetest.NewMemory()
	clock := func() time.Time { return now }
	m := NewMinutes(memory, clock)
	m.Delays(func(yield func(time.Duration, uint64) bool) { yield(200*time.Millisecond, 7) })
	mustDo(m.Flush(t.Context()))
	r := NewRecorder(Sources{
		Facts:  func(context.Context) (Facts, error) { return Facts{}, nil },
		Delays: NewGatherer(memory, clock).FillDelays,
	}, clock)
	for range 100 {
		r.tick()
		now = now.Add(time.Second)
	}
	v := view(t, r)
	var told []int64
	for _, p := range v.History {
		if p.Delay != nil {
			told = append(told, p.T)
			if p.Delay.Count != 7 || !near(p.Delay.P50MS, 200) {
				t.Errorf("%+v", p.Delay)
			}
		}
	}
	if len(told) != 1 || told[0] < minuteOf(now)-minuteMS || told[0] >= minuteOf(now)-minuteMS+5000 || v.Delay.Count != 7 {
		t.Errorf("told at %v, %+v", told, v.Delay)
	}
}

func mustDo(err error) {
	if err != nil {
		panic(err)
	}
}

// A process writes every fifteen seconds at most; what cannot be written is tried again, and given up when no view goes back so far.
func TestMinutesAreWrittenWhenDue(t *testing.T) {
	now, memory := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), storetest.NewMemory()
	var writes atomic.Int32
	var down bool
	s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		writes.Add(1)
		if down {
			return storetest.Fail
		}
		return storetest.Pass
	})
	m := NewMinutes(s, func() time.Time { return now })
	for range 120 {
		m.Events(1, 0, 0)
		mustDo(m.FlushDue(t.Context()))
		now = now.Add(time.Second)
	}
	if n := writes.Load(); n < 8 || n > 10 {
		t.Errorf("%d writes in two minutes", n)
	}
	down = true
	m.Events(7, 0, 0)
	if err := m.Flush(t.Context()); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("a store that is down: %v", err)
	}
	now, down = now.Add(10*time.Minute), false
	mustDo(m.Flush(t.Context()))
	v := &View{}
	mustDo(NewGatherer(memory, func() time.Time { return now }).Fill(t.Context(), v))
	if !near(v.History[2].AcceptedPerS*60, 7) { // behind it are quiet minutes
		t.Errorf("what was written late is not told: %+v", v.History)
	}
	down = true
	m.Events(1, 0, 0)
	_ = m.Flush(t.Context())
	now = now.Add(2 * time.Hour)
	if _ = m.Flush(t.Context()); len(m.all) != 0 {
		t.Errorf("%d minutes are kept for ever", len(m.all))
	}
}

// The newest minutes are read again, not the hour; and what cannot be read stops nothing.
func TestGathererReadsWhatIsNew(t *testing.T) {
	now, memory := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), storetest.NewMemory()
	clock := func() time.Time { return now }
	var from []string
	var down bool
	g := NewGatherer(storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		from = append(from, op.Sort)
		if down {
			return storetest.Fail
		}
		return storetest.Pass
	}), clock)
	for _, sort := range []string{timeKey(minuteOf(now)) + "#x", timeKey(minuteOf(now)) + "#y", "zz"} {
		if _, err := memory.Put(t.Context(), store.Key{Partition: minutesPartition, Sort: sort}, []byte(`{"accepted":1,"ack":"AP8="}`), store.Write{Any: true}); err != nil {
			t.Fatal(err)
		}
	}
	fill := func() (v View) {
		t.Helper()
		mustDo(g.Fill(t.Context(), &v))
		return v
	}
	if v := fill(); len(v.History) != 0 || len(v.Shards) != 0 || v.Door != (Door{}) {
		t.Errorf("%+v", v)
	}
	for range 3 {
		fill()
		now = now.Add(gatherEvery)
	}
	fill()
	want := []string{timeKey(minuteOf(now) - 59*minuteMS), timeKey(minuteOf(now) - 2*minuteMS), timeKey(minuteOf(now) - 2*minuteMS), timeKey(minuteOf(now) - 2*minuteMS)}
	if !slices.Equal(from, want) {
		t.Errorf("read from %v, want %v", from, want)
	}
	down = true
	now = now.Add(gatherEvery)
	if err := g.Fill(t.Context(), &View{}); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("a store that is down: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.turn <- struct{}{}
	if err := g.Fill(ctx, &View{}); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not wait any longer is answered %v", err)
	}
}

// What is known of a shard's state is what its batches say.
func TestStatesFromBatches(t *testing.T) {
	now, memory := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), storetest.NewMemory()
	clock := func() time.Time { return now }
	m := NewMinutes(memory, clock)
	m.Batch(Batch{Shard: "idle", Records: 1, Age: time.Second})
	now = now.Add(20 * time.Minute)
	m.Batch(Batch{Shard: "polling", Unfinished: true})
	m.Batch(Batch{Shard: "stuck", Records: 1})
	now = now.Add(time.Second)
	m.Batch(Batch{Shard: "polling", Records: 1, Age: 3 * time.Second})
	m.Batch(Batch{Shard: "failing", Unfinished: true, Age: time.Second})
	m.Batch(Batch{Shard: "stuck", Unfinished: true, Age: 2 * time.Minute})
	mustDo(m.Flush(t.Context()))
	v := &View{}
	mustDo(NewGatherer(memory, clock).Fill(t.Context(), v))
	got := map[string][2]any{}
	for _, s := range v.Shards {
		got[s.Shard] = [2]any{s.State, s.IteratorAgeMS}
		if s.Retries > 0 != (s.Shard != "idle") {
			t.Errorf("%+v", s)
		}
	}
	want := map[string][2]any{"idle": {Idle, int64(0)}, "polling": {Polling, int64(3000)}, "failing": {Failing, int64(1000)}, "stuck": {Stuck, int64(120_000)}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// FuzzMinute holds the decoder against any bytes: an error, or a minute that is read back as it was written, and can be added up.
func FuzzMinute(f *testing.F) {
	m := NewMinutes(storetest.NewMemory(), time.Now)
	m.Acked(time.Second)
	m.Batch(Batch{Shard: "shardId-1", Records: 3, Took: time.Second, Unfinished: true})
	values, err := m.take()
	mustDo(err)
	for _, v := range values {
		f.Add("018cf5a0f000#x", v)
	}
	f.Add("x", []byte(`{"shards":{"a":null},"ack":"AQ=="}`))
	f.Fuzz(func(t *testing.T, sort string, b []byte) {
		start, one, err := decodeMinute(store.Item{Key: store.Key{Sort: sort}, Value: b})
		if err != nil {
			return
		}
		sum := new(minute)
		sum.merge(one)
		value, err := json.Marshal(sum)
		mustDo(err)
		_, again, err := decodeMinute(store.Item{Key: store.Key{Sort: timeKey(start)}, Value: value})
		if err != nil && start >= 0 {
			t.Fatalf("%s: %v", value, err)
		}
		if err == nil && (again.Ack.Count() != sum.Ack.Count() || again.Accepted != sum.Accepted || len(again.Shards) != len(sum.Shards)) {
			t.Fatalf("%+v is read back as %+v", sum, again)
		}
	})
}

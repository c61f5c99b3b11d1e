package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/store"
)

const (
	// gatherEvery is how old what was gathered may be before it is read again: processes write more rarely.
	gatherEvery = 5 * time.Second
	// gatherWhole is how often all is read again, and not only the newest minutes: a process that stood still writes late.
	gatherWhole = 5 * time.Minute
	// newestMinutes are those that processes may still write to in the ordinary case.
	newestMinutes = 2
	// settledAfter is how long after its end a minute is taken for complete.
	settledAfter = notedEvery + 5*time.Second
	// recentMinutes are those that percentiles are of, with the one that goes on.
	recentMinutes = 5
)

// itemScanner is what minutes are read from; a store.Store is one.
type itemScanner interface {
	Scan(ctx context.Context, r store.Range) iter.Seq2[store.Item, error]
}

// Gatherer reads what all processes noted in the last hour.
type Gatherer struct {
	store itemScanner
	now   func() time.Time

	turn    chan struct{} // holds one: who has the rest
	minutes map[int64]*minute
	read    time.Time
	whole   time.Time // when all of them were read
}

// NewGatherer returns a gatherer. It reads nothing yet.
func NewGatherer(s itemScanner, now func() time.Time) *Gatherer {
	return &Gatherer{store: s, now: now, turn: make(chan struct{}, 1)}
}

// Fill puts into a view what was noted, where nothing of the pipeline is in this process. Sums are of the last hour, rates of the last minute that all processes had time to write, percentiles of the last five minutes.
func (g *Gatherer) Fill(ctx context.Context, v *View) error {
	return g.alone(ctx, func(now time.Time) { g.fill(v, now) })
}

// FillDelays puts into a view what consumers noted that are all that is not in this process: percentiles of now, and in the history those of each minute, at the first point after its end.
func (g *Gatherer) FillDelays(ctx context.Context, v *View) error {
	return g.alone(ctx, func(now time.Time) {
		v.Delay = delayOf(g.recent(now))
		told := int64(0)
		for i := range v.History {
			if start := minuteOf(time.UnixMilli(v.History[i].T)) - minuteMS; start > told {
				told = start
				v.History[i].Delay = percentiles(&g.at(start).Delay.Quantiles)
			}
		}
	})
}

// alone calls f with what was gathered, at most a moment old.
func (g *Gatherer) alone(ctx context.Context, f func(now time.Time)) error {
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	now := g.now()
	if err := g.gather(ctx, now); err != nil {
		return err
	}
	f(now)
	return nil
}

func (g *Gatherer) fill(v *View, now time.Time) {
	first := minuteOf(now) - (keptMinutes-1)*minuteMS
	v.StartedAt, v.StepMS = first, minuteMS
	v.History = g.history(first, minuteOf(now.Add(-settledAfter)))
	last := g.at(minuteOf(now.Add(-settledAfter)) - minuteMS)
	recent := g.recent(now)
	v.Door = Door{
		AcceptedPerS: aSecond(last.Accepted), InvalidPerS: aSecond(last.Invalid), RetryPerS: aSecond(last.Retry),
		AckP50MS: ms(&recent.Ack.Quantiles, 0.5), AckP95MS: ms(&recent.Ack.Quantiles, 0.95), AckP99MS: ms(&recent.Ack.Quantiles, 0.99),
	}
	v.Delay = delayOf(recent)
	v.Shards = g.shards(g.sum(first, minuteOf(now)+minuteMS), recent, last)
}

func delayOf(m *minute) Delay {
	d := &m.Delay.Quantiles
	return Delay{P50MS: ms(d, 0.5), P90MS: ms(d, 0.9), P95MS: ms(d, 0.95), P99MS: ms(d, 0.99), Count: d.Count()}
}

func minuteOf(t time.Time) int64 { return t.UnixMilli() - t.UnixMilli()%minuteMS }

func aSecond(n uint64) float64 { return float64(n) / time.Minute.Seconds() }

// gather reads what may have changed, unless that was done a moment ago.
func (g *Gatherer) gather(ctx context.Context, now time.Time) error {
	if age := now.Sub(g.read); age >= 0 && age < gatherEvery {
		return nil
	}
	oldest := minuteOf(now) - (keptMinutes-1)*minuteMS
	from, whole := minuteOf(now)-newestMinutes*minuteMS, now.Sub(g.whole) >= gatherWhole
	if whole {
		from = oldest
	}
	found, err := g.scan(ctx, from)
	if err != nil {
		return err
	}
	maps.DeleteFunc(g.minutes, func(start int64, _ *minute) bool { return start < oldest || start >= from })
	maps.Copy(found, g.minutes)
	g.minutes, g.read = found, now
	if whole {
		g.whole = now
	}
	return nil
}

// scan reads the minutes from one on, of all processes. What cannot be read is left out: in a day it is gone, and no book is kept by it.
func (g *Gatherer) scan(ctx context.Context, from int64) (map[int64]*minute, error) {
	found := make(map[int64]*minute)
	for it, err := range g.store.Scan(ctx, store.Range{Partition: minutesPartition, From: timeKey(from)}) {
		if err != nil {
			return nil, fmt.Errorf("read minutes of the pipeline: %w", err)
		}
		start, one, err := decodeMinute(it)
		if err != nil {
			continue
		}
		if found[start] == nil {
			found[start] = new(minute)
		}
		found[start].merge(one)
	}
	return found, nil
}

// at returns a minute, an empty one where nothing was noted.
func (g *Gatherer) at(start int64) *minute {
	if m := g.minutes[start]; m != nil {
		return m
	}
	return new(minute)
}

// recent returns the last minutes together, with the one that goes on.
func (g *Gatherer) recent(now time.Time) *minute {
	return g.sum(minuteOf(now)-(recentMinutes-1)*minuteMS, minuteOf(now)+minuteMS)
}

// sum returns the minutes of a span together.
func (g *Gatherer) sum(from, to int64) *minute {
	all := new(minute)
	for start, m := range g.minutes {
		if start >= from && start < to {
			all.merge(m)
		}
	}
	return all
}

// history returns a point for each minute from the first in which anything was noted.
func (g *Gatherer) history(from, to int64) []Point {
	points := []Point{}
	for start := from; start < to; start += minuteMS {
		if len(points) == 0 && g.minutes[start] == nil {
			continue
		}
		m := g.at(start)
		p := Point{T: start + minuteMS, AcceptedPerS: aSecond(m.Accepted), Ack: percentiles(&m.Ack.Quantiles), Delay: percentiles(&m.Delay.Quantiles)}
		for _, s := range m.Shards {
			p.RecordsPerS += aSecond(s.Records)
			p.IteratorAgeMS = max(p.IteratorAgeMS, s.AgeMS)
		}
		points = append(points, p)
	}
	return points
}

// shards returns those of which a batch came within the hour, in order.
func (g *Gatherer) shards(hour, recent, last *minute) []Shard {
	all := make([]Shard, 0, len(hour.Shards))
	for id, s := range hour.Shards {
		lately := recent.Shards[id]
		all = append(all, Shard{
			Shard: id, State: s.state(&lately), RecordsPerS: aSecond(last.Shards[id].Records), BytesPerS: aSecond(last.Shards[id].Bytes),
			IteratorAgeMS: s.age(&lately), BatchP50MS: ms(&lately.Took.Quantiles, 0.5), BatchP99MS: ms(&lately.Took.Quantiles, 0.99),
			Batches: s.Batches, Retries: s.Unfinished,
		})
	}
	slices.SortFunc(all, func(a, b Shard) int { return cmp.Compare(a.Shard, b.Shard) })
	return all
}

// state is what can be told of a shard from its batches. A shard that is empty has none, and so has one whose mapping is stopped: both are called idle.
func (s *shardMinute) state(lately *shardMinute) State {
	switch {
	case s.Failed.AtMS > s.Done.AtMS && s.Failed.AgeMS >= StuckAfter.Milliseconds():
		return Stuck
	case s.Failed.AtMS > s.Done.AtMS:
		return Failing
	case lately.Batches == 0:
		return Idle
	}
	return Polling
}

// age is that of the last batch. Where nothing came since for a while all that there is was read.
func (s *shardMinute) age(lately *shardMinute) int64 {
	if s.state(lately) == Idle {
		return 0
	}
	return s.Done.orLater(s.Failed).AgeMS
}

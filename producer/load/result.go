package load

import (
	"maps"
	"math"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Latency describes a distribution of times, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	P9999 float64 `json:"p99_99_ms"`
	Max   float64 `json:"max_ms"`
}

func latencyOf(h *hdr.Histogram) Latency {
	at := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1e3 }
	return Latency{
		Count: h.TotalCount(), Mean: h.Mean() / 1e3, P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), P9999: at(99.99),
		Max: float64(h.Max()) / 1e3,
	}
}

// distribution describes what buckets hold, as far as they tell: each value counts as the largest of its bucket.
func (b Buckets) distribution() Latency {
	at := func(q float64) float64 { return float64(b.Quantile(q)) / 1e3 }
	l := Latency{Count: b.Count(), P50: at(0.5), P90: at(0.9), P95: at(0.95), P99: at(0.99), P999: at(0.999), P9999: at(0.9999), Max: at(1)}
	for _, c := range b {
		l.Mean += float64(c[0]) / 1e3 * float64(c[1]) / float64(l.Count)
	}
	return l
}

// Result is what a run found.
type Result struct {
	Plan    Plan      `json:"plan"`
	Target  string    `json:"target"`
	Ended   time.Time `json:"ended"`
	Seconds float64   `json:"seconds"` // from the start to the last answer or the end of the plan, whichever is later
	Totals  Totals    `json:"totals"`
	// Achieved is how many events were accepted, or refused as they were meant to be, in a second of the plan's time.
	Achieved float64 `json:"achieved_per_s"`
	Latency  Latency `json:"latency"` // from when a request was due to its answer
	Service  Latency `json:"service"` // from when it was sent
	Schedule Latency `json:"schedule"`
	Peak     int     `json:"in_flight_peak"`
	// Kept says whether the schedule was kept: everything was sent, and 99 % of it within ScheduleBound of its time.
	Kept      bool       `json:"schedule_kept"`
	Freshness *Latency   `json:"freshness,omitempty"` // from when an event was due to when it was visible
	Histogram Buckets    `json:"histogram_us"`
	Intervals []Interval `json:"intervals"`

	Objectives []Outcome     `json:"objectives,omitempty"`
	Verified   *Verification `json:"verified,omitempty"`
	Limit      *Limit        `json:"limit,omitempty"`
	Client     *Client       `json:"client,omitempty"`
}

// Client is what the run took of the machine that sent.
type Client struct {
	CPUSeconds float64 `json:"cpu_seconds"`
	PeakBytes  int64   `json:"peak_rss_bytes"`
}

// ScheduleBound is how late a request may be sent for the schedule to count as kept.
const ScheduleBound = 10 * time.Millisecond

// Result returns what was found up to now.
func (rec *Recorder) Result(now time.Time) Result {
	res, copies := rec.snapshot(now, rec.latency, rec.service, rec.schedule, rec.fresh)
	res.Latency, res.Service, res.Schedule = latencyOf(copies[0]), latencyOf(copies[1]), latencyOf(copies[2])
	res.Histogram = bucketsOf(copies[0])
	if copies[3].TotalCount() > 0 {
		fresh := latencyOf(copies[3])
		res.Freshness = &fresh
	}
	res.Kept = res.Totals.Skipped == 0 && res.Schedule.P99 <= float64(ScheduleBound/time.Microsecond)/1e3
	return res
}

// Progress is a Result without what is of the whole run's distributions: it costs little, however often it is asked for.
func (rec *Recorder) Progress(now time.Time) Result {
	res, _ := rec.snapshot(now)
	return res
}

// snapshot returns counts and intervals, and copies of histograms. What a histogram says takes up to milliseconds to find out, for which nobody may be kept
// waiting who has a schedule to keep: under the lock they are only copied.
func (rec *Recorder) snapshot(now time.Time, of ...*hdr.Histogram) (Result, []*hdr.Histogram) {
	of = append(of, rec.now, rec.nowSent, rec.nowSeen)
	copies := make([]*hdr.Snapshot, len(of))
	rec.mu.Lock()
	rec.turn(now)
	res := Result{Ended: now, Seconds: now.Sub(rec.start).Seconds(), Totals: rec.total.clone(), Peak: rec.peak}
	last := rec.current
	last.Errors = maps.Clone(last.Errors)
	last.Start, last.Seconds, last.InFlight = rec.began.Sub(rec.start).Seconds(), now.Sub(rec.began).Seconds(), rec.inFlight
	res.Intervals = append(slices.Clone(rec.past), last)
	for i, h := range of {
		copies[i] = h.Export()
	}
	rec.mu.Unlock()
	found := make([]*hdr.Histogram, len(copies))
	for i, c := range copies {
		found[i] = hdr.Import(c)
	}
	open, n := &res.Intervals[len(res.Intervals)-1], len(found)
	open.Latency, open.Sending, open.Fresh = bucketsOf(found[n-3]), bucketsOf(found[n-2]), bucketsOf(found[n-1])
	return res, found
}

// errorRate is the part of the events due that failed.
func (t Totals) errorRate() float64 {
	if t.Due == 0 {
		return 0
	}
	return float64(t.Failed) / float64(t.Due)
}

func (t Totals) clone() Totals {
	kinds, errs := map[string]uint64{}, map[string]uint64{}
	for k, n := range t.byKind {
		if n > 0 {
			kinds[Kind(k).String()] = n
		}
	}
	for k, n := range t.Errors {
		errs[k] = n
	}
	t.Kinds, t.Errors = kinds, errs
	return t
}

// With completes a result by the plan that it is of.
func (r Result) With(p Plan, target string) Result {
	r.Plan, r.Target = p, target
	took := p.For.Seconds()
	if cut := r.Ended.Sub(p.Start).Seconds(); cut < took {
		took = cut // it was broken off
	}
	r.Achieved = float64(r.Totals.Accepted+r.Totals.Refused) / math.Max(took, 1e-9)
	return r
}

// Totals are the counts up to now.
func (rec *Recorder) Totals() Totals {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.total.clone()
}

// Asked is the rate that a plan asks for at a second of its run.
func (p Plan) Asked(second float64) float64 {
	x := second / p.For.Seconds()
	if x < 0 || x >= 1 {
		return 0
	}
	return p.Rate * p.Profile.level(x)
}

// Drift is how much larger the 99th percentile of the last tenth of a run is than that of its first, as a part of that; of short runs nothing
// can be said.
func (r *Result) Drift() (float64, bool) {
	n := len(r.Intervals) / 10
	if n < 3 {
		return 0, false
	}
	var first, last Buckets
	for i := range n {
		first, last = first.Merge(r.Intervals[1+i].Latency), last.Merge(r.Intervals[len(r.Intervals)-2-i].Latency)
	}
	before := first.Quantile(0.99)
	if before == 0 || len(last) == 0 {
		return 0, false
	}
	return float64(last.Quantile(0.99))/float64(before) - 1, true
}

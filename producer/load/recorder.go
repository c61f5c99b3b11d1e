package load

import (
	"slices"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// What the histograms hold: microseconds up to an hour, the whole run's to 0.1 %, an interval's to 1 %.
const (
	longest        = time.Hour
	runDigits      = 3
	intervalDigits = 2
)

func newHistogram(digits int) *hdr.Histogram {
	return hdr.New(1, int64(longest/time.Microsecond), digits)
}

func record(h *hdr.Histogram, d time.Duration) {
	_ = h.RecordValue(int64(min(max(d, 0), longest) / time.Microsecond)) // within the bounds it cannot fail
}

// mostIntervals bounds the intervals of a run. Where there are more, they become twice as long.
const mostIntervals = 600

// Interval is a stretch of a run. Counts are of events, but for Requests.
type Interval struct {
	Start    float64           `json:"start_s"` // since the start of the run
	Seconds  float64           `json:"seconds"`
	Due      uint64            `json:"due"`
	Accepted uint64            `json:"accepted"`
	Failed   uint64            `json:"failed"`
	Errors   map[string]uint64 `json:"errors,omitempty"`
	Requests uint64            `json:"requests"` // answered
	InFlight int               `json:"in_flight"`
	Latency  Buckets           `json:"latency_us"` // of the requests answered
	Sending  Buckets           `json:"sending_us"` // the same, from when they were begun
	Fresh    Buckets           `json:"freshness_us,omitempty"`
}

// Recorder counts what happens to the requests of a run. It may be used concurrently.
type Recorder struct {
	start    time.Time
	takesAll bool // the target cannot refuse malformed events

	mu       sync.Mutex // guards what follows
	latency  *hdr.Histogram
	service  *hdr.Histogram // from the moment of sending
	schedule *hdr.Histogram
	fresh    *hdr.Histogram
	total    Totals
	verdicts verdicts
	begun    uint32 // the copies of the plan that were reached: all that were sent have lower numbers
	inFlight int
	peak     int

	length  time.Duration // of an interval
	current Interval
	began   time.Time // of the current interval
	now     *hdr.Histogram
	nowSent *hdr.Histogram // from the moment of sending
	nowSeen *hdr.Histogram
	past    []Interval
	onShown func(Item)
}

// Totals are counts of events, but for Requests.
type Totals struct {
	Due      uint64            `json:"due"`
	Sent     uint64            `json:"sent"`    // their request began
	Skipped  uint64            `json:"skipped"` // too much was under way
	Accepted uint64            `json:"accepted"`
	Refused  uint64            `json:"refused"` // as they were meant to be
	Failed   uint64            `json:"failed"`
	Unknown  uint64            `json:"unknown"` // of the failed, those without an answer
	Requests uint64            `json:"requests"`
	Answered uint64            `json:"answered"` // requests
	Kinds    map[string]uint64 `json:"kinds"`    // accepted or refused as meant, by kind
	Errors   map[string]uint64 `json:"errors"`   // failed, by why
	byKind   [kinds]uint64
}

// Faults that are not the target's own.
const (
	FaultSkipped = "not sent"           // too much was under way
	FaultRefused = "refused"            // an event that is valid was not accepted
	FaultLet     = "malformed accepted" // and the other way round
	FaultAgain   = "not written"        // the answer asks for it again
)

// NewRecorder returns a recorder of a run that starts then, in intervals of that length.
func NewRecorder(start time.Time, interval time.Duration) *Recorder {
	return &Recorder{
		start: start, began: start, length: interval,
		latency: newHistogram(runDigits), service: newHistogram(runDigits), schedule: newHistogram(runDigits), fresh: newHistogram(runDigits),
		now: newHistogram(intervalDigits), nowSent: newHistogram(intervalDigits), nowSeen: newHistogram(intervalDigits),
		total: Totals{Errors: map[string]uint64{}},
	}
}

// OnShown has f called for every accepted copy that the live view counts. It must be set before the run.
func (rec *Recorder) OnShown(f func(Item)) { rec.onShown = f }

// TakesMalformed says that the target cannot refuse malformed events: a stream takes everything.
func (rec *Recorder) TakesMalformed() { rec.takesAll = true }

// sends notes that a request is about to begin, and reports false where it shall not, because that many are under way.
func (rec *Recorder) sends(r *Request, now time.Time, most int) bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.turn(now)
	n := uint64(len(r.Items))
	rec.total.Due += n
	rec.current.Due += n
	rec.total.Requests++
	rec.begun = max(rec.begun, r.Items[len(r.Items)-1].N+1)
	record(rec.schedule, now.Sub(r.Due))
	if rec.inFlight >= most {
		rec.total.Skipped += n
		rec.fail(FaultSkipped, n)
		return false
	}
	rec.total.Sent += n
	rec.inFlight++
	rec.peak = max(rec.peak, rec.inFlight)
	r.started = now
	return true
}

func (rec *Recorder) fail(fault string, n uint64) {
	rec.total.Failed += n
	rec.total.Errors[fault] += n
	rec.current.Failed += n
	if rec.current.Errors == nil {
		rec.current.Errors = map[string]uint64{}
	}
	rec.current.Errors[fault] += n
}

// done notes an answer.
func (rec *Recorder) done(r *Request, a Answer) {
	rec.answered(r, a)
	if rec.onShown == nil {
		return
	}
	for i := range r.Items { // without the lock: what is told may lead back here
		if r.Items[i].Shown && a.of(i) == Accepted {
			rec.onShown(r.Items[i])
		}
	}
}

func (rec *Recorder) answered(r *Request, a Answer) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.turn(a.At)
	rec.inFlight--
	if a.Fault == "" {
		rec.total.Answered++
		rec.current.Requests++
		record(rec.latency, a.At.Sub(r.Due))
		record(rec.service, a.At.Sub(r.started))
		record(rec.now, a.At.Sub(r.Due))
		record(rec.nowSent, a.At.Sub(r.started))
	}
	for i := range r.Items {
		rec.settle(&r.Items[i], a.of(i), a.Fault)
	}
}

// settle books what became of a copy.
func (rec *Recorder) settle(it *Item, v Verdict, fault string) {
	rec.verdicts.set(it.N, v)
	switch {
	case v == Unknown:
		rec.total.Unknown++
		rec.fail(fault, 1)
		return
	case v == Untaken:
		if fault == "" {
			fault = FaultAgain
		}
		rec.fail(fault, 1)
		return
	case v == Refused && it.Kind != Malformed:
		if fault == "" {
			fault = FaultRefused
		}
		rec.fail(fault, 1)
		return
	case v == Refused:
		rec.total.Refused++
	case it.Kind == Malformed && !rec.takesAll:
		rec.total.Accepted++
		rec.fail(FaultLet, 1)
		return
	default:
		rec.total.Accepted++
		rec.current.Accepted++
	}
	rec.total.byKind[it.Kind]++
}

// Seen notes how long after it was due an event was visible.
func (rec *Recorder) Seen(after time.Duration) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	record(rec.fresh, after)
	record(rec.nowSeen, after)
}

// turn ends the intervals that are over.
func (rec *Recorder) turn(now time.Time) {
	for now.Sub(rec.began) >= rec.length {
		rec.close(rec.length)
		rec.began = rec.began.Add(rec.length)
		if len(rec.past) >= mostIntervals {
			rec.merge()
		}
	}
}

func (rec *Recorder) close(length time.Duration) {
	rec.current.Start, rec.current.Seconds = rec.began.Sub(rec.start).Seconds(), length.Seconds()
	rec.current.InFlight = rec.inFlight
	rec.current.Latency, rec.current.Sending, rec.current.Fresh = bucketsOf(rec.now), bucketsOf(rec.nowSent), bucketsOf(rec.nowSeen)
	rec.past = append(rec.past, rec.current)
	rec.current = Interval{}
	rec.now.Reset()
	rec.nowSent.Reset()
	rec.nowSeen.Reset()
}

// merge makes one interval of every two.
func (rec *Recorder) merge() {
	merged := rec.past[:0]
	for i := 0; i+1 < len(rec.past); i += 2 {
		merged = append(merged, rec.past[i].With(rec.past[i+1]))
	}
	clear(rec.past[len(merged):])
	rec.past = merged
	rec.length *= 2
}

// With is an interval and the next one together.
func (iv Interval) With(o Interval) Interval {
	iv.Seconds += o.Seconds
	iv.Due += o.Due
	iv.Accepted += o.Accepted
	iv.Failed += o.Failed
	iv.Requests += o.Requests
	iv.InFlight = max(iv.InFlight, o.InFlight)
	iv.Latency, iv.Sending, iv.Fresh = iv.Latency.Merge(o.Latency), iv.Sending.Merge(o.Sending), iv.Fresh.Merge(o.Fresh)
	if len(o.Errors) > 0 {
		sum := map[string]uint64{}
		for _, of := range []map[string]uint64{iv.Errors, o.Errors} {
			for k, n := range of {
				sum[k] += n
			}
		}
		iv.Errors = sum
	}
	return iv
}

// Buckets are the counts of a histogram that are not zero, in order: each the largest value of its bucket, and how many there were.
type Buckets [][2]int64

func bucketsOf(h *hdr.Histogram) Buckets {
	var b Buckets
	if h.TotalCount() == 0 {
		return b
	}
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			b = append(b, [2]int64{bar.To, bar.Count})
		}
	}
	return b
}

// Merge returns the sum of two.
func (b Buckets) Merge(o Buckets) Buckets {
	sum := make(Buckets, 0, len(b)+len(o))
	for len(b) > 0 && len(o) > 0 {
		switch {
		case b[0][0] < o[0][0]:
			sum, b = append(sum, b[0]), b[1:]
		case b[0][0] > o[0][0]:
			sum, o = append(sum, o[0]), o[1:]
		default:
			sum, b, o = append(sum, [2]int64{b[0][0], b[0][1] + o[0][1]}), b[1:], o[1:]
		}
	}
	return append(append(sum, b...), o...)
}

// Count is how many values there are.
func (b Buckets) Count() (n int64) {
	for _, c := range b {
		n += c[1]
	}
	return n
}

// Quantile returns the value that a part q of all does not exceed, in microseconds; 0 where there are none.
func (b Buckets) Quantile(q float64) int64 {
	n := b.Count()
	if n == 0 {
		return 0
	}
	want := max(1, int64(q*float64(n)+0.999999))
	for _, c := range b {
		if want -= c[1]; want <= 0 {
			return c[0]
		}
	}
	return b[len(b)-1][0]
}

// Over is how many values are above that many microseconds.
func (b Buckets) Over(us int64) (n int64) {
	at, _ := slices.BinarySearchFunc(b, us+1, func(c [2]int64, us int64) int { return int(c[0] - us) })
	return b[at:].Count()
}

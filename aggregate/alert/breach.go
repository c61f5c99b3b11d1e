package alert

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// minuteMS is the length of a minute, in milliseconds.
const minuteMS = 60_000

// Value is what is known of a minute. The zero value is a minute in which nothing came.
type Value struct {
	Events    uint64
	Pageviews uint64
	Visitors  uint64
	Names     map[string]uint64 // events by name
	Cut       bool              // names are missing
	// Unknown: something came, and nobody can say what. In such a minute no rule is broken, and no event ends.
	Unknown bool

	Received    uint64 // copies that left the stream
	Quarantined uint64
	Late        uint64
	Bot         uint64
	Invalid     uint64 // refused at the door, and not received
}

// Values are the minutes of a site.
type Values struct {
	// Since is from when on they are known, in Unix milliseconds; nothing is said of what lies before.
	Since int64
	// Begin is when the site came into being: before, that there is little of something says nothing.
	Begin int64
	Zone  *time.Location
	// At returns the value of the minute that begins then.
	At func(minute int64) Value
}

// Finding is what a rule says of a minute.
type Finding struct {
	Broken bool
	// Holds is whether an event that has begun goes on. It is Broken but for a silence: one that lasts is still one when the hour before it is silent, too; and where it cannot be
	// said whether the rule is broken, for a minute is unknown that decides it.
	Holds   bool
	Value   float64
	Message string
}

// Find applies the rule to the minute that begins at m. It looks at values from m back to [Rule.Reach] before, and of Change at the same ones of a week before.
func (r Rule) Find(v Values, m int64) Finding {
	switch r.Kind {
	case Threshold:
		return r.findThreshold(v, m)
	case Change:
		return r.findChange(v, m)
	case Silence:
		return r.findSilence(v, m)
	}
	return r.findErrors(v, m)
}

// Reach returns how many minutes after a minute its value still decides something: of the rule, and of whether an event is over.
func (r Rule) Reach() int64 {
	n := r.Minutes + r.Quiet
	if r.Kind == Silence {
		n += beforeMinutes
	}
	return int64(n) * minuteMS
}

// WeekBefore returns the minute of a week before, by the clock of the zone.
func WeekBefore(zone *time.Location, m int64) int64 {
	return time.UnixMilli(m).In(zone).AddDate(0, 0, -7).UnixMilli()
}

// of returns the metric of a value. Of a name that is not among the rows that were kept, nothing is known.
func (m Metric) of(v Value) (float64, bool) {
	switch m {
	case Visitors:
		return float64(v.Visitors), true
	case Pageviews:
		return float64(v.Pageviews), true
	case Events:
		return float64(v.Events), true
	}
	name, _ := m.name()
	n, there := v.Names[name]
	return float64(n), there || !v.Cut
}

// sum adds the metric up over n minutes, the last of which begins at m. Where some of them are unknown it is that of the others, and lost says so.
func (r Rule) sum(v Values, m int64, n int) (total float64, known, lost bool) {
	first := m - int64(n-1)*minuteMS
	if first < v.Since {
		return 0, false, false
	}
	for at := first; at <= m; at += minuteMS {
		value := v.At(at)
		x, ok := r.Metric.of(value)
		if !ok {
			return 0, false, false
		}
		total += x
		lost = lost || value.Unknown
	}
	return total, true, lost
}

func (r Rule) findThreshold(v Values, m int64) Finding {
	now, known := r.Metric.of(v.At(m))
	word, limit := "over", r.Over
	if r.Over == nil {
		word, limit = "under", r.Under
	}
	since := v.Since
	if r.Under != nil {
		since = max(since, v.Begin)
	}
	f := Finding{Value: now, Broken: known && m-int64(r.Minutes-1)*minuteMS >= since}
	lost := false
	for at := m; f.Broken && at > m-int64(r.Minutes)*minuteMS; at -= minuteMS {
		value := v.At(at)
		x, ok := r.Metric.of(value)
		f.Broken = value.Unknown || ok && (r.Over != nil && x > *limit || r.Over == nil && x < *limit)
		lost = lost || value.Unknown
	}
	f.Holds, f.Broken = f.Broken, f.Broken && !lost
	f.Message = fmt.Sprintf("%s a minute %s %s for %s: %s in the last", r.Metric, word, number(*limit), minutes(r.Minutes), number(now))
	return f
}

func (r Rule) findChange(v Values, m int64) Finding {
	now, known, lost := r.sum(v, m, r.Minutes)
	was, knownThen, lostThen := r.sum(v, WeekBefore(v.Zone, m), r.Minutes)
	switch little := was < float64(r.MinVolume) || was == 0; {
	case !known || !knownThen || little && !lostThen:
		return Finding{}
	case lost || lostThen:
		return Finding{Holds: true}
	}
	percent := 100 * (now - was) / was
	f := Finding{Value: percent}
	f.Broken = r.Rise != nil && percent >= *r.Rise || r.Fall != nil && -percent >= *r.Fall
	f.Holds = f.Broken
	f.Message = fmt.Sprintf("%s %+.0f %% in an hour: %s, and %s a week before", r.Metric, percent, number(now), number(was))
	return f
}

func (r Rule) findSilence(v Values, m int64) Finding {
	now, known, lost := r.sum(v, m, r.Minutes)
	f := Finding{Value: now, Holds: known && now == 0}
	if !f.Holds || lost {
		return f
	}
	begin := m - int64(r.Minutes)*minuteMS
	var before float64 // of the hour, as much as is known
	for at := begin; at > begin-beforeMinutes*minuteMS && at >= v.Since; at -= minuteMS {
		x, _ := r.Metric.of(v.At(at))
		before += x
	}
	f.Broken = before >= float64(r.MinVolume)
	f.Message = fmt.Sprintf("no %s for %s, and %s in the hour before", r.Metric, minutes(r.Minutes), number(before))
	return f
}

func (r Rule) findErrors(v Values, m int64) Finding {
	if m-int64(r.Minutes-1)*minuteMS < v.Since {
		return Finding{}
	}
	var bad, all uint64
	for at := m; at > m-int64(r.Minutes)*minuteMS; at -= minuteMS {
		x := v.At(at)
		if x.Unknown {
			return Finding{Holds: true}
		}
		all += x.Received + x.Invalid
		bad += r.errors(x)
	}
	if all < r.MinVolume || all == 0 {
		return Finding{}
	}
	share := float64(bad) / float64(all) * 100
	f := Finding{Value: share, Broken: share > *r.Over}
	f.Holds = f.Broken
	f.Message = fmt.Sprintf("%.1f %% errors in %s: %d of %d", share, minutes(r.Minutes), bad, all)
	return f
}

// errors returns how many of a minute's events the rule takes for errors.
func (r Rule) errors(v Value) (n uint64) {
	of := map[Outcome]uint64{Quarantined: v.Quarantined, Invalid: v.Invalid, Late: v.Late, Bot: v.Bot}
	for o, count := range of {
		if slices.Contains(r.Count, o) {
			n += count
		}
	}
	return n
}

func number(x float64) string {
	if x == math.Trunc(x) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func minutes(n int) string {
	if n == 1 {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", n)
}

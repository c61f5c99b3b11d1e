package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Objective is one condition on a run, as "p99<250ms" or "errors<0.1%".
type Objective struct {
	Metric   string  // as it was written
	quantile float64 // of a time; 0 for the others
	over     metric
	below    bool    // "<"; otherwise ">"
	bound    float64 // milliseconds, a part of all, or events a second
}

type metric uint8

const (
	latencyQuantile metric = iota
	freshnessQuantile
	latencyMean
	latencyMax
	errorPart
	rateAchieved
)

// Objectives are conditions that must hold all together.
type Objectives []Objective

const objectivesHelp = `conditions joined by commas, of p50 to p99.99, mean, max and fresh-p50 to fresh-p99.99 below a duration, errors below a percentage and rate above a ` +
	`number, such as p99<250ms,errors<0.1%`

// ParseObjectives reads conditions that are joined by commas.
func ParseObjectives(s string) (Objectives, error) {
	var all Objectives
	for part := range strings.SplitSeq(s, ",") {
		o, err := parseObjective(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q is no objective (%w): allowed are %s", part, err, objectivesHelp)
		}
		all = append(all, o)
	}
	return all, nil
}

func parseObjective(s string) (o Objective, err error) {
	name, value, below := strings.Cut(s, "<")
	if !below {
		var above bool
		if name, value, above = strings.Cut(s, ">"); !above {
			return o, fmt.Errorf("there is neither < nor >")
		}
	}
	o.Metric, o.below, value = strings.TrimSpace(name), below, strings.TrimSpace(value)
	if err := o.measures(); err != nil {
		return o, err
	}
	if o.below == (o.over == rateAchieved) {
		return o, fmt.Errorf("a rate is to be above, everything else below")
	}
	switch o.over {
	case errorPart:
		percent, isPercent := strings.CutSuffix(value, "%")
		o.bound, err = strconv.ParseFloat(percent, 64)
		if err != nil || !isPercent || !(o.bound >= 0 && o.bound <= 100) {
			return o, fmt.Errorf("%q is no percentage", value)
		}
		o.bound /= 100
	case rateAchieved:
		if o.bound, err = ParseRate(value); err != nil {
			return o, err
		}
	default:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return o, fmt.Errorf("%q is no duration", value)
		}
		o.bound = float64(d) / float64(time.Millisecond)
	}
	return o, nil
}

// measures finds out what the name of the metric means.
func (o *Objective) measures() error {
	name, isFresh := strings.CutPrefix(o.Metric, "fresh-")
	switch {
	case isFresh:
		o.over = freshnessQuantile
	case name == "mean":
		o.over = latencyMean
		return nil
	case name == "max":
		o.over = latencyMax
		return nil
	case name == "errors":
		o.over = errorPart
		return nil
	case name == "rate":
		o.over = rateAchieved
		return nil
	}
	percent, isQuantile := strings.CutPrefix(name, "p")
	q, err := strconv.ParseFloat(percent, 64)
	if err != nil || !isQuantile || !(q > 0 && q < 100) {
		return fmt.Errorf("%q is measured by nobody", o.Metric)
	}
	o.quantile = q / 100
	return nil
}

// ParseRate reads a number of events a second: "500", "500/s", "20k/s", "1.5M".
func ParseRate(s string) (float64, error) {
	text, scale := strings.TrimSuffix(s, "/s"), 1.0
	switch {
	case strings.HasSuffix(text, "k"):
		text, scale = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"):
		text, scale = text[:len(text)-1], 1e6
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n*scale <= 1e7) {
		return 0, fmt.Errorf("%q is not a number of events a second, such as 500, 500/s or 20k/s, at most 10M", s)
	}
	return n * scale, nil
}

// String is the condition as it was written.
func (o Objective) String() string {
	sign, value := ">", strconv.FormatFloat(o.bound, 'f', -1, 64)
	if o.below {
		sign = "<"
	}
	switch o.over {
	case errorPart:
		value = strconv.FormatFloat(o.bound*100, 'g', 6, 64) + "%"
	case rateAchieved:
	default:
		value = time.Duration(o.bound * float64(time.Millisecond)).String()
	}
	return o.Metric + sign + value
}

// NeedFreshness reports whether one of them can only be told where a live view is read.
func (os Objectives) NeedFreshness() bool {
	for _, o := range os {
		if o.over == freshnessQuantile {
			return true
		}
	}
	return false
}

// Outcome says whether an objective was met.
type Outcome struct {
	Objective string `json:"objective"`
	Found     string `json:"found"`
	Met       bool   `json:"met"`
}

// Judge says of every objective whether the run met it. One about times that nobody measured is not met.
func (os Objectives) Judge(r *Result) []Outcome {
	all := make([]Outcome, len(os))
	for i, o := range os {
		v, known := o.value(r)
		all[i] = Outcome{Objective: o.String(), Found: o.show(v, known), Met: known && (o.below && v < o.bound || !o.below && v > o.bound)}
	}
	return all
}

func (o Objective) value(r *Result) (v float64, known bool) {
	switch o.over {
	case errorPart:
		return r.Totals.errorRate(), r.Totals.Due > 0
	case rateAchieved:
		return r.Achieved, true
	case latencyMean:
		return r.Latency.Mean, r.Latency.Count > 0
	case latencyMax:
		return r.Latency.Max, r.Latency.Count > 0
	case freshnessQuantile:
		var all Buckets
		for _, iv := range r.Intervals {
			all = all.Merge(iv.Fresh)
		}
		return float64(all.Quantile(o.quantile)) / 1e3, len(all) > 0
	}
	return float64(r.Histogram.Quantile(o.quantile)) / 1e3, len(r.Histogram) > 0
}

func (o Objective) show(v float64, known bool) string {
	switch {
	case !known:
		return "not measured"
	case o.over == errorPart:
		return strconv.FormatFloat(v*100, 'g', 4, 64) + "%"
	case o.over == rateAchieved:
		return strconv.FormatFloat(v, 'f', 0, 64) + "/s"
	}
	return Milliseconds(v)
}

// Milliseconds writes a time for people.
func Milliseconds(ms float64) string {
	switch {
	case ms >= 10_000:
		return strconv.FormatFloat(ms/1e3, 'f', 1, 64) + " s"
	case ms >= 100:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms >= 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
}

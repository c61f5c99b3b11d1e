package alert

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// raw is an event as it came.
type raw struct {
	at      int64
	name    string // pageview, or another
	visitor string
	outcome Outcome // "" was counted
}

// naive evaluates a rule over raw events, minute after minute, as docs/ALERTS.md says it in words: nothing is shared with the evaluator, and nothing is remembered but
// the event that goes on.
type naive struct {
	rule   Rule
	events []raw
	zone   *time.Location
	since  int64
	lost   map[int64]bool // minutes of which nothing is known
}

// lose makes nothing known of some minutes between two times.
func (n *naive) lose(r *rand.Rand, from, to int64, minutes int) {
	if n.lost == nil {
		n.lost = make(map[int64]bool)
	}
	for range minutes {
		at := from + r.Int64N(to-from)
		n.lost[at-at%60_000] = true
	}
	n.events = slices.DeleteFunc(n.events, func(e raw) bool { return n.lost[e.at-e.at%60_000] })
}

// lacks reports whether nothing is known of a minute between two times.
func (n naive) lacks(from, to int64) bool {
	for m := range n.lost {
		if m >= from && m < to {
			return true
		}
	}
	return false
}

// count counts what the rule's metric counts in [from, to).
func (n naive) count(from, to int64) float64 {
	seen := make(map[string]bool)
	total := 0.0
	for _, e := range n.events {
		if e.at < from || e.at >= to || e.outcome != "" {
			continue
		}
		switch {
		case n.rule.Metric == "visitors":
			seen[e.visitor] = true
		case n.rule.Metric == "events", string(n.rule.Metric) == "event:"+e.name, n.rule.Metric == "pageviews" && e.name == "pageview":
			total++
		}
	}
	return total + float64(len(seen))
}

func (n naive) broken(m int64, firing bool) bool {
	r, end := n.rule, m+60_000
	begin := end - int64(r.Minutes)*60_000
	if begin < n.since {
		return false
	}
	switch r.Kind {
	case "threshold":
		for at := begin; at < end; at += 60_000 {
			c := n.count(at, at+60_000)
			if n.lost[at] {
				continue
			}
			if r.Over != nil && c <= *r.Over || r.Under != nil && c >= *r.Under {
				return false
			}
		}
		return firing || !n.lacks(begin, end)
	case "silence":
		before := n.count(max(n.since, begin-3_600_000), begin)
		if n.lacks(begin, end) { // as much as is known of it was silent, or not
			return firing && n.count(begin, end) == 0
		}
		return n.count(begin, end) == 0 && (firing || before >= float64(r.MinVolume))
	case "change":
		week := time.UnixMilli(m).In(n.zone).AddDate(0, 0, -7).UnixMilli() + 60_000
		if week-3_600_000 < n.since {
			return false
		}
		now, was := n.count(end-3_600_000, end), n.count(week-3_600_000, week)
		lacksThen := n.lacks(week-3_600_000, week)
		if !lacksThen && (was == 0 || was < float64(r.MinVolume)) {
			return false
		}
		if lacksThen || n.lacks(end-3_600_000, end) {
			return firing
		}
		percent := 100 * (now - was) / was
		return r.Rise != nil && percent >= *r.Rise || r.Fall != nil && percent <= -*r.Fall
	}
	if n.lacks(begin, end) {
		return firing
	}
	bad, all := 0.0, 0.0
	for _, e := range n.events {
		if e.at >= begin && e.at < end {
			all++
			if slices.Contains(r.Count, e.outcome) {
				bad++
			}
		}
	}
	return all > 0 && all >= float64(r.MinVolume) && 100*bad/all > *r.Over
}

// replay returns when events begin and end.
func (n naive) replay(from, to int64) (spans [][2]int64) {
	var open, quiet int64
	for m := from; m < to; m += 60_000 {
		switch broken := n.broken(m, open != 0); {
		case open == 0 && broken:
			open, quiet = m, 0
		case open != 0 && broken:
			quiet = 0
		case open != 0:
			if quiet++; quiet == int64(n.rule.Quiet) {
				spans, open = append(spans, [2]int64{open, m}), 0
			}
		}
	}
	if open != 0 {
		spans = append(spans, [2]int64{open, 0})
	}
	return spans
}

// values are the minutes of the events, added up.
func (n naive) values() Values {
	all := make(map[int64]*Value)
	visitors := make(map[string]bool)
	for _, e := range n.events {
		m := e.at - e.at%60_000
		v := all[m]
		if v == nil {
			v = &Value{Names: make(map[string]uint64)}
			all[m] = v
		}
		if e.outcome != Invalid {
			v.Received++
		}
		switch e.outcome {
		case Invalid:
			v.Invalid++
		case Quarantined:
			v.Quarantined++
		case Late:
			v.Late++
		case Bot:
			v.Bot++
		default:
			v.Events++
			v.Names[e.name]++
			if e.name == "pageview" {
				v.Pageviews++
			}
			if who := fmt.Sprint(m, e.visitor); !visitors[who] {
				visitors[who] = true
				v.Visitors++
			}
		}
	}
	return Values{Since: n.since, Zone: n.zone, At: func(m int64) Value {
		if v := all[m]; v != nil {
			return *v
		}
		return Value{Unknown: n.lost[m]}
	}}
}

var rulesOf = map[string]func(*rand.Rand) Rule{
	"over": func(r *rand.Rand) Rule {
		return Rule{Kind: Threshold, Metric: pick(r, Visitors, Pageviews, Events, "event:buy"), Over: at(r, 4), Minutes: 1 + r.IntN(4)}
	},
	"under": func(r *rand.Rand) Rule {
		return Rule{Kind: Threshold, Metric: pick(r, Visitors, Pageviews, Events), Under: at(r, 3), Minutes: 1 + r.IntN(6)}
	},
	"silence": func(r *rand.Rand) Rule {
		return Rule{Kind: Silence, Metric: pick(r, Pageviews, Events, "event:buy", ""), Minutes: 1 + r.IntN(12), MinVolume: uint64(r.IntN(20))}
	},
	"change": func(r *rand.Rand) Rule {
		return Rule{Kind: Change, Metric: pick(r, Pageviews, Events, "event:buy"), Fall: at(r, 60), Rise: at(r, 90), MinVolume: uint64(1 + r.IntN(80))}
	},
	"errors": func(r *rand.Rand) Rule {
		return Rule{
			Kind: Errors, Over: at(r, 40), Minutes: 1 + r.IntN(6), MinVolume: uint64(1 + r.IntN(12)),
			Count: [][]Outcome{nil, {Quarantined}, {Invalid, Late}, {Bot, Quarantined, Late, Invalid}}[r.IntN(4)],
		}
	},
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func at(r *rand.Rand, n int) *float64 { x := float64(1 + r.IntN(n)); return &x }

const week = 7 * 24 * 60

// traffic is some hours of it, in bursts and with silences; and the same hours of a week before.
func traffic(r *rand.Rand, begin int64, minutes int) (all []raw) {
	for _, from := range []int64{begin - week*60_000, begin} {
		rate := 0
		for m := range minutes {
			if r.IntN(12) == 0 {
				rate = []int{0, 0, 1, 3, 8}[r.IntN(5)]
			}
			for range rate {
				e := raw{at: from + int64(m)*60_000 + r.Int64N(60_000), name: pick(r, "pageview", "pageview", "buy"), visitor: fmt.Sprint(r.IntN(5))}
				if r.IntN(5) == 0 {
					e.outcome = pick(r, Quarantined, Invalid, Late, Bot)
				}
				all = append(all, e)
			}
		}
	}
	return all
}

func seeds() int {
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		return 3000
	}
	return 25
}

func evaluated(known []Event, c Changes) []Event {
	known = slices.Clone(known)
	for _, ended := range c.Ended {
		i := slices.IndexFunc(known, func(e Event) bool { return e.At == ended.At })
		known[i].ResolvedAt = ended.ResolvedAt
	}
	return append(known, c.Began...)
}

// TestReplayIsNaive: evaluated a few minutes at a time, or twice, or with a crash before anything was kept, the events are those of the obvious evaluator.
func TestReplayIsNaive(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for kind, rule := range rulesOf {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			events := 0
			for seed := range seeds() {
				r := rand.New(rand.NewPCG(uint64(seed), 1))
				const minutes = 180
				// The clock of the zone is put forward between the two weeks.
				begin := time.Date(2026, 3, 9, 14, 0, 0, 0, time.UTC).UnixMilli()
				n := naive{rule: Filled([]Rule{rule(r)})[0], events: traffic(r, begin, minutes), zone: zone, since: begin - (week+60)*60_000}
				n.rule.Quiet = 1 + r.IntN(6)
				if seed%2 == 1 {
					n.lose(r, begin-30*60_000, begin+minutes*60_000, r.IntN(8))
					n.lose(r, begin-week*60_000, begin-(week-30)*60_000, r.IntN(2))
				}
				v := n.values()
				var known []Event
				for m := begin; m < begin+minutes*60_000; {
					to := min(begin+minutes*60_000, m+int64(1+r.IntN(9))*60_000)
					c := n.rule.Replay(v, known, m, to-60_000)
					if r.IntN(4) > 0 { // else nobody kept it
						known = evaluated(known, c)
						m = to
					}
				}
				var got [][2]int64
				for _, e := range known {
					got = append(got, [2]int64{e.At, e.ResolvedAt})
				}
				if want := n.replay(begin, begin+minutes*60_000); !slices.Equal(got, want) {
					t.Fatalf("seed %d: %+v\n got %v\nwant %v", seed, n.rule, got, want)
				}
				events += len(got)
			}
			if events < seeds()/4 {
				t.Errorf("only %d events of %d seeds", events, seeds())
			}
		})
	}
}

// TestReplayOfRevisions: whatever comes late, in whatever order, no event begins twice in a minute, none is taken back, and at the end every minute in which the rule
// is broken, by all that came, belongs to an event, with those minutes in which it was not quiet for long enough since.
func TestReplayOfRevisions(t *testing.T) {
	for kind, rule := range rulesOf {
		if kind == "change" { // a revised minute counts a week later, too, which is evaluated then
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds() {
				r := rand.New(rand.NewPCG(uint64(seed), 2))
				const minutes = 80
				begin := int64(1_773_000_000_000 / 60_000 * 60_000)
				all := traffic(r, begin, minutes)
				n := naive{rule: Filled([]Rule{rule(r)})[0], zone: time.UTC, since: begin - (week+120)*60_000}
				var late []raw
				for _, e := range all {
					if len(late) < 25 && e.at >= begin && r.IntN(len(all)) < 50 {
						late = append(late, e)
					} else {
						n.events = append(n.events, e)
					}
				}
				var known []Event
				through := begin
				for through < begin+minutes*60_000 || len(late) > 0 {
					from := through
					if len(late) > 0 && r.IntN(2) == 0 {
						e := late[0]
						late, n.events = late[1:], append(n.events, e)
						if e.at < through {
							from = e.at - e.at%60_000
						}
					}
					through = min(begin+minutes*60_000, through+int64(r.IntN(3))*60_000)
					known = evaluated(known, n.rule.Replay(n.values(), known, from, through-60_000))
				}
				n.check(t, seed, known, begin, through)
			}
		})
	}
}

func (n naive) check(t *testing.T, seed int, known []Event, begin, end int64) {
	t.Helper()
	slices.SortFunc(known, func(a, b Event) int { return int(a.At - b.At) })
	for i := 1; i < len(known); i++ {
		if a, b := known[i-1], known[i]; a.At == b.At || a.ResolvedAt == 0 || a.ResolvedAt > b.At {
			t.Fatalf("seed %d: %+v: the events %+v and %+v overlap", seed, n.rule, a, b)
		}
	}
	for m := begin; m < end; m += 60_000 {
		if n.broken(m, false) && !slices.ContainsFunc(known, func(e Event) bool { return e.covers(m) }) {
			t.Fatalf("seed %d: %+v is broken at minute %d, which is in none of %+v", seed, n.rule, (m-begin)/60_000, known)
		}
	}
}

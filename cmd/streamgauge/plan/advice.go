package plan

import "fmt"

// advise says what to change, and what that would save: each change is reckoned through.
func (r *reckoner) advise(p *Plan) (advice []string) {
	say := func(format string, args ...any) { advice = append(advice, fmt.Sprintf(format, args...)) }
	say("deploy with --param shards=%d --param cells=%d%s", p.Shards, p.Cells, r.others(p))
	if d := r.onDemand(p); true {
		fixed := p.Ways[0].Of("Kinesis")
		if d > fixed {
			say("a stream on demand (shards=0) needs no number, and costs $%.0f instead of $%.0f", d, fixed)
		} else {
			say("take the stream on demand (shards=0): it costs $%.0f instead of $%.0f", d, fixed)
		}
	}
	const longWindow = 10
	if p.Window < longWindow {
		r.try(p, &advice, "stream", "--param batchWindow=10 means fewer, larger deltas; figures come up to 10 s later", func(t *Traffic) { t.Window = longWindow })
	}
	if p.Batch < 100 && (p.Bytes+1)*2*p.Batch <= maxRecord {
		r.try(p, &advice, "http", fmt.Sprintf("requests of %d events instead of %d", 2*p.Batch, p.Batch), func(t *Traffic) { t.Batch *= 2 })
	}
	return advice
}

// others are the parameters beside the shards that differ from their defaults.
func (r *reckoner) others(p *Plan) (params string) {
	if p.Window != 1 {
		params += fmt.Sprintf(" --param batchWindow=%.0f", p.Window)
	}
	if p.Hours != minRetention {
		params += fmt.Sprintf(" --param retentionHours=%d", p.Hours)
	}
	if p.Parallelization > 1 {
		params += fmt.Sprintf(" --param parallelization=%d", p.Parallelization)
	}
	return params
}

// worthSaying is the least part of a bill that a change is named for.
const worthSaying = 0.03

func (r *reckoner) try(p *Plan, advice *[]string, way, what string, change func(*Traffic)) {
	t := p.Traffic
	change(&t)
	if saved, of := p.Way(way).USD-r.plan(t).Way(way).USD, p.Way(way); saved > worthSaying*of.USD {
		*advice = append(*advice, fmt.Sprintf("%s: saves $%.0f of $%.0f (%s)", what, saved, of.USD, of.Title))
	}
}

package alert

// Event is a time in which a rule was broken. Times are the starts of minutes, in Unix milliseconds.
type Event struct {
	Rule       string  `json:"rule"`
	Name       string  `json:"name"` // of the rule, as it was
	At         int64   `json:"at"`
	ResolvedAt int64   `json:"resolved_at,omitempty"` // the first minute that is no part of it; 0 while it goes on
	Value      float64 `json:"value"`                 // when it began
	Message    string  `json:"message"`
}

// covers reports whether the minute belongs to the event.
func (e Event) covers(m int64) bool { return e.At <= m && (e.ResolvedAt == 0 || m < e.ResolvedAt) }

// Changes are what follows from an evaluation.
type Changes struct {
	Began []Event // new ones; some may be over already
	Ended []Event // that were known, and are over now
}

// Replay evaluates a rule for the minutes from and up to to, given the events of it that there are, in order of time. Those are facts: somebody has been told
// of them. What it adds are events that begin in minutes which belong to none and in which the rule is broken, and the end of the one that goes on.
//
// So it may run again over minutes whose values were revised: an event that the new values would not have made stays and ends as every other does, and one that they
// make where none was begins in its own minute, though that is past.
func (r Rule) Replay(v Values, known []Event, from, to int64) Changes {
	p := &replay{rule: r, values: v, found: make(map[int64]Finding)}
	for i := range known {
		e := known[i]
		p.events = append(p.events, &e)
	}
	for m := from; m <= to; m += minuteMS {
		p.minute(m)
	}
	return p.changes
}

// replay is an evaluation under way.
type replay struct {
	rule    Rule
	values  Values
	events  []*Event // known ones
	fresh   *Event   // a new one that goes on
	found   map[int64]Finding
	changes Changes
}

func (p *replay) find(m int64) Finding {
	f, ok := p.found[m]
	if !ok {
		f = p.rule.Find(p.values, m)
		p.found[m] = f
	}
	return f
}

func (p *replay) minute(m int64) {
	old := p.covering(m)
	switch {
	case old != nil: // what began in the past and was not known then ends where this one begins
		p.end(m, p.fresh)
		if old.ResolvedAt == 0 && p.quiet(old.At, m) {
			old.ResolvedAt = m
			p.changes.Ended = append(p.changes.Ended, *old)
		}
	case p.fresh != nil:
		if p.quiet(p.fresh.At, m) {
			p.end(m, p.fresh)
		}
	default:
		if f := p.find(m); f.Broken {
			p.changes.Began = append(p.changes.Began, Event{Rule: p.rule.ID, Name: p.rule.Name, At: m, Value: f.Value, Message: f.Message})
			p.fresh = &p.changes.Began[len(p.changes.Began)-1]
		}
	}
}

func (p *replay) covering(m int64) *Event {
	for _, e := range p.events {
		if e.covers(m) {
			return e
		}
	}
	return nil
}

func (p *replay) end(m int64, e *Event) {
	if e != nil {
		e.ResolvedAt = m
		p.fresh = nil
	}
}

// quiet reports whether the rule held in none of the last minutes up to m, and all of them are after the begin of the event.
func (p *replay) quiet(began, m int64) bool {
	first := m - int64(p.rule.Quiet-1)*minuteMS
	if first <= began {
		return false
	}
	for at := first; at <= m; at += minuteMS {
		if p.find(at).Holds {
			return false
		}
	}
	return true
}

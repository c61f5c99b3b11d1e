package load

import (
	"context"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Books are what a server says became of the copies of a site.
type Books struct {
	Accepted    uint64 `json:"accepted"`
	Received    uint64 `json:"received"`
	Counted     uint64 `json:"counted"`
	Duplicate   uint64 `json:"duplicate"`
	Bot         uint64 `json:"bot"`
	Late        uint64 `json:"late"`
	Quarantined uint64 `json:"quarantined"`
}

func (b Books) minus(o Books) Books {
	return Books{
		b.Accepted - o.Accepted, b.Received - o.Received, b.Counted - o.Counted, b.Duplicate - o.Duplicate, b.Bot - o.Bot, b.Late - o.Late,
		b.Quarantined - o.Quarantined,
	}
}

// Witness is a server that tells which events it counted, by hashes of their ids that only it can make.
type Witness interface {
	// Hashes returns the hash of each id.
	Hashes(ctx context.Context, ids []string) ([]uint64, error)
	// Counted returns the hashes of the ids that are counted in the windows of event time that begin from "from" to before "to", in Unix
	// milliseconds. One that is counted twice is there twice.
	Counted(ctx context.Context, from, to int64) ([]uint64, error)
}

// Check is one line of the comparison: what must be found, at least and at most (they differ by the copies whose answer was lost), and what was.
type Check struct {
	Name  string `json:"name"`
	Least uint64 `json:"least"`
	Most  uint64 `json:"most"`
	Found uint64 `json:"found"`
}

// OK reports whether what was found is what had to be.
func (c Check) OK() bool { return c.Least <= c.Found && c.Found <= c.Most }

// Difference is a number of events of which the server says something else than it should, with some of their ids.
type Difference struct {
	Events   uint64   `json:"events"`
	Examples []string `json:"examples,omitempty"`

	hashes []uint64 // of the examples
}

const mostExamples = 5

func (d *Difference) add(hash uint64) {
	if d.Events++; len(d.hashes) < mostExamples {
		d.hashes = append(d.hashes, hash)
	}
}

// Verification is the comparison of what was sent with what the server counted.
type Verification struct {
	Checks     []Check    `json:"checks"`
	IDsChecked uint64     `json:"ids_checked"`
	Missing    Difference `json:"missing"` // accepted, and not counted
	Doubled    Difference `json:"doubled"` // counted more than once
	Untaken    Difference `json:"untaken"` // counted, though the answer said that it was not taken
	Foreign    Difference `json:"foreign"` // counted, and not ours: named by their hashes
	OK         bool       `json:"ok"`
}

// Ran is a run that is over, for verification.
type Ran struct {
	plan     Plan
	verdicts *verdicts
	begun    uint32 // copies from here on were not sent; of those below, some may not have been
	stream   bool
}

// Ran returns what has to be known of a run of that plan for its verification. Copies that share a request are not sent in the order of the plan: a crawler's
// waits for others of its kind, while people's go on. So what a run that was cut short has sent is not the plan's beginning, and how many there were does not say which.
func (rec *Recorder) Ran(p Plan) Ran {
	return Ran{p, &rec.verdicts, rec.begun, rec.takesAll}
}

// Verify makes every event of the runs again, in order, and compares what became of each with what the server says. before and after are its books, known the
// hashes that it had counted in the windows around the start of the first run.
func Verify(ctx context.Context, runs []Ran, before, after Books, known []uint64, w Witness) (*Verification, error) {
	v := &verifier{w: w, windows: map[int64]*sightings{}, known: make(map[uint64]struct{}, len(known)), out: &Verification{}}
	for _, h := range known {
		v.known[h] = struct{}{}
	}
	for _, run := range runs {
		if err := v.run(ctx, run); err != nil {
			return nil, err
		}
	}
	if err := v.close(ctx, event.MaxTimeMS); err != nil {
		return nil, err
	}
	if err := v.name(ctx, runs); err != nil {
		return nil, err
	}
	v.out.Checks = v.checks(runs, after.minus(before))
	v.out.OK = v.out.Missing.Events+v.out.Doubled.Events+v.out.Untaken.Events+v.out.Foreign.Events == 0
	for _, c := range v.out.Checks {
		v.out.OK = v.out.OK && c.OK()
	}
	return v.out, nil
}

// fate is what the answers said of the copies of an event, and whether it is counted.
type fate struct {
	accepted, unknown bool
	ours              bool
	times             int
}

type verifier struct {
	w       Witness
	windows map[int64]*sightings
	asked   []string // ids whose hashes are not known yet …
	asks    []sighting
	known   map[uint64]struct{}
	out     *Verification
	sure    [kinds]uint64 // accepted copies, by kind
	unsure  [kinds]uint64 // those without an answer
	counted bounds        // of ordinary events
}

type bounds struct{ least, most uint64 }

// compareEvery is after how many copies it is looked which windows can be compared.
const compareEvery = 8192

func (v *verifier) run(ctx context.Context, run Ran) error {
	compared := uint32(0)
	for c := range run.plan.Copies() {
		if c.N >= run.begun {
			break
		}
		verdict := run.verdicts.of(c.N)
		switch verdict {
		case Accepted:
			v.sure[c.Kind]++
		case Unknown:
			v.unsure[c.Kind]++
		}
		if c.Kind != Ordinary && c.Kind != Repeated {
			continue
		}
		if err := v.note(ctx, c, verdict); err != nil {
			return err
		}
		if c.N-compared >= compareEvery {
			compared = c.N
			if err := v.close(ctx, c.Due.Add(-heldMost-time.Minute).UnixMilli()); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostAsked is of how many ids the hashes are asked for at one time.
const mostAsked = 4096

func (v *verifier) note(ctx context.Context, c *Planned, verdict Verdict) error {
	v.asked, v.asks = append(v.asked, c.ID), append(v.asks, sighting{event.Window(c.TS), verdict})
	if len(v.asked) < mostAsked {
		return nil
	}
	return v.ask(ctx)
}

// ask turns ids into their hashes: so little is kept of each copy until its window is compared.
func (v *verifier) ask(ctx context.Context) error {
	hashes, err := v.w.Hashes(ctx, v.asked)
	if err != nil {
		return err
	}
	for i, s := range v.asks {
		w := v.windows[s.window]
		if w == nil {
			w = &sightings{}
			v.windows[s.window] = w
		}
		w.add(hashes[i], s.verdict)
	}
	clear(v.asked)
	v.asked, v.asks = v.asked[:0], v.asks[:0]
	return nil
}

// close compares the windows that begin before then: no copy of theirs is still to come.
func (v *verifier) close(ctx context.Context, before int64) error {
	if err := v.ask(ctx); err != nil {
		return err
	}
	for start, w := range v.windows {
		if start+event.WindowMS > before {
			continue
		}
		if err := v.compare(ctx, start, w); err != nil {
			return err
		}
		delete(v.windows, start)
	}
	return nil
}

func (v *verifier) compare(ctx context.Context, start int64, w *sightings) error {
	list, err := v.w.Counted(ctx, start, start+event.WindowMS)
	if err != nil {
		return err
	}
	all := make(map[uint64]fate, len(list))
	for _, h := range list {
		f := all[h]
		f.times++
		all[h] = f
	}
	for h, verdict := range w.all {
		f := all[h]
		f.ours = true
		f.accepted = f.accepted || verdict == Accepted
		f.unknown = f.unknown || verdict == Unknown
		all[h] = f
	}
	for h, f := range all {
		if f.ours {
			v.judge(h, f)
		} else if _, known := v.known[h]; !known || f.times > 1 {
			v.out.Foreign.add(h)
		}
	}
	return nil
}

// judge compares what the answers said of an event with how often it is counted.
func (v *verifier) judge(hash uint64, f fate) {
	v.out.IDsChecked++
	switch {
	case f.accepted:
		v.counted.least++
		v.counted.most++
	case f.unknown:
		v.counted.most++
	}
	switch {
	case f.times > 1:
		v.out.Doubled.add(hash)
	case f.times == 0 && f.accepted:
		v.out.Missing.add(hash)
	case f.times == 1 && !f.accepted && !f.unknown:
		v.out.Untaken.add(hash)
	}
}

func (v *verifier) checks(runs []Ran, found Books) []Check {
	var sure, unsure uint64
	stream := len(runs) > 0 && runs[0].stream
	for k := range v.sure {
		sure, unsure = sure+v.sure[k], unsure+v.unsure[k]
	}
	if !stream {
		unsure -= v.unsure[Malformed] // they are refused at the door, whether the answer came or not
	}
	copies := bounds{v.sure[Ordinary] + v.sure[Repeated], v.sure[Ordinary] + v.sure[Repeated] + v.unsure[Ordinary] + v.unsure[Repeated]}
	one := func(k Kind) bounds { return bounds{v.sure[k], v.sure[k] + v.unsure[k]} }
	quarantined := bounds{}
	if stream {
		quarantined = one(Malformed)
	}
	duplicates := bounds{copies.least - v.counted.least, copies.most - v.counted.least}
	checks := []Check{
		{"received", sure, sure + unsure, found.Received},
		{"counted", v.counted.least, v.counted.most, found.Counted},
		{"duplicate", duplicates.least, duplicates.most, found.Duplicate},
		{"bot", one(Crawler).least, one(Crawler).most, found.Bot},
		{"late", one(Overdue).least, one(Overdue).most, found.Late},
		{"quarantined", quarantined.least, quarantined.most, found.Quarantined},
	}
	if stream {
		return checks // its records come by no door
	}
	return append([]Check{{"accepted", sure, sure + unsure, found.Accepted}}, checks...)
}

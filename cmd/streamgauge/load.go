package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer/load"
)

// LoadCmd is the load tester.
type LoadCmd struct {
	Run     LoadRunCmd     `cmd:"" default:"withargs" help:"Send made-up traffic at a rate, and say what became of it."`
	Compare LoadCompareCmd `cmd:"" help:"Compare two results that were written by --json."`
}

// LoadRunCmd sends made-up traffic.
type LoadRunCmd struct {
	Target  string    `placeholder:"URL" help:"Where to (/v1/events of --server): http(s)://…/v1/events, kinesis://STREAM?region=R&endpoint=URL, stdout, a file as file:NAME, or discard."`
	Site    siteID    `default:"load" placeholder:"ID" help:"The site of the events (${default})."`
	Rate    eventRate `default:"1k/s" placeholder:"N/s" help:"Events a second (${default}), as 500/s, 20k/s or 1.5M/s. With find-limit, where the search begins."`
	For     length    `placeholder:"DURATION" help:"How long, at least 1s (60s; soak: 1h; find-limit: 10s for each trial, up to three times that where it is not decided)."`
	Profile string    `enum:"steady,ramp,step,spike,diurnal,soak,find-limit" default:"steady" placeholder:"NAME" help:"${enum} (${default})."`

	Visitors visitors      `placeholder:"N" help:"Visitors at one time (as many as bring the rate by themselves)."`
	Batch    int           `default:"1" placeholder:"N" help:"Events in a request, at most (${default})."`
	Linger   time.Duration `default:"1s" placeholder:"DURATION" help:"How long an event waits for others of its request, at most (${default})."`
	Seed     seed          `placeholder:"N" help:"The same seed makes the same visitors (random)."`

	Connection  string        `enum:"keep-alive,visitor" default:"keep-alive" placeholder:"KIND" help:"${enum} (${default}): connections that are kept, or one for each visit."`
	Connections int           `default:"256" placeholder:"N" help:"Connections that are kept, at most (${default})."`
	InFlight    int           `default:"10000" placeholder:"N" help:"Requests under way, at most (${default}); what is due above that is not sent, and reported."`
	Timeout     time.Duration `default:"30s" placeholder:"DURATION" help:"How long an answer may take (${default})."`

	Bots       part `default:"2%" placeholder:"N%" help:"Part of the copies that crawlers send (${default})."`
	Duplicates part `default:"1%" placeholder:"N%" help:"Part that is sent twice on purpose (${default})."`
	Late       part `default:"0.1%" placeholder:"N%" help:"Part that is more than a day old (${default})."`
	OutOfOrder part `default:"2%" placeholder:"N%" help:"Part that is sent some seconds after it happened (${default})."`
	Malformed  part `default:"0.1%" placeholder:"N%" help:"Part that no rule lets through (${default})."`

	SLO       objectives `name:"slo" placeholder:"CONDITIONS" help:"What must hold, as p99<250ms,errors<0.1%; the exit code is 1 where it does not."`
	Verify    bool       `help:"Follow the server's own figures: how soon events are visible, and whether each is counted exactly once. --server is asked, unless --target is the door of another."`
	Report    string     `type:"path" placeholder:"FILE" help:"Write a report in HTML."`
	JSON      string     `name:"json" placeholder:"FILE" help:"Write the result as JSON; - is standard output."`
	MostRate  eventRate  `name:"max-rate" default:"1M/s" placeholder:"N/s" help:"With find-limit, the highest rate to try (${default})."`
	Within    length     `placeholder:"DURATION" help:"With find-limit, how long the search may take (30 times --for); it ends with what it has found by then."`
	Precision part       `default:"5%" placeholder:"N%" help:"With find-limit, how near the rates that hold and that fail must come (${default})."`

	Remote
}

func (LoadCmd) Help() string {
	return `The traffic is that of a small shop: visitors arrive at random, read pages, buy, and come again; crawlers, copies sent twice, old,
out-of-order and malformed events among them. Events are sent when they are due, however slow the answers are (an open
loop), and latency is counted from when they were due. docs/LOAD.md says what each figure means.

Profiles: steady, ramp (from nothing to the rate), step (five steps), spike (a fifth, and the rate in the middle), diurnal (a
day in the time of the run; the rate is its mean), soak (steady, for an hour), find-limit (the highest rate that holds --slo).

Examples:

    streamgauge load --rate 20k/s --for 60s --batch 10 --verify --slo "p99<250ms,errors<0.1%" --report report.html
    streamgauge load --profile find-limit --slo "p99<100ms" --verify --json limit.json
    streamgauge load --target "kinesis://clicks?region=eu-central-1" --rate 5k/s
    streamgauge load --target stdout --rate 100/s --for 10s | head
    streamgauge load compare before.json after.json`
}

// Validate is called by kong when the flags are read.
func (c *LoadRunCmd) Validate() error {
	c.fill()
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(c.For.Duration < time.Second, "--for must be at least 1s, not %s", c.For)
	wrong(c.Batch < 1 || c.Batch > event.MaxRequestEvents, "--batch must be 1 to %d, not %d", event.MaxRequestEvents, c.Batch)
	wrong(c.Linger <= 0, "--linger must be more than 0, not %s", c.Linger)
	wrong(c.Connections < 1 || c.Connections > 50_000, "--connections must be 1 to 50000, not %d", c.Connections)
	wrong(c.InFlight < 1, "--in-flight must be 1 or more, not %d", c.InFlight)
	wrong(c.Timeout <= 0, "--timeout must be more than 0, not %s", c.Timeout)
	mix := c.mix()
	wrong(mix.Bots+mix.Duplicates+mix.Late+mix.OutOfOrder+mix.Malformed > 0.9, "--bots, --duplicates, --late, --out-of-order and --malformed must not make more than 90%% together")
	wrong(c.Connection == perVisitor && c.Batch > 1, "--connection visitor needs --batch 1: a request of several events is of several visitors")
	if c.Profile == findLimit {
		c.checkLimit(wrong)
	}
	wrong(c.SLO.all.NeedFreshness() && !c.Verify, "an objective of freshness needs --verify")
	target, err := parseTarget(c.Target)
	if err != nil {
		errs = append(errs, err)
	}
	wrong(c.Verify && target.isNowhere(), "--verify asks a server what it counted, and --target %s sends it nothing", c.Target)
	return errors.Join(errs...)
}

// fill sets what was not given and depends on other flags.
func (c *LoadRunCmd) fill() {
	if c.Target == "" {
		c.Target = c.Server.url.JoinPath(doorPath).String()
	}
	if c.For.Duration == 0 {
		c.For.Duration = time.Minute
		switch c.Profile {
		case string(load.Soak):
			c.For.Duration = time.Hour
		case findLimit:
			c.For.Duration = 10 * time.Second
		}
	}
	if c.Within.Duration == 0 {
		c.Within.Duration = searchLengths * c.For.Duration
	}
}

const (
	findLimit  = "find-limit"
	perVisitor = "visitor"
)

func (c *LoadRunCmd) mix() load.Mix {
	return load.Mix{Bots: float64(c.Bots), Duplicates: float64(c.Duplicates), Late: float64(c.Late), OutOfOrder: float64(c.OutOfOrder), Malformed: float64(c.Malformed)}
}

// plan is what one run at a rate sends.
func (c *LoadRunCmd) plan(p load.Profile, rate float64, seed uint64, start time.Time) load.Plan {
	return load.Plan{
		Site: string(c.Site), Seed: seed, Start: start, Profile: p, Rate: rate, For: c.For.Duration, Batch: c.Batch, Linger: c.Linger,
		People: int(c.Visitors), Mix: c.mix(),
	}
}

func (c *LoadRunCmd) Run(ctx context.Context, con *console) error {
	if !c.Seed.given {
		c.Seed.n = uint64(rand.Uint32())
	}
	t, err := newLoadTest(ctx, c, con)
	if err != nil {
		return err
	}
	if c.Profile == findLimit {
		err = t.findLimit(ctx)
	} else {
		err = t.once(ctx, load.Profile(c.Profile))
	}
	if err != nil {
		return err
	}
	return t.finish(context.WithoutCancel(ctx)) // what was sent is told, also when the run was broken off
}

// eventRate is a rate such as "20k/s".
type eventRate float64

func (r *eventRate) UnmarshalText(text []byte) error {
	n, err := load.ParseRate(string(text))
	*r = eventRate(n)
	return err
}

// visitors is how many there are at one time; 0 where it was not said.
type visitors int

func (v *visitors) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > load.MostPeople {
		return fmt.Errorf("%q is not a number of visitors: 1 to %d are allowed", text, load.MostPeople)
	}
	*v = visitors(n)
	return nil
}

// part is a percentage, as a part of 1.
type part float64

func (p *part) UnmarshalText(text []byte) error {
	percent, isPercent := strings.CutSuffix(string(text), "%")
	n, err := strconv.ParseFloat(percent, 64)
	if err != nil || !isPercent || !(n >= 0 && n <= 90) {
		return fmt.Errorf("%q is not a percentage from 0%% to 90%%", text)
	}
	*p = part(n / 100)
	return nil
}

// seed may be left to chance.
type seed struct {
	n     uint64
	given bool
}

func (s *seed) UnmarshalText(text []byte) (err error) {
	if s.n, err = strconv.ParseUint(string(text), 10, 64); err != nil {
		return fmt.Errorf("%q is not a number from 0 to 2^64-1", text)
	}
	s.given = true
	return nil
}

// objectives are those of --slo.
type objectives struct{ all load.Objectives }

func (o *objectives) UnmarshalText(text []byte) (err error) {
	o.all, err = load.ParseObjectives(string(text))
	return err
}

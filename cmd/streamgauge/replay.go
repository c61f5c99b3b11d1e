package main

import (
	"context"
	"fmt"
	"time"

	"github.com/streamgauge/streamgauge/event/accesslog"
)

// ReplayCmd sends logs as events.
type ReplayCmd struct {
	Files       []string      `arg:"" name:"file" help:"Access logs, in order, also compressed by gzip; - is standard input."`
	Site        siteID        `required:"" placeholder:"ID" help:"The site that the events go to."`
	Start       moment        `default:"now" placeholder:"TIME" help:"Event time of the first line (${default}): RFC 3339, now, -2h or \"2h ago\"."`
	Speed       factor        `default:"1" placeholder:"N" help:"Seconds of the log that become one second of event time (${default})."`
	Rate        perSecond     `placeholder:"N/s" help:"Events sent in a second, at most. Nothing else paces the sending."`
	Format      string        `enum:"auto,combined,common,ndjson" default:"auto" placeholder:"FORMAT" help:"Of the lines: ${enum} (${default})."`
	GiveUpAfter time.Duration `default:"10m" placeholder:"DURATION" help:"Stop after so long without any acknowledgement (${default})."`
	Remote
}

func (ReplayCmd) Help() string {
	return `A line becomes a pageview (a GET answered by 2xx or 304, not of a static file) or a request. Its event time is
START + (its time − the first line's time) / SPEED, so that a line that stands out of order may lie before the start.

With the start at now, all that the log holds after its first line lies in the future, and what is more than 5 minutes
ahead when it comes is counted at its arrival. That suits a log that is being written; for one that is finished choose a
start as far back as the log is long, divided by the speed. What is more than 24 hours old when it comes is late.

A line of JSON (format ndjson, or one that begins with "{" in format auto) is an event, and is sent as it is; a site or id
that it lacks is added, its ts is kept.

What was not acknowledged is sent again with the same id, and never counts twice. A replay with the same files and the same
--start, given as RFC 3339, sends the same ids: so a replay that was broken off can be repeated as a whole.

Examples:

    streamgauge replay --site demo --start "2h ago" --speed 100 access.log
    tail -n 0 -F access.log | streamgauge replay --site demo -`
}

// Validate is called by kong when the flags are read.
func (c *ReplayCmd) Validate() error {
	if c.GiveUpAfter <= 0 {
		return fmt.Errorf("--give-up-after must be more than 0, not %s", c.GiveUpAfter)
	}
	return nil
}

func (c *ReplayCmd) Run(ctx context.Context, con *console) error {
	return c.replay(ctx, con, c.client())
}

func (c *ReplayCmd) replay(ctx context.Context, con *console, cl *client) error {
	converter, err := accesslog.New(accesslog.Options{
		Site: string(c.Site), Start: c.Start.time, Speed: float64(c.Speed), Format: lineFormats[c.Format],
	})
	if err != nil {
		return err
	}
	in, err := openInputs(c.Files, con.stdin)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := cl.ping(ctx); err != nil {
		return err
	}
	t := &tally{}
	r := &replaying{
		inputs: in,
		lines:  &lineEncoder{site: string(c.Site), format: c.Format, log: converter, tally: t},
		sender: &sender{client: cl, tally: t, giveUpAfter: c.GiveUpAfter, log: con.log},
		tally:  t,
		rate:   float64(c.Rate),
	}
	stop := con.progress(r.progress)
	err = r.run(ctx)
	stop()
	return c.report(con, r, err)
}

// lineFormats are accesslog's formats by name; a line of NDJSON never comes to it.
var lineFormats = map[string]accesslog.Format{
	"auto": accesslog.Auto, "combined": accesslog.Combined, "common": accesslog.Common, "ndjson": accesslog.Auto,
}

// report prints what became of the lines, and says what is left, if anything is.
func (c *ReplayCmd) report(con *console, p *replaying, err error) error {
	start := isoTime(c.Start.time)
	if tableErr := con.table(append(p.tally.rows(), []string{"start", start})); tableErr != nil {
		return tableErr
	}
	p.tally.warn(con)
	if err == nil {
		err = p.tally.check()
	}
	if left := p.left(); err != nil && left != "" {
		err = fmt.Errorf("%w: %s; the same command with --start %s sends the rest, and nothing counts twice", err, left, start)
	}
	return err
}

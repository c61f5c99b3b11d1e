package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// SiteSetCmd changes what a site may choose.
type SiteSetCmd struct {
	ID     siteID   `arg:"" help:"The site."`
	Bots   botRule  `placeholder:"RULE" help:"What becomes of automation's events from now on: drop or count."`
	Gap    int64    `placeholder:"SECONDS" help:"The pause that ends a visit (1800)."`
	Bounce bounce   `placeholder:"RULE" help:"When a visit of one pageview is a bounce: interaction (no other event), pageviews (always), engaged (no other event and less than 10 s engaged)."`
	Goal   []goal   `sep:"none" placeholder:"GOAL" help:"A goal: the name of an event or a page as /path/*, or NAME=EVENT or NAME=/path/*, where * stands for any characters but a slash and ** for any. All goals are replaced; repeat the flag for each."`
	Clear  bool     `name:"clear-goals" help:"Take all goals away."`
	Keep   keepDays `placeholder:"LEVEL=DAYS,..." help:"For how many days roll-ups are kept: minutes (14), quarters of an hour (400), and the samples of days (400). What is not named gets its default."`

	Alert         []string `sep:"none" placeholder:"RULE" help:"A rule of an alert: its kind, and its fields as in docs/ALERTS.md, as in threshold,name=Busy,metric=pageviews,over=1000,minutes=5. All rules are replaced; repeat the flag for each."`
	Alerts        string   `placeholder:"FILE" help:"All rules, as a JSON array in a file."`
	ClearAlerts   bool     `help:"Take all rules of alerts away."`
	Webhook       []string `sep:"none" placeholder:"URL" help:"Where events of alerts are posted to. All webhooks are replaced; repeat the flag for each."`
	ClearWebhooks bool     `help:"Take all webhooks away."`
	Remote
}

func (SiteSetCmd) Help() string {
	return "Example, two goals and a shorter visit:\n\n    streamgauge site set shop --goal Purchase --goal 'Read the docs=/docs/**' --gap 900\n\nThe rules of visits, bounces and goals apply to all of the past at once."
}

// botRule says what becomes of automation's events; the zero value changes nothing, and so does that of bounce.
type botRule string

func (r *botRule) UnmarshalText(text []byte) error { return choose(r, text, "drop", "count") }

// bounce says when a visit of one pageview is a bounce.
type bounce string

func (b *bounce) UnmarshalText(text []byte) error {
	return choose(b, text, "interaction", "pageviews", "engaged")
}

// goal is a goal of /api/v1/sites.
type goal struct {
	Name  string `json:"name"`
	Event string `json:"event,omitempty"`
	Page  string `json:"page,omitempty"`
}

// siteChange is the body of PATCH /api/v1/sites/ID.
type siteChange struct {
	Bots   botRule `json:"bots,omitempty"`
	Gap    int64   `json:"visit_gap_s,omitempty"`
	Bounce bounce  `json:"bounce,omitempty"`
	Goals  *[]goal `json:"goals,omitempty"`
	Keep   *keep   `json:"keep,omitempty"`

	Alerts   any       `json:"alerts,omitempty"`
	Webhooks *[]string `json:"webhooks,omitempty"`
}

// keep is how long roll-ups are kept, in days. Zero is the default.
type keep struct {
	Minutes  int `json:"minutes,omitempty"`
	Quarters int `json:"quarters,omitempty"`
	Samples  int `json:"samples,omitempty"`
}

// keepDays is a flag such as minutes=30,samples=800.
type keepDays struct {
	keep
	given bool
}

// UnmarshalText is called by kong.
func (k *keepDays) UnmarshalText(text []byte) error {
	*k = keepDays{given: true}
	for part := range strings.SplitSeq(string(text), ",") {
		name, days, _ := strings.Cut(part, "=")
		level, known := map[string]*int{"minutes": &k.Minutes, "quarters": &k.Quarters, "samples": &k.Samples}[name]
		n, err := strconv.Atoi(days)
		if !known || err != nil || n < 1 {
			return fmt.Errorf("%q is not allowed; it is minutes=DAYS, quarters=DAYS or samples=DAYS, or several of them with commas between", part)
		}
		*level = n
	}
	return nil
}

// Validate is called by kong when the flags are read.
func (c *SiteSetCmd) Validate() error {
	if c.Clear && len(c.Goal) > 0 {
		return errors.New("--goal and --clear-goals exclude each other")
	}
	if err := c.exclusive(); err != nil {
		return err
	}
	if c.Bots == "" && c.Gap == 0 && c.Bounce == "" && len(c.Goal) == 0 && !c.Clear && !c.Keep.given && !c.ofAlerts() {
		return errors.New("nothing to change: give --bots, --gap, --bounce, --goal, --clear-goals, --keep, --alert, --alerts, --clear-alerts, --webhook or --clear-webhooks")
	}
	return nil
}

func (c *SiteSetCmd) Run(ctx context.Context, con *console) error {
	change := siteChange{Bots: c.Bots, Gap: c.Gap, Bounce: c.Bounce}
	if goals := append([]goal{}, c.Goal...); c.Clear || len(goals) > 0 {
		change.Goals = &goals
	}
	if err := c.alerts(&change); err != nil {
		return err
	}
	if c.Keep.given {
		change.Keep = &c.Keep.keep
	}
	err := c.client().call(ctx, http.MethodPatch, "/api/v1/sites/"+string(c.ID), nil, change, nil)
	if err != nil {
		return badRequestIsUsage(err, "streamgauge site set --help")
	}
	_, err = fmt.Fprintf(con.stdout, "changed %s\n", c.ID)
	return err
}

// UnmarshalText reads EVENT, /pattern, NAME=EVENT or NAME=/pattern.
func (g *goal) UnmarshalText(text []byte) error {
	name, what, named := strings.Cut(string(text), "=")
	if !named || strings.HasPrefix(name, "/") {
		name, what = string(text), string(text)
	}
	if name == "" || what == "" {
		return fmt.Errorf("%q is no goal: the name of an event, /path/*, NAME=EVENT or NAME=/path/*", text)
	}
	*g = goal{Name: name, Event: what}
	if strings.HasPrefix(what, "/") {
		*g = goal{Name: name, Page: what}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// SiteSetCmd changes what a site may choose.
type SiteSetCmd struct {
	ID     siteID   `arg:"" help:"The site."`
	Bots   string   `enum:",drop,count" default:"" placeholder:"RULE" help:"What becomes of automation's events from now on: drop or count."`
	Gap    int64    `placeholder:"SECONDS" help:"The pause that ends a visit (1800)."`
	Bounce string   `enum:",interaction,pageviews,engaged" default:"" placeholder:"RULE" help:"When a visit of one pageview is a bounce: interaction (no other event), pageviews (always), engaged (no other event and less than 10 s engaged)."`
	Goal   []string `sep:"none" placeholder:"GOAL" help:"A goal: the name of an event, NAME=EVENT, or NAME=/path/*, where * stands for any characters but a slash and ** for any. All goals are replaced; repeat the flag for each."`
	Clear  bool     `name:"clear-goals" help:"Take all goals away."`
	Remote
}

func (SiteSetCmd) Help() string {
	return "Example, two goals and a shorter visit:\n\n    streamgauge site set shop --goal Purchase --goal 'Read the docs=/docs/**' --gap 900\n\nThe rules of visits, bounces and goals apply to all of the past at once."
}

// goal is a goal of /api/v1/sites.
type goal struct {
	Name  string `json:"name"`
	Event string `json:"event,omitempty"`
	Page  string `json:"page,omitempty"`
}

// siteChange is the body of PATCH /api/v1/sites/ID.
type siteChange struct {
	Bots   string  `json:"bots,omitempty"`
	Gap    int64   `json:"visit_gap_s,omitempty"`
	Bounce string  `json:"bounce,omitempty"`
	Goals  *[]goal `json:"goals,omitempty"`
}

// Validate is called by kong when the flags are read.
func (c *SiteSetCmd) Validate() error {
	if c.Clear && len(c.Goal) > 0 {
		return errors.New("--goal and --clear-goals exclude each other")
	}
	if c.Bots == "" && c.Gap == 0 && c.Bounce == "" && len(c.Goal) == 0 && !c.Clear {
		return errors.New("nothing to change: give --bots, --gap, --bounce, --goal or --clear-goals")
	}
	return nil
}

func (c *SiteSetCmd) Run(ctx context.Context, con *console) error {
	change := siteChange{Bots: c.Bots, Gap: c.Gap, Bounce: c.Bounce}
	if c.Clear || len(c.Goal) > 0 {
		change.Goals = &[]goal{}
	}
	for _, text := range c.Goal {
		*change.Goals = append(*change.Goals, parseGoal(text))
	}
	err := c.client().call(ctx, http.MethodPatch, "/api/v1/sites/"+string(c.ID), nil, change, nil)
	if err != nil {
		return badRequestIsUsage(err, "streamgauge site set --help")
	}
	_, err = fmt.Fprintf(con.stdout, "changed %s\n", c.ID)
	return err
}

// parseGoal reads EVENT, NAME=EVENT or NAME=/pattern.
func parseGoal(text string) goal {
	name, what, named := strings.Cut(text, "=")
	switch {
	case !named:
		return goal{Name: text, Event: text}
	case strings.HasPrefix(what, "/"):
		return goal{Name: name, Page: what}
	}
	return goal{Name: name, Event: what}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
	_ "time/tzdata" // a small container has no time zones of its own
)

// SiteCmd manages the sites of the server.
type SiteCmd struct {
	Add    SiteAddCmd    `cmd:"" help:"Add a site."`
	Set    SiteSetCmd    `cmd:"" help:"Change what a site has chosen."`
	List   SiteListCmd   `cmd:"" help:"List the sites."`
	Remove SiteRemoveCmd `cmd:"" help:"Remove a site."`
	Key    SiteKeyCmd    `cmd:"" help:"Print the key with which events of a site are sent."`
}

func (SiteCmd) Help() string {
	return "Example:\n\n    streamgauge site add blog.example --tz Europe/Berlin\n    streamgauge site set blog.example --goal Signup --goal 'Read=/blog/**'\n    streamgauge site list"
}

// zone is the name of a time zone that this machine knows.
type zone string

func (z *zone) UnmarshalText(text []byte) error {
	// LoadLocation takes "" for UTC and "Local" for what only this machine means by it.
	if _, err := time.LoadLocation(string(text)); err != nil || len(text) == 0 || string(text) == "Local" {
		return fmt.Errorf("%q is not a time zone, such as UTC or Europe/Berlin", text)
	}
	*z = zone(text)
	return nil
}

// site is one site of /api/v1/sites.
type site struct {
	ID        string `json:"id"`
	TZ        string `json:"tz"`
	Bots      string `json:"bots"` // "drop" or "count"
	CreatedAt string `json:"created_at,omitempty"`
}

// SiteAddCmd adds a site.
type SiteAddCmd struct {
	ID   siteID `arg:"" help:"Small letters, digits, dots and hyphens."`
	TZ   zone   `name:"tz" default:"UTC" placeholder:"ZONE" help:"Where the site's days begin (${default})."`
	Bots string `enum:"drop,count" default:"drop" placeholder:"RULE" help:"What becomes of automation's events: ${enum} (${default})."`
	Remote
}

func (SiteAddCmd) Help() string {
	return "Example:\n\n    streamgauge site add blog.example --tz Europe/Berlin --bots drop"
}

func (c *SiteAddCmd) Run(ctx context.Context, con *console) error {
	err := c.client().call(ctx, http.MethodPost, "/api/v1/sites", nil, site{ID: string(c.ID), TZ: string(c.TZ), Bots: c.Bots}, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "added %s (%s, bots: %s)\n", c.ID, c.TZ, c.Bots)
	return err
}

// SiteListCmd lists the sites.
type SiteListCmd struct {
	JSON bool `help:"Print the answer of the server as it is: goals, rules and all else that sites have chosen."`
	Remote
}

func (SiteListCmd) Help() string {
	return "Examples:\n\n    streamgauge site list\n    streamgauge site list --json"
}

func (c *SiteListCmd) Run(ctx context.Context, con *console) error {
	var answer json.RawMessage
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/sites", nil, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return con.json(answer)
	}
	var list struct{ Sites []site }
	if err := json.Unmarshal(answer, &list); err != nil {
		return fmt.Errorf("decode the sites: %w", err)
	}
	rows := [][]string{{"ID", "TIME ZONE", "BOTS", "CREATED"}}
	for _, s := range list.Sites {
		rows = append(rows, []string{s.ID, s.TZ, s.Bots, s.CreatedAt})
	}
	return con.table(rows)
}

// SiteRemoveCmd removes a site.
type SiteRemoveCmd struct {
	ID siteID `arg:"" help:"The site."`
	Remote
}

func (SiteRemoveCmd) Help() string { return "Example:\n\n    streamgauge site remove blog.example" }

func (c *SiteRemoveCmd) Run(ctx context.Context, con *console) error {
	if err := c.client().call(ctx, http.MethodDelete, "/api/v1/sites/"+string(c.ID), nil, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(con.stdout, "removed %s\n", c.ID)
	return err
}

// SiteKeyCmd prints a site's key.
type SiteKeyCmd struct {
	ID siteID `arg:"" help:"The site."`
	Remote
}

func (SiteKeyCmd) Help() string {
	return `A server that other machines can reach takes events with the key of their site only: as "Authorization: Bearer KEY", or as ?key=KEY of beacons.

Example:

    streamgauge site key blog.example`
}

func (c *SiteKeyCmd) Run(ctx context.Context, con *console) error {
	var answer struct{ Key string }
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/sites/"+string(c.ID)+"/key", nil, nil, &answer); err != nil {
		return err
	}
	if answer.Key == "" {
		return errors.New("this server has no access control: events need no key")
	}
	_, err := fmt.Fprintln(con.stdout, answer.Key)
	return err
}

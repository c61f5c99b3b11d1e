package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// PropertiesCmd asks which properties the events of a site have.
type PropertiesCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	Span
	JSON bool `help:"Print the answer of the server as it is."`
	Remote
}

func (PropertiesCmd) Help() string {
	return `Prints one key a line, those of the most events first: what event:props:KEY of "streamgauge query" can be. They are the keys of all events of the
span, whatever their names.

Examples:

    streamgauge properties --site demo --range 7d
    streamgauge query --site demo --dimensions event:props:plan --metrics visitors,events`
}

// Validate is called by kong when the flags are read.
func (c *PropertiesCmd) Validate() error { return c.Span.check() }

func (c *PropertiesCmd) Run(ctx context.Context, con *console) error {
	ask := struct {
		SiteID    siteID `json:"site_id"`
		DateRange any    `json:"date_range"`
	}{c.Site, c.dateRange()}
	var answer json.RawMessage
	if err := c.client().call(ctx, http.MethodPost, "/api/v2/properties", nil, ask, &answer); err != nil {
		return badRequestIsUsage(err, "streamgauge properties --help")
	}
	if c.JSON {
		return con.json(answer)
	}
	var a struct {
		Results []string
		Meta    struct{ Exact bool }
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode the answer: %w", err)
	}
	for _, key := range a.Results {
		if _, err := fmt.Fprintln(con.stdout, printable(key)); err != nil {
			return err
		}
	}
	if !a.Meta.Exact {
		fmt.Fprintln(con.stderr, "there may be others: events had more different keys than are remembered")
	}
	return nil
}

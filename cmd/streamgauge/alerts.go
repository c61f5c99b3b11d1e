package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// AlertsCmd shows what the alerts of a site have found, and tries its webhooks.
type AlertsCmd struct {
	List   AlertsListCmd   `cmd:"" help:"List a site's rules with their states, and its events."`
	Test   AlertsTestCmd   `cmd:"" help:"Send a sample to a site's webhooks."`
	Secret AlertsSecretCmd `cmd:"" help:"Print the secret that messages to a site's webhooks are signed with."`
}

func (AlertsCmd) Help() string {
	return `"streamgauge site set" sets rules and webhooks.

Example:

    streamgauge site set shop --alert silence,name=Quiet,minutes=15 --webhook http://127.0.0.1:9000/hook
    streamgauge alerts test --site shop
    streamgauge alerts list --site shop`
}

// AlertsListCmd lists rules and events.
type AlertsListCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	From moment `placeholder:"TIME" help:"Begin of the events (28 days ago): RFC 3339, now, -2h or \"2h ago\"."`
	To   moment `placeholder:"TIME" help:"End of the events (now)."`
	JSON bool   `help:"Print the answer of the server as it is."`
	Remote
}

func (AlertsListCmd) Help() string {
	return "Example:\n\n    streamgauge alerts list --site shop --from \"24h ago\""
}

// alertsAnswer is the answer of GET /api/v1/alerts.
type alertsAnswer struct {
	Rules []struct {
		ID, Name, Kind, Metric, State string
	} `json:"rules"`
	Events []struct {
		Name       string `json:"name"`
		State      string `json:"state"`
		At         int64  `json:"at"`
		ResolvedAt int64  `json:"resolved_at"`
		Message    string `json:"message"`
	} `json:"events"`
}

func (c *AlertsListCmd) Run(ctx context.Context, con *console) error {
	ask := url.Values{"site": {string(c.Site)}}
	setTime(ask, "from", c.From)
	setTime(ask, "to", c.To)
	var answer json.RawMessage
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/alerts", ask, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return con.json(answer)
	}
	var a alertsAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode the alerts: %w", err)
	}
	rows := [][]string{{"RULE", "NAME", "KIND", "METRIC", "STATE"}}
	for _, r := range a.Rules {
		rows = append(rows, []string{r.ID, r.Name, r.Kind, r.Metric, r.State})
	}
	if err := con.table(rows); err != nil || len(a.Events) == 0 {
		return err
	}
	rows = [][]string{{}, {"AT", "RESOLVED", "NAME", "STATE", "MESSAGE"}}
	for _, e := range a.Events {
		resolved := ""
		if e.ResolvedAt != 0 {
			resolved = isoTime(time.UnixMilli(e.ResolvedAt))
		}
		rows = append(rows, []string{isoTime(time.UnixMilli(e.At)), resolved, e.Name, e.State, e.Message})
	}
	return con.table(rows)
}

// AlertsTestCmd sends a sample.
type AlertsTestCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	Remote
}

func (AlertsTestCmd) Help() string {
	return "The exit code is 1 when a webhook did not answer with 2xx.\n\nExample:\n\n    streamgauge alerts test --site shop"
}

func (c *AlertsTestCmd) Run(ctx context.Context, con *console) error {
	var answer struct {
		Results []struct {
			URL   string
			OK    bool
			Error string
		}
	}
	err := c.client().call(ctx, http.MethodPost, "/api/v1/alerts/test", url.Values{"site": {string(c.Site)}}, nil, &answer)
	if api, ok := errors.AsType[*apiError](err); ok && api.Status == http.StatusConflict && api.Code == "no_webhooks" {
		return fmt.Errorf("site %s has no webhooks: streamgauge site set %s --webhook URL sets one", c.Site, c.Site)
	}
	if err != nil {
		return err
	}
	rows, failed := [][]string{{"WEBHOOK", "ANSWER"}}, false
	for _, r := range answer.Results {
		said := "ok"
		if !r.OK {
			said, failed = r.Error, true
		}
		rows = append(rows, []string{r.URL, said})
	}
	if err := con.table(rows); err != nil {
		return err
	}
	if failed {
		return errors.New("not every webhook took the sample")
	}
	return nil
}

// AlertsSecretCmd prints a secret.
type AlertsSecretCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	Remote
}

func (AlertsSecretCmd) Help() string {
	return "Example:\n\n    streamgauge alerts secret --site shop"
}

func (c *AlertsSecretCmd) Run(ctx context.Context, con *console) error {
	var answer struct{ Secret string }
	err := c.client().call(ctx, http.MethodGet, "/api/v1/sites/"+string(c.Site)+"/webhook-secret", nil, nil, &answer)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(con.stdout, answer.Secret)
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// DLQRedriveCmd brings records back from quarantine.
type DLQRedriveCmd struct {
	Keys []string `arg:"" optional:"" help:"Keys of records, as the list has them."`
	All  bool     `help:"Every record in quarantine; with --site, of that site."`
	Site siteID   `placeholder:"ID" help:"With --all: only records of this site."`
	Place
}

func (DLQRedriveCmd) Help() string {
	return `A record goes through the same stages as at first, with its place in the stream, its arrival and its id, by the rules of now. Its outcome in the
books moves from quarantined to the new one. One that still cannot be counted, or that is beyond the horizon of 8 days, stays, and the exit code is 1.
Redriving again changes nothing.

With --stage it is the function "command" of that stage that does it: you need the right to invoke it (lambda:InvokeFunction), and no other. What the mapping could
not deliver is taken out of its bucket first, and listed and brought back like everything else in quarantine.

Example:

    streamgauge dlq redrive KEY
    streamgauge dlq redrive --all --site demo
    streamgauge dlq redrive --all --stage prod --region eu-central-1`
}

// Validate is called by kong when the flags are read.
func (c *DLQRedriveCmd) Validate() error {
	switch {
	case c.All && len(c.Keys) > 0:
		return errors.New("--all and keys exclude each other")
	case !c.All && len(c.Keys) == 0:
		return errors.New("a KEY or --all is needed")
	case c.Site != "" && !c.All:
		return errors.New("--site goes with --all")
	}
	return nil
}

// redriven is what became of one record.
type redriven struct {
	Key     string `json:"key"`
	Outcome string `json:"outcome"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// redrivePage is how many records one request brings back.
const redrivePage = 100

func (c *DLQRedriveCmd) Run(ctx context.Context, con *console) error {
	from, err := c.api(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"KEY", "OUTCOME", "MESSAGE"}}
	refused := 0
	err = c.pages(ctx, from, func(keys []string) error {
		var answer struct {
			Results []redriven `json:"results"`
		}
		if err := from.call(ctx, http.MethodPost, "/api/v1/redrive", nil, map[string]any{"keys": keys}, &answer); err != nil {
			return err
		}
		for _, r := range answer.Results {
			if r.Code != "" {
				refused++
				rows = append(rows, []string{r.Key, "refused", r.Code + ": " + r.Message})
				continue
			}
			rows = append(rows, []string{r.Key, r.Outcome, ""})
		}
		return nil
	})
	if len(rows) > 1 {
		err = errors.Join(con.table(rows), err)
	}
	if err == nil && len(rows) == 1 {
		_, err = fmt.Fprintln(con.stdout, "nothing is in quarantine")
	}
	if err == nil && refused > 0 {
		err = fmt.Errorf("%s of %d refused", plural(int64(refused), "record"), len(rows)-1)
	}
	return err
}

// pages calls redrive with the keys that are asked for, some at a time.
func (c *DLQRedriveCmd) pages(ctx context.Context, from api, redrive func(keys []string) error) error {
	if !c.All {
		for keys := c.Keys; len(keys) > 0; {
			n := min(redrivePage, len(keys))
			if err := redrive(keys[:n]); err != nil {
				return err
			}
			keys = keys[n:]
		}
		return nil
	}
	ask := url.Values{"limit": {strconv.Itoa(redrivePage)}}
	if c.Site != "" {
		ask.Set("site", string(c.Site))
	}
	for {
		var page dlqPage
		if err := from.call(ctx, http.MethodGet, "/api/v1/dlq", ask, nil, &page); err != nil {
			return err
		}
		keys := make([]string, len(page.Items))
		for i, item := range page.Items {
			keys[i] = item.Key
		}
		if len(keys) > 0 {
			if err := redrive(keys); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		ask.Set("cursor", page.Next)
	}
}

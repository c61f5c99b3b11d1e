package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/apigw/access"
)

// TileCmd is about the keys that tiles need in the pages of others.
type TileCmd struct {
	Key   TileKeyCmd   `cmd:"" help:"Print the address of a tile, with the key that it needs."`
	End   TileEndCmd   `cmd:"" help:"End a key of a tile, wherever it stands."`
	Ended TileEndedCmd `cmd:"" help:"List the keys of a site's tiles that were ended."`
}

func (TileCmd) Help() string {
	return `A tile is a figure with its course, or a short list, for a page of your own: docs/API.md. Where there is access control it has a key, which opens
that one question and nothing else. Keys that are good are kept nowhere, so that there is no list of them.

Examples:

    streamgauge tile key --site shop --metric visitors --period 28d --expires 2027-01-31
    streamgauge tile end --site shop tk_5f0aV3kQ8dXw1c7ZrT2mYbLp
    streamgauge tile ended --site shop`
}

// TileKeyCmd prints the address of a tile.
type TileKeyCmd struct {
	Site    siteID `required:"" placeholder:"ID" help:"The site."`
	Metric  string `default:"visitors" placeholder:"NAME" help:"What it shows (${default}): also visits, pageviews, events, views_per_visit, bounce_rate, visit_duration, current_visitors."`
	Period  string `default:"28d" placeholder:"NAME" help:"Of when (${default}): also day, 24h, 7d, 30d, 91d, month, 12mo, year."`
	By      string `placeholder:"NAME" help:"A list instead of a figure, by page, entry_page, source, channel, country, city, device, browser or os."`
	Expires string `placeholder:"TIME" help:"When the key ends (never): a date, whose day in the site's time zone is the last, or RFC 3339."`
	Remote
}

func (TileKeyCmd) Help() string {
	return "Where there is no access control, the address has no key.\n\nExample:\n\n    streamgauge tile key --site shop --metric pageviews --period 7d --by page"
}

func (c *TileKeyCmd) Run(ctx context.Context, con *console) error {
	ask := url.Values{"metric": {c.Metric}, "period": {c.Period}}
	if c.By != "" {
		ask.Set("by", c.By)
	}
	shown := ask.Encode()
	ask.Set("site", string(c.Site))
	if c.Expires != "" {
		ask.Set("expires", c.Expires)
	}
	var answer struct{ Key string }
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/tile/key", ask, nil, &answer); err != nil {
		return badRequestIsUsage(err, "streamgauge tile key --help")
	}
	if answer.Key != "" {
		shown += "&key=" + answer.Key
	}
	_, err := fmt.Fprintln(con.stdout, c.Server.url.JoinPath("/_/tile/", string(c.Site)).String()+"?"+shown)
	return err
}

// endedTile is a key that was ended, and what it opened.
type endedTile struct {
	Key     string    `json:"key"`
	Metric  string    `json:"metric"`
	Period  string    `json:"period"`
	By      string    `json:"by"`
	EndedAt time.Time `json:"ended_at"`
}

// tileKey is the key of a tile, by itself or in the tile's address.
type tileKey string

func (k *tileKey) UnmarshalText(text []byte) error {
	key := string(text)
	if u, err := url.Parse(key); err == nil && u.Query().Has("key") {
		key = u.Query().Get("key")
	}
	if rest, ok := strings.CutPrefix(key, access.TileKeyMark); !ok || rest == "" {
		return fmt.Errorf("%q is not the key of a tile, which begins with %s, and no address with one", text, access.TileKeyMark)
	}
	*k = tileKey(key)
	return nil
}

// TileEndCmd ends a key.
type TileEndCmd struct {
	Key  tileKey `arg:"" help:"The key, or the address of a tile with it."`
	Site siteID  `required:"" placeholder:"ID" help:"The site."`
	Remote
}

func (TileEndCmd) Help() string {
	return `Every page that holds the key shows nothing from then on, within seconds. Keys of other tiles stay as they are, and so does one of the same tile with
another end; the next one that is made for the tile is another one. It cannot be taken back.

Example:

    streamgauge tile end --site shop tk_5f0aV3kQ8dXw1c7ZrT2mYbLp`
}

func (c *TileEndCmd) Run(ctx context.Context, con *console) error {
	var t endedTile
	err := c.client().call(ctx, http.MethodDelete, "/api/v1/tile/key", url.Values{"site": {string(c.Site)}, "key": {string(c.Key)}}, nil, &t)
	if api, ok := errors.AsType[*apiError](err); ok && api.Code == "no_access_control" {
		return errors.New("this server has no access control: tiles need no key, and none can be ended")
	}
	if err != nil {
		return err
	}
	by := ""
	if t.By != "" {
		by = " by " + t.By
	}
	_, err = fmt.Fprintf(con.stdout, "ended: the key of %s%s, %s\n", t.Metric, by, t.Period)
	return err
}

// TileEndedCmd lists the keys that were ended.
type TileEndedCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	JSON bool   `help:"Print the answer of the server as it is."`
	Remote
}

func (TileEndedCmd) Help() string {
	return "Those that would open nothing any more in any case are not among them.\n\nExample:\n\n    streamgauge tile ended --site shop"
}

func (c *TileEndedCmd) Run(ctx context.Context, con *console) error {
	var answer json.RawMessage
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/tile/ended", url.Values{"site": {string(c.Site)}}, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return con.json(answer)
	}
	var a struct{ Ended []endedTile }
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode the keys: %w", err)
	}
	rows := [][]string{{"KEY", "METRIC", "PERIOD", "BY", "ENDED"}}
	for _, t := range a.Ended {
		rows = append(rows, []string{t.Key, t.Metric, t.Period, t.By, isoTime(t.EndedAt)})
	}
	return con.table(rows)
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// RebuildCmd makes the figures of a site anew from what the stream still holds.
type RebuildCmd struct {
	Site   siteID `required:"" placeholder:"ID" help:"The site."`
	GiveUp bool   `help:"Give up a rebuild that was interrupted: nothing of it is ever seen."`
	List   bool   `help:"List the rebuilds of the site, and do nothing."`
	JSON   bool   `help:"Print the answer of the server as it is."`
	Place
}

func (RebuildCmd) Help() string {
	return `When the rules have changed by which events become figures, this applies them to the past: what a browser, a source or a channel is, what a bot
is, and whether bots count. A log or a roll-up that cannot be read is made again, too. The server reads the stream as far back as it is retained, nine days at most, and fills
new figures beside the old ones. They are switched in one moment when all is there; questions are answered as before until then.

Each event stays counted once. What the stream does not hold any more stays as it is, and so does what the address of a visitor told at the door.
One that was interrupted goes on when the same command is given again.

With --stage the function "command" of that stage does it, four minutes at a time for as long as this command runs: you need the right to invoke it (lambda:InvokeFunction),
and no other. Interrupted there, the stream is read from the begin again, and what was made stays made.

Examples:

    streamgauge site set demo --bots count && streamgauge rebuild --site demo
    streamgauge rebuild --site demo --list
    streamgauge rebuild --site demo --give-up
    streamgauge rebuild --site shop --stage prod --region eu-central-1`
}

// Validate is called by kong when the flags are read.
func (c *RebuildCmd) Validate() error {
	if c.GiveUp && c.List {
		return errors.New("--give-up and --list exclude each other")
	}
	return nil
}

// rebuildSum says what a rebuild did.
type rebuildSum struct {
	Records, Copies, Remade, Unchanged, Kept, Moved, Mended, Missing int64
}

// rebuildLine is one line of the answer of POST /api/v1/rebuild, or the answer of a part.
type rebuildLine struct {
	State   string
	Resumed bool
	From    time.Time
	Percent int64
	Cursor  string // of a stage: where the next part begins; "" when all is done
	rebuildSum
	Error *apiError
}

func (c *RebuildCmd) Run(ctx context.Context, con *console) error {
	site := url.Values{"site": {string(c.Site)}}
	of, err := c.api(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.List:
		return c.list(ctx, con, of, site)
	case c.GiveUp:
		if err := of.call(ctx, http.MethodDelete, "/api/v1/rebuild", site, nil, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(con.stdout, "the rebuild of %s is given up\n", c.Site)
		return err
	}
	rebuild := c.rebuild
	if c.Stage != "" {
		rebuild = func(ctx context.Context, con *console, site url.Values) (rebuildLine, json.RawMessage, error) {
			return c.inParts(ctx, con, of, site)
		}
	}
	last, raw, err := rebuild(ctx, con, site)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.json(raw)
	}
	return con.table(append([][]string{{"rebuilt from", last.From.Format(time.RFC3339), ""}}, last.rows()...))
}

func (s rebuildSum) rows() [][]string {
	rows := [][]string{
		{"records", count(s.Records), "read of the stream"},
		{"copies", count(s.Copies), "of the site's events"},
		{"batches anew", count(s.Remade), "that became others"},
		{"  unchanged", count(s.Unchanged), ""},
		{"  kept", count(s.Kept), "not all of their events are on the stream any more"},
		{"moved", count(s.Moved), "events that became a bot's, or are none any more"},
	}
	if s.Mended > 0 {
		rows = append(rows, []string{"mended", count(s.Mended), "logs that could not be read"}, []string{"  missing", count(s.Missing), "events of theirs that the stream does not hold any more"})
	}
	return rows
}

// rebuild has the server do it, and shows how far it is. It returns the last line of the answer.
func (c *RebuildCmd) rebuild(ctx context.Context, con *console, site url.Values) (last rebuildLine, raw json.RawMessage, err error) {
	resp, err := c.client().send(ctx, http.MethodPost, "/api/v1/rebuild", site, "", nil)
	if err != nil {
		return last, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return last, nil, decodeAnswer(resp, nil)
	}
	defer resp.Body.Close()
	seen, stop := showRebuild(con)
	defer stop()
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return last, nil, fmt.Errorf("the server broke off (the same command goes on): %w", err)
		}
		var next rebuildLine
		if err := json.Unmarshal(line, &next); err != nil {
			return last, nil, fmt.Errorf("decode the answer of the server: %w", err)
		}
		if next.Error != nil {
			next.Error.Status, next.Error.Path = resp.StatusCode, resp.Request.URL.Path
			return last, nil, fmt.Errorf("the rebuild of %s failed, and nothing has changed; the same command goes on with it: %s", c.Site, printable(next.Error.Message))
		}
		last, raw = next, line
		seen(next)
	}
	if last.State != "done" {
		return last, nil, errors.New("the server stopped before the end; nothing has changed, and the same command goes on")
	}
	return last, raw, nil
}

// inParts has the function of a stage do it, a part at a time.
func (c *RebuildCmd) inParts(ctx context.Context, con *console, of api, site url.Values) (last rebuildLine, raw json.RawMessage, err error) {
	seen, stop := showRebuild(con)
	defer stop()
	for {
		if err := of.call(ctx, http.MethodPost, "/api/v1/rebuild", site, map[string]any{"cursor": last.Cursor}, &raw); err != nil {
			return last, nil, fmt.Errorf("the rebuild of %s broke off, and nothing has changed; the same command goes on with it: %w", c.Site, err)
		}
		last = rebuildLine{}
		if err := json.Unmarshal(raw, &last); err != nil {
			return last, nil, fmt.Errorf("decode the answer: %w", err)
		}
		if last.Cursor == "" {
			return last, raw, nil
		}
		seen(last)
	}
}

// showRebuild shows how far a rebuild is that was seen, until stop is called.
func showRebuild(con *console) (seen func(rebuildLine), stop func()) {
	var mu sync.Mutex // guards last
	var last rebuildLine
	stop = con.progress(func() (int64, int64, string) {
		mu.Lock()
		defer mu.Unlock()
		return last.progress()
	})
	return func(l rebuildLine) {
		mu.Lock()
		defer mu.Unlock()
		last = l
	}, stop
}

func (l *rebuildLine) progress() (done, total int64, text string) {
	text = fmt.Sprintf("%d records read, %d batches anew", l.Records, l.Remade)
	if l.Resumed {
		text += ", after an interruption"
	}
	if l.State == "rolling" {
		return 0, -1, text + "; rolling up"
	}
	return l.Percent, 100, text
}

func (c *RebuildCmd) list(ctx context.Context, con *console, of api, site url.Values) error {
	var answer json.RawMessage
	if err := of.call(ctx, http.MethodGet, "/api/v1/rebuild", site, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return con.json(answer)
	}
	type rebuilt struct {
		From     time.Time
		Begun    time.Time `json:"begun_at"`
		Finished time.Time `json:"finished_at"`
		rebuildSum
	}
	var a struct {
		Now  *rebuilt
		Done []rebuilt
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode the rebuilds: %w", err)
	}
	if a.Now != nil {
		a.Done = append(a.Done, *a.Now)
	}
	rows := [][]string{{"FROM", "BEGUN", "FINISHED", "COPIES", "ANEW", "KEPT", "MOVED"}}
	for _, r := range a.Done {
		finished := "not yet"
		if !r.Finished.IsZero() {
			finished = r.Finished.Format(time.RFC3339)
		}
		rows = append(rows, []string{
			r.From.Format(time.RFC3339), r.Begun.Format(time.RFC3339), finished, count(r.Copies), count(r.Remade), count(r.Kept), count(r.Moved),
		})
	}
	return con.table(rows)
}

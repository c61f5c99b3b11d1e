package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event/accesslog"
)

// ImportCmd brings history into a site's figures, and takes it out again.
type ImportCmd struct {
	Files  ImportFilesCmd  `cmd:"" default:"withargs" help:"Import files; this word may be left out."`
	List   ImportListCmd   `cmd:"" help:"List the imports of a site."`
	Remove ImportRemoveCmd `cmd:"" help:"Take an import out of a site's figures."`
}

// ImportFilesCmd makes files a part of a site's figures.
type ImportFilesCmd struct {
	Files       []string      `arg:"" name:"file" help:"Access logs or NDJSON, in order, also compressed by gzip."`
	Site        siteID        `required:"" placeholder:"ID" help:"The site that the events go to. It must be there."`
	Format      string        `enum:"auto,combined,common,ndjson" default:"auto" placeholder:"FORMAT" help:"Of the lines: ${enum} (${default})."`
	GiveUpAfter time.Duration `default:"10m" placeholder:"DURATION" help:"Stop after so long without any answer (${default})."`
	Remote
}

func (ImportCmd) Help() string {
	return `History of any age becomes part of a site's figures: all of it in one moment when the import is done, and nothing before. A line is an event as
"streamgauge replay" makes it, at the time that stands in the line; one of JSON is an event, at its ts. Bots are dropped or counted as the site has it.

The same files are imported once: a second run changes nothing. One that was interrupted goes on when the same command is given again. A file that is part
of an import cannot be part of another.

An event of NDJSON with an id that was counted already, live or by another import, is a duplicate. Older than 8 days ids are forgotten: do not import what was
counted live so long ago. A line without an id is told by its file and number.

Examples:

    streamgauge import --site demo access.log.2.gz access.log.1 access.log
    streamgauge import --site demo --format ndjson events.ndjson
    streamgauge import list --site demo
    streamgauge import remove --site demo 3f2a9c0d1b7e6f58`
}

func (c ImportFilesCmd) Help() string { return ImportCmd{}.Help() }

// Validate is called by kong when the flags are read.
func (c *ImportFilesCmd) Validate() error {
	if c.GiveUpAfter <= 0 {
		return fmt.Errorf("--give-up-after must be more than 0, not %s", c.GiveUpAfter)
	}
	for _, name := range c.Files {
		if name == "-" {
			return errors.New("standard input cannot be imported, for files are read twice: write it to a file")
		}
	}
	return nil
}

// importState is an import as the server knows it.
type importState struct {
	ID       string       `json:"id"`
	State    string       `json:"state"` // "filling" or "done"
	Files    []importFile `json:"files"`
	BegunAt  string       `json:"begun_at"`
	Finished string       `json:"finished_at"`
	importSum
}

type importSum struct {
	Counted   int64 `json:"counted"`
	Duplicate int64 `json:"duplicate"`
	Bot       int64 `json:"bot"`
	Bad       int64 `json:"bad"`
}

type importFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

func (c *ImportFilesCmd) Run(ctx context.Context, con *console) error {
	files, err := hashFiles(ctx, c.Files)
	if err != nil {
		return err
	}
	in, err := openInputs(c.Files, con.stdin)
	if err != nil {
		return err
	}
	defer in.Close()
	cl, of := c.client(), url.Values{"site": {string(c.Site)}}
	var imp importState
	begin := map[string]any{"files": files, "format": c.Format}
	err = cl.call(ctx, http.MethodPost, "/api/v1/imports", of, begin, &imp)
	if api, ok := errors.AsType[*apiError](err); ok && api.Code == "unknown_site" {
		return fmt.Errorf("%w: \"streamgauge site add %s\" adds it", err, c.Site)
	}
	if err != nil {
		return err
	}
	if imp.State == "done" {
		_, err := fmt.Fprintf(con.stdout, "import %s was done already (%s): nothing was changed\n", imp.ID, plural(imp.Counted, "event"))
		return err
	}
	converter, err := accesslog.New(accesslog.Options{Site: string(c.Site), Format: lineFormats[c.Format], OwnTimes: true})
	if err != nil {
		return err
	}
	t := &importTally{}
	u := &upload{
		inputs: in, tally: t, site: string(c.Site), files: c.Files,
		lines:  &lineEncoder{site: string(c.Site), format: c.Format, log: converter, asRead: true},
		sender: &importSender{client: cl, path: "/api/v1/imports/" + imp.ID + "/events", site: string(c.Site), giveUpAfter: c.GiveUpAfter, log: con.log},
	}
	stop := con.progress(u.progress)
	err = u.run(ctx)
	if err == nil {
		err = cl.call(ctx, http.MethodPost, "/api/v1/imports/"+imp.ID+"/finish", of, map[string]any{"bad": t.bad.count()}, &imp)
	}
	stop()
	return c.report(ctx, con, imp, t, err)
}

// report prints what became of the lines, and says how to go on where it was interrupted.
func (c *ImportFilesCmd) report(ctx context.Context, con *console, imp importState, t *importTally, err error) error {
	if err != nil {
		if ctx.Err() != nil {
			err = errInterrupted
		}
		return fmt.Errorf("%w: nothing of import %s shows; the same command goes on with it, and nothing counts twice; streamgauge import remove --site %s %s gives it up",
			err, imp.ID, c.Site, imp.ID)
	}
	rows := append([][]string{{"import", imp.ID}}, imp.rows()...)
	if n := t.before.Load(); n > 0 {
		rows = append(rows, []string{"sent before", count(n)})
	}
	rows = append(rows, []string{"bad", count(t.bad.count())})
	if err := con.table(append(rows, t.bad.rows()...)); err != nil || imp.Counted+imp.Duplicate+imp.Bot > 0 {
		return err
	}
	return allMalformed(t.bad.count())
}

func (s importSum) rows() [][]string {
	return [][]string{{"counted", count(s.Counted)}, {"duplicate", count(s.Duplicate)}, {"bot", count(s.Bot)}}
}

// ImportListCmd lists imports.
type ImportListCmd struct {
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	Remote
}

func (ImportListCmd) Help() string { return "Example:\n\n    streamgauge import list --site demo" }

func (c *ImportListCmd) Run(ctx context.Context, con *console) error {
	var answer struct{ Imports []importState }
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/imports", url.Values{"site": {string(c.Site)}}, nil, &answer); err != nil {
		return err
	}
	rows := [][]string{{"ID", "STATE", "BEGUN", "COUNTED", "DUPLICATE", "BOT", "BAD", "FILES"}}
	for _, i := range answer.Imports {
		row := []string{i.ID, i.State, i.BegunAt, "", "", "", "", i.names()}
		if i.State == "done" {
			row[3], row[4], row[5], row[6] = count(i.Counted), count(i.Duplicate), count(i.Bot), count(i.Bad)
		}
		rows = append(rows, row)
	}
	return con.table(rows)
}

// names are the files' names, the first three of them.
func (s importState) names() string {
	const most = 3
	var names []string
	for i, f := range s.Files {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(s.Files)-most))
			break
		}
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// ImportRemoveCmd takes an import out.
type ImportRemoveCmd struct {
	ID   string `arg:"" name:"import" help:"The import, as list shows it."`
	Site siteID `required:"" placeholder:"ID" help:"The site."`
	Remote
}

func (ImportRemoveCmd) Help() string {
	return "Example:\n\n    streamgauge import remove --site demo 3f2a9c0d1b7e6f58"
}

func (c *ImportRemoveCmd) Run(ctx context.Context, con *console) error {
	path := "/api/v1/imports/" + url.PathEscape(c.ID)
	if err := c.client().call(ctx, http.MethodDelete, path, url.Values{"site": {string(c.Site)}}, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(con.stdout, "removed import %s from %s\n", c.ID, c.Site)
	return err
}

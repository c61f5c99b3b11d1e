package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// AuditCmd has the server look up every event of the retained stream.
type AuditCmd struct {
	Site siteID `placeholder:"ID" help:"The site. Without it all sites, and the copies that name none."`
	JSON bool   `help:"Print the answer of the server as it is."`
	Remote
}

func (AuditCmd) Help() string {
	return `The audit is independent of the books: it reads the stream as far back as it is retained, and looks up what became of
every copy of every event. The exit code is 1 when something differs.

Example:

    streamgauge audit --site demo`
}

// audit is the answer of POST /api/v1/audit.
type audit struct {
	Copies          int64             `json:"copies"`
	Events          int64             `json:"events"`
	Counted         int64             `json:"counted"`
	Duplicate       int64             `json:"duplicate"`
	Bot             int64             `json:"bot"`
	Late            int64             `json:"late"`
	Quarantined     int64             `json:"quarantined"`
	Pending         int64             `json:"pending"`
	Differences     []auditDifference `json:"differences"`
	DifferenceCount int64             `json:"difference_count"`
	Agrees          bool              `json:"agrees"`
}

// auditDifference is a copy whose place in the stream and whose place in the windows do not fit.
type auditDifference struct {
	Kind           string `json:"kind"`
	Shard          string `json:"shard"`
	SequenceNumber string `json:"sequence_number"`
	Index          int    `json:"index"`
	ID             string `json:"id"`
	Message        string `json:"message"`
}

func (c *AuditCmd) Run(ctx context.Context, con *console) error {
	stop := con.progress(func() (int64, int64, string) { return 0, -1, "the server reads the stream again" })
	var answer json.RawMessage
	err := c.client().call(ctx, http.MethodPost, "/api/v1/audit", url.Values{"site": {string(c.Site)}}, nil, &answer)
	stop()
	if err != nil {
		return err
	}
	var a audit
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode the audit: %w", err)
	}
	if err := c.print(con, a, answer); err != nil {
		return err
	}
	if !a.Agrees || a.DifferenceCount > 0 {
		return fmt.Errorf("the audit of %s found %s", c.Site.orAll(), plural(a.DifferenceCount, "difference"))
	}
	return nil
}

func (c *AuditCmd) print(con *console, a audit, answer json.RawMessage) error {
	if c.JSON {
		return con.json(answer)
	}
	err := con.table([][]string{
		{"events", count(a.Events), "different ids in the retained stream"},
		{"copies", count(a.Copies), "of them"},
		{"  counted", count(a.Counted), ""},
		{"  duplicate", count(a.Duplicate), ""},
		{"  bot", count(a.Bot), ""},
		{"  late", count(a.Late), ""},
		{"  quarantined", count(a.Quarantined), ""},
		{"  pending", count(a.Pending), "not yet taken from the stream"},
		{"differences", count(a.DifferenceCount), ""},
	})
	if err != nil || len(a.Differences) == 0 {
		return err
	}
	fmt.Fprintln(con.stdout)
	return con.table(differenceRows(a))
}

func differenceRows(a audit) [][]string {
	rows := [][]string{{"KIND", "SHARD", "SEQUENCE NUMBER", "INDEX", "ID", "MESSAGE"}}
	for _, d := range a.Differences {
		rows = append(rows, []string{d.Kind, d.Shard, d.SequenceNumber, strconv.Itoa(d.Index), d.ID, d.Message})
	}
	if more := a.DifferenceCount - int64(len(a.Differences)); more > 0 {
		rows = append(rows, []string{fmt.Sprintf("and %d more", more)})
	}
	return rows
}

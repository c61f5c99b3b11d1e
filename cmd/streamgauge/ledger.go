package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// LedgerCmd shows a site's books.
type LedgerCmd struct {
	Site siteID `placeholder:"ID" help:"The site. Without it all sites, and the copies that name none."`
	From moment `placeholder:"TIME" help:"Begin of the span (the first event): RFC 3339, now, -2h or \"2h ago\"."`
	To   moment `placeholder:"TIME" help:"End of the span (the last event)."`
	JSON bool   `help:"Print the answer of the server as it is."`
	Remote
}

func (LedgerCmd) Help() string {
	return `The books balance when received = counted + duplicate + bot + late + quarantined. The exit code is 1 when they do not.

Example:

    streamgauge ledger --site demo --from "2h ago"`
}

// ledger is the answer of GET /api/v1/ledger, in copies of events.
type ledger struct {
	Accepted    int64            `json:"accepted"`
	Received    int64            `json:"received"`
	Counted     int64            `json:"counted"`
	Duplicate   int64            `json:"duplicate"`
	Bot         int64            `json:"bot"`
	Late        int64            `json:"late"`
	Quarantined int64            `json:"quarantined"`
	InTransit   int64            `json:"in_transit"`
	Redelivered int64            `json:"redelivered"`
	Balanced    bool             `json:"balanced"`
	Reasons     map[string]int64 `json:"reasons"`
	Imported    struct {
		Imports int64 `json:"imports"`
		Counted int64 `json:"counted"`
	} `json:"imported"`
}

func (c *LedgerCmd) Run(ctx context.Context, con *console) error {
	ask := url.Values{"site": {string(c.Site)}}
	setTime(ask, "from", c.From)
	setTime(ask, "to", c.To)
	var answer json.RawMessage
	if err := c.client().call(ctx, http.MethodGet, "/api/v1/ledger", ask, nil, &answer); err != nil {
		return err
	}
	var l ledger
	if err := json.Unmarshal(answer, &l); err != nil {
		return fmt.Errorf("decode the ledger: %w", err)
	}
	if err := c.print(con, l, answer); err != nil {
		return err
	}
	return l.check(c.Site)
}

func setTime(v url.Values, key string, m moment) {
	if !m.time.IsZero() {
		v.Set(key, isoTime(m.time))
	}
}

func (c *LedgerCmd) print(con *console, l ledger, answer json.RawMessage) error {
	if c.JSON {
		return con.json(answer)
	}
	rows := [][]string{
		{"accepted", count(l.Accepted), "answered by 2xx at the door"},
		{"in transit", count(l.InTransit), "accepted, not yet received"},
		{"received", count(l.Received), "taken from the stream"},
		{"  counted", count(l.Counted), ""},
		{"  duplicate", count(l.Duplicate), "another copy of a counted event"},
		{"  bot", count(l.Bot), ""},
		{"  late", count(l.Late), "came more than 24 h after its time"},
		{"  quarantined", count(l.Quarantined), "see streamgauge dlq list"},
	}
	for _, reason := range slices.Sorted(maps.Keys(l.Reasons)) {
		rows = append(rows, []string{"    " + reason, count(l.Reasons[reason]), ""})
	}
	rows = append(rows, []string{"redelivered", count(l.Redelivered), "the same copy again, booked once"})
	if n := l.Imported.Imports; n > 0 {
		rows = append(rows, []string{"imported", count(l.Imported.Counted), "counted by " + plural(n, "import") + ", and never on the stream"})
	}
	return con.table(rows)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// check does the sum itself, and so does not depend on the server's word for it.
func (l ledger) check(site siteID) error {
	outcomes := l.Counted + l.Duplicate + l.Bot + l.Late + l.Quarantined
	if l.Balanced && outcomes == l.Received {
		return nil
	}
	return fmt.Errorf("the books of %s do not balance: received %d, outcomes %d", site.orAll(), l.Received, outcomes)
}

package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// DLQCmd looks at the quarantine, where records wait that could not be read, or that the consumer failed on.
type DLQCmd struct {
	List    DLQListCmd    `cmd:"" help:"List the records, with reason and place in the stream."`
	Show    DLQShowCmd    `cmd:"" help:"Show one record with its bytes."`
	Redrive DLQRedriveCmd `cmd:"" help:"Bring records back, once what was wrong is mended."`
}

func (DLQCmd) Help() string {
	return "Example:\n\n    streamgauge dlq list\n    streamgauge dlq show KEY"
}

// DLQListCmd lists the quarantine.
type DLQListCmd struct {
	Site  siteID `placeholder:"ID" help:"Only records of this site."`
	Limit int    `default:"100" placeholder:"N" help:"At most so many (${default})."`
	JSON  bool   `help:"One JSON object a line."`
	Place
}

func (DLQListCmd) Help() string {
	return "Example:\n\n    streamgauge dlq list --site demo --limit 20\n    streamgauge dlq list --stage prod --region eu-central-1"
}

// Validate is called by kong when the flags are read.
func (c *DLQListCmd) Validate() error {
	if c.Limit < 1 {
		return fmt.Errorf("--limit must be 1 or more, not %d", c.Limit)
	}
	return nil
}

// dlqItem is a record in quarantine. Data and Text are there when it was asked for alone; Text only when it is UTF-8.
type dlqItem struct {
	Key            string  `json:"key"`
	Site           string  `json:"site"`
	Reason         string  `json:"reason"`
	Message        string  `json:"message"`
	Shard          string  `json:"shard"`
	SequenceNumber string  `json:"sequence_number"`
	Index          int     `json:"index"`
	Arrival        string  `json:"arrival"` // RFC 3339
	Bytes          int64   `json:"bytes"`
	Outcome        string  `json:"outcome,omitempty"` // that it has since it was brought back
	Data           string  `json:"data,omitempty"`    // base64
	Text           *string `json:"text,omitempty"`
}

// dlqPage is one answer of GET /api/v1/dlq.
type dlqPage struct {
	Items []dlqItem `json:"items"`
	Next  string    `json:"next"` // the cursor of the next page, "" on the last
}

func (c *DLQListCmd) Run(ctx context.Context, con *console) error {
	items, more, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	if err := c.print(con, items); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(con.stderr, "there are more: --limit %d shows twice as many\n", 2*c.Limit)
	}
	return nil
}

// fetch follows the cursors until it has enough. more says that it has not seen all.
func (c *DLQListCmd) fetch(ctx context.Context) (items []dlqItem, more bool, err error) {
	from, err := c.api(ctx)
	if err != nil {
		return nil, false, err
	}
	ask := url.Values{}
	if c.Site != "" {
		ask.Set("site", string(c.Site))
	}
	for {
		ask.Set("limit", strconv.Itoa(c.Limit-len(items)))
		var page dlqPage
		if err := from.call(ctx, http.MethodGet, "/api/v1/dlq", ask, nil, &page); err != nil {
			return nil, false, err
		}
		items = append(items, page.Items...)
		if page.Next == "" || len(items) >= c.Limit {
			return items, page.Next != "", nil
		}
		ask.Set("cursor", page.Next)
	}
}

func (c *DLQListCmd) print(con *console, items []dlqItem) error {
	if c.JSON {
		e := json.NewEncoder(con.stdout)
		for _, i := range items {
			if err := e.Encode(i); err != nil {
				return err
			}
		}
		return nil
	}
	rows := [][]string{{"KEY", "SITE", "REASON", "SHARD", "SEQUENCE NUMBER", "INDEX", "ARRIVAL", "BYTES"}}
	for _, i := range items {
		rows = append(rows, []string{i.Key, i.Site, i.Reason, i.Shard, i.SequenceNumber, strconv.Itoa(i.Index), i.Arrival, count(i.Bytes)})
	}
	return con.table(rows)
}

// DLQShowCmd shows one record of the quarantine.
type DLQShowCmd struct {
	Key  string `arg:"" help:"The record's key, as the list has it."`
	JSON bool   `help:"Print the answer of the server as it is, with the bytes in base64."`
	Place
}

func (DLQShowCmd) Help() string {
	return "Text is shown with escapes in place of control characters, anything else as a hex dump.\n\nExample:\n\n" +
		"    streamgauge dlq show KEY"
}

func (c *DLQShowCmd) Run(ctx context.Context, con *console) error {
	from, err := c.api(ctx)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := from.call(ctx, http.MethodGet, "/api/v1/dlq/"+url.PathEscape(c.Key), nil, nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return con.json(answer)
	}
	var i dlqItem
	if err := json.Unmarshal(answer, &i); err != nil {
		return fmt.Errorf("decode the record: %w", err)
	}
	err = con.table([][]string{
		{"key", i.Key}, {"site", i.Site}, {"reason", i.Reason}, {"message", i.Message}, {"shard", i.Shard},
		{"sequence number", i.SequenceNumber}, {"index", strconv.Itoa(i.Index)}, {"arrival", i.Arrival}, {"bytes", count(i.Bytes)}, {"outcome", cmp.Or(i.Outcome, "quarantined")},
	})
	if err != nil {
		return err
	}
	return i.printBytes(con)
}

func (i dlqItem) printBytes(con *console) error {
	if i.Text != nil {
		fmt.Fprintln(con.stdout)
		for l := range strings.Lines(*i.Text) {
			fmt.Fprintln(con.stdout, printable(strings.TrimSuffix(l, "\n")))
		}
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(i.Data)
	if err != nil {
		return fmt.Errorf("decode the bytes of the record: %w", err)
	}
	_, err = fmt.Fprint(con.stdout, "\n", hex.Dump(data))
	return err
}

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/cmd/streamgauge/plan"
)

// PlanCmd reckons what traffic needs on AWS. It asks nobody.
type PlanCmd struct {
	Rate      eventRate `default:"1k/s" placeholder:"N/s" help:"Events a second, the mean of the month (${default}), as 500/s, 20k/s or 1.5M/s."`
	Peak      times     `default:"4x" placeholder:"Nx" help:"How many times the mean the busiest minutes have (${default})."`
	Bytes     int       `default:"420" placeholder:"N" help:"Bytes of an event (${default})."`
	Batch     int       `default:"20" placeholder:"N" help:"Events of a request (${default}); they are packed into one record."`
	Sites     int       `default:"1" placeholder:"N" help:"Sites that share the traffic (${default})."`
	Window    float64   `default:"1" placeholder:"S" help:"Seconds that a batch is waited for: batchWindow of the deployment (${default})."`
	Retention int       `default:"24" placeholder:"H" help:"Hours that the stream keeps records (${default})."`
	Days      float64   `default:"30.4" placeholder:"N" help:"Days of the month (${default})."`
	Watch     float64   `default:"240" placeholder:"H" help:"Hours in a month that a live page stands open (${default})."`
	Region    string    `placeholder:"NAME" help:"Region; the price table must be of it (that of the table)."`
	Prices    string    `type:"existingfile" placeholder:"FILE" help:"Another table of prices, in the form that --print-prices shows."`
	Print     bool      `name:"print-prices" help:"Print the table of prices, with the page that says each, and stop."`
	JSON      bool      `help:"Print the plan as JSON, with every line of the bills."`
}

func (PlanCmd) Help() string {
	return `Three ways in are compared: over the HTTP API with the function collect, over the HTTP API straight into the stream, and from servers of your own to Kinesis.
Units of DynamoDB and CPU time are measured, prices are list prices, latencies inside AWS are assumed: docs/COSTS.md says which and how.

Example:

    streamgauge plan --rate 5k/s --peak 4x --bytes 420 --batch 20 --sites 3
    streamgauge plan --rate 400/s --window 10 --json`
}

func (c *PlanCmd) Run(_ context.Context, con *console) error {
	prices, err := c.prices()
	if err != nil {
		return err
	}
	if c.Print {
		return con.json(prices)
	}
	p, err := plan.Make(plan.Traffic{
		Rate: float64(c.Rate), Peak: float64(c.Peak), Bytes: c.Bytes, Batch: c.Batch, Sites: c.Sites, Window: c.Window, Hours: c.Retention,
		Days: c.Days, Watch: c.Watch,
	}, prices)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.json(p)
	}
	return printPlan(con, p)
}

func (c *PlanCmd) prices() (*plan.Prices, error) {
	p, err := c.table()
	if err == nil && c.Region != "" && c.Region != p.Region {
		err = fmt.Errorf("the price table is of %s, not of %s: give one of it with --prices FILE; --print-prices shows the form", p.Region, c.Region)
	}
	return p, err
}

func (c *PlanCmd) table() (*plan.Prices, error) {
	if c.Prices == "" {
		return plan.ListPrices()
	}
	text, err := os.ReadFile(c.Prices)
	if err != nil {
		return nil, fmt.Errorf("read the price table: %w", err)
	}
	p, err := plan.ParsePrices(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Prices, err)
	}
	return p, nil
}

// printPlan shows sizes, bills and advice, for people.
func printPlan(con *console, p *plan.Plan) error {
	fmt.Fprintf(con.stdout, "%s, prices of %s\n\n", p.Region, p.PricesAsOf)
	err := con.table([][]string{
		{"events", fmt.Sprintf("%s a second, %s at the peak, %s a month", short(p.Rate), short(p.Rate*p.Peak), short(p.Rate*p.Days*86_400))},
		{"shards", fmt.Sprintf("%d, with %d cells", p.Shards, p.Cells)},
		{"Lambda", fmt.Sprintf("consume %d at a time, %s invocations a second of %s events", p.Consumers, short(p.Invocations), short(p.BatchEvents))},
		{"", fmt.Sprintf("collect %d at a time at the peak, authorize %d", p.Way("http").Concurrency, p.Way("direct").Concurrency)},
		{"DynamoDB", fmt.Sprintf("%s write units a second, %s at the peak; %s read units", short(p.WriteUnits), short(p.PeakWriteUnits), short(p.ReadUnits))},
		{"iterator age", fmt.Sprintf("%.1f s, up to %.1f s at the peak", p.AgeMean, p.AgePeak)},
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(con.stdout)
	if err := con.table(bill(p)); err != nil {
		return err
	}
	fmt.Fprintln(con.stdout)
	for _, w := range p.Ways {
		fmt.Fprintf(con.stdout, "Most of %s is %s.\n", w.Title, w.Dominates)
	}
	fmt.Fprintln(con.stdout)
	for _, a := range p.Advice {
		fmt.Fprintf(con.stdout, "- %s\n", a)
	}
	return nil
}

// bill is a row for each service and a column for each way in.
func bill(p *plan.Plan) [][]string {
	head := []string{"USD A MONTH"}
	sum, free := []string{"sum"}, []string{"where AWS's free allowances are yours"}
	for _, w := range p.Ways {
		head, sum, free = append(head, w.Title), append(sum, usd(w.USD)), append(free, usd(w.AfterFree))
	}
	rows := [][]string{head}
	for _, service := range plan.Services {
		row := []string{service}
		for _, w := range p.Ways {
			row = append(row, usd(w.Of(service)))
		}
		rows = append(rows, row)
	}
	return append(rows, sum, free)
}

func usd(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// short is a number with three digits that count, from ten thousand on in thousands, millions or billions.
func short(v float64) string {
	unit := ""
	switch {
	case v >= 1e9:
		v, unit = v/1e9, "G"
	case v >= 1e6:
		v, unit = v/1e6, "M"
	case v >= 1e4:
		v, unit = v/1e3, "k"
	case v >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + unit
}

// times is a factor such as "4x".
type times float64

func (t *times) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "x"), 64)
	if err != nil || !(n >= 1 && n <= 1000) {
		return fmt.Errorf("%q is not a factor from 1x to 1000x, such as 4x", text)
	}
	*t = times(n)
	return nil
}

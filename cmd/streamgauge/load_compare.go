package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/streamgauge/streamgauge/producer/load"
)

// LoadCompareCmd compares two results.
type LoadCompareCmd struct {
	Before string `arg:"" type:"existingfile" help:"A result that --json wrote."`
	After  string `arg:"" type:"existingfile" help:"Another one."`
}

func (LoadCompareCmd) Help() string {
	return `For each figure it gives what it was, what it is, by how much they differ, and between what bounds the difference lies with a confidence of
95%. Where these have 0 between them, nothing is shown. The bounds come from how the figures varied within each run; what
differs from run to run, such as another load of the machine, they do not know of.

Example:

    streamgauge load compare before.json after.json`
}

func (c *LoadCompareCmd) Run(con *console) error {
	before, err := readResult(c.Before)
	if err != nil {
		return err
	}
	after, err := readResult(c.After)
	if err != nil {
		return err
	}
	rows := [][]string{{"", "before", "after", "difference", "95% between", ""}}
	for _, d := range load.Compare(before, after) {
		rows = append(rows, []string{d.Name, d.Show(d.Before), d.Show(d.After), change(d.Change), change(d.Low) + " and " + change(d.High), d.Verdict()})
	}
	return con.table(rows)
}

func change(part float64) string { return fmt.Sprintf("%+.1f%%", 100*part) }

func readResult(name string) (*load.Result, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var r load.Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s is no result of streamgauge load --json: %w", name, err)
	}
	if len(r.Intervals) == 0 {
		return nil, fmt.Errorf("%s is no result of streamgauge load --json: it has no intervals", name)
	}
	return &r, nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// pageFigures are what browser/bench.mjs measured: a value a round, by name.
type pageFigures map[string][]float64

// measurePage measures the page of a product with demo traffic, in a real browser, and writes a table.
func measurePage(ctx context.Context, s settings, p *product, out io.Writer) (err error) {
	if s.rounds < 1 || s.watched < time.Second {
		return fmt.Errorf("-rounds %d -watched %v: at least 1 round of 1s is needed", s.rounds, s.watched)
	}
	browser, err := browserCommand()
	if err != nil {
		return err
	}
	if err := p.start(ctx, "--demo"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	before := proc.LoadAverage()
	figures, err := browser(ctx, "http://"+p.address, strconv.Itoa(s.rounds), strconv.Itoa(int(s.watched/time.Second)))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores; load average %s before, %s after. Medians of %d rounds, %v each; browser and server share the cores.\n\n",
		runtime.NumCPU(), before, proc.LoadAverage(), s.rounds, s.watched)
	return figures.write(out)
}

// browserCommand returns what runs browser/bench.mjs, or says what that needs and is missing.
func browserCommand() (func(ctx context.Context, args ...string) (pageFigures, error), error) {
	script := filepath.Join("e2e", "browser", "bench.mjs")
	if _, err := os.Stat(filepath.Join("e2e", "node_modules", "playwright-core")); err != nil {
		return nil, errors.New("npm packages are missing: run e2e/setup in the project's folder, and this there as well")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("find Node: %w (run e2e/setup)", err)
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("find Chromium: %w (run e2e/setup)", err)
	}
	return func(ctx context.Context, args ...string) (pageFigures, error) {
		cmd := exec.CommandContext(ctx, node, append([]string{script}, args...)...)
		cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
		cmd.Stderr = os.Stderr
		lines, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", script, err)
		}
		return readFigures(lines)
	}, nil
}

// readFigures reads lines as {"measured":"first_data_ms","value":"312"}.
func readFigures(lines []byte) (pageFigures, error) {
	figures := pageFigures{}
	for in := bufio.NewScanner(bytes.NewReader(lines)); in.Scan(); {
		var line struct {
			Measured string
			Value    float64 `json:",string"`
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("read what the browser measured: %q: %w", in.Text(), err)
		}
		figures[line.Measured] = append(figures[line.Measured], line.Value)
	}
	return figures, nil
}

// pageRows are the lines of the table. A floor is what this browser takes for the least of it: see browser/copy.mjs and browser/live_floor.mjs.
var pageRows = []struct{ label, format, figure, floor string }{
	{"first frame with figures, ms", "%.0f", "first_data_ms", "first_data_floor_ms"},
	{"first frame with the chart, ms", "%.0f", "first_chart_ms", ""},
	{"document there → first questions asked, ms", "%.0f", "asked_ms", ""},
	{"bytes of the first load, compressed", "%.0f", "first_bytes", ""},
	{"its requests", "%.0f", "first_requests", ""},
	{"main thread for an update of a live page with every card open, ms, p50", "%.1f", "live_p50_ms", "live_floor_p50_ms"},
	{"… p95", "%.1f", "live_p95_ms", "live_floor_p95_ms"},
	{"… all of the main thread, ms a second", "%.0f", "live_ms_per_second", "live_floor_ms_per_second"},
	{"layout shift of a live page, 900 pixels", "%.4f", "shift", ""},
}

func (f pageFigures) write(w io.Writer) error {
	fmt.Fprint(w, "| the page | now | floor |\n|---|---|---|\n")
	for _, row := range pageRows {
		figure, err := f.median(row.figure)
		if err != nil {
			return err
		}
		floor := ""
		if row.floor != "" {
			least, err := f.median(row.floor)
			if err != nil {
				return err
			}
			floor = fmt.Sprintf(row.format, least)
		}
		fmt.Fprintf(w, "| %s | "+row.format+" | %s |\n", row.label, figure, floor)
	}
	return nil
}

func (f pageFigures) median(name string) (float64, error) {
	if len(f[name]) == 0 {
		return 0, fmt.Errorf("the browser measured no %s", name)
	}
	return quantile(f[name], 0.5), nil
}

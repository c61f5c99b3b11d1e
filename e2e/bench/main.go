package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// settings say how much is measured.
type settings struct {
	rounds  int
	each    time.Duration // of sending
	conns   int
	samples int // of latency
	page    bool
	watched time.Duration // of a live page
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "how often each figure is measured")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long events are sent for a figure")
	flag.IntVar(&s.conns, "conns", 64, "connections")
	flag.IntVar(&s.samples, "samples", 200, "events whose way to the live view is timed")
	flag.BoolVar(&s.page, "page", false, "measure the page in Chromium, and nothing else")
	flag.DurationVar(&s.watched, "watched", 20*time.Second, "with -page: how long a live page is watched for a figure, in whole seconds")
	floor := flag.Bool("floor", false, "be the floor: a server that reads and answers 202")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	run := func() error { return bench(ctx, s, os.Stdout) }
	if *floor {
		run = func() error { return serveFloor(ctx, os.Stderr) }
	}
	err := run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, s settings, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "streamgauge-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin := filepath.Join(dir, "streamgauge")
	build := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/streamgauge")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w (run it in the project's folder)", err)
	}
	p := &product{bin: bin, data: filepath.Join(dir, "data")}
	if s.page {
		return measurePage(ctx, s, p, out)
	}
	return measureServer(ctx, s, p, out)
}

// measureServer measures what the product does with events, and writes a report.
func measureServer(ctx context.Context, s settings, p *product, out io.Writer) (err error) {
	r := &report{settings: s, before: proc.LoadAverage(), floor: map[int][]measured{}, product: map[int][]measured{}}
	if err := p.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	for _, part := range []func(context.Context, settings, *product, *report) error{measureDisk, measureHTTP, measureLive, measureStream} {
		if err := part(ctx, s, p, r); err != nil {
			return err
		}
	}
	r.write(out)
	return nil
}

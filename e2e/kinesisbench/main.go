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
	rounds int
	each   time.Duration // of putting
	memory int           // records
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 3, "how often each figure is measured")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long records are put for a figure")
	flag.IntVar(&s.memory, "memory", 0, "measure the resident memory after so many records of 423 bytes, and nothing else")
	canned := flag.Bool("canned", false, "be the canned server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	run := func() error { return bench(ctx, s, os.Stdout) }
	if *canned {
		run = func() error { return serveCanned(ctx, os.Stdout) }
	}
	err := run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kinesisbench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, s settings, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "streamgauge-kinesisbench-")
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
	ours, err := startOurs(ctx, bin, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	if s.memory > 0 {
		return measureMemory(ctx, s, ours, out)
	}
	return compare(ctx, s, ours, out)
}

// compare measures ours and the two beside it.
func compare(ctx context.Context, s settings, ours *server, out io.Writer) (err error) {
	servers := []*server{ours}
	for _, start := range []func(context.Context) (*server, error){startKinesalite, startCanned} {
		beside, err := start(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, beside.end()) }()
		servers = append(servers, beside)
	}
	r := &report{settings: s, before: proc.LoadAverage(), figures: map[figure][]measured{}}
	for range s.rounds {
		if err := r.round(ctx, servers); err != nil {
			return err
		}
	}
	r.write(out, servers)
	return nil
}

package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

type settings struct {
	rounds int
	each   time.Duration
	conns  int
	rate   float64
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "how often each client is measured")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long each client sends")
	flag.IntVar(&s.conns, "conns", 64, "connections")
	flag.Float64Var(&s.rate, "rate", 20_000, "events a second that the load generator is asked for")
	server := flag.Bool("server", false, "be the trivial server")
	client := flag.String("client", "", "be the client of that name")
	address := flag.String("address", "", "of the server, for a client")
	flag.Parse()
	err := func() error {
		switch {
		case *server:
			return serve(os.Stdout)
		case *client != "":
			return beClient(context.Background(), *client, *address, s, os.Stdout)
		}
		return bench(context.Background(), s, os.Stdout)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "loadbench:", err)
		os.Exit(1)
	}
}

// serve is the trivial server: it reads the body, looks at nothing, and answers as the product does.
func serve(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a measurement on this machine
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"accepted":1,"results":[]}`)
	}))
}

func bench(ctx context.Context, s settings, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-server")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	address, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the server does not start: %w", err)
	}
	before := proc.LoadAverage()
	found := map[string][]measured{}
	names := []string{"generator", "raw", "nethttp", "wrk"}
	if _, err := exec.LookPath("wrk"); err != nil {
		names = names[:3]
	}
	for range s.rounds {
		for _, name := range names {
			m, err := runClient(ctx, self, name, strings.TrimSpace(address), s)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			found[name] = append(found[name], m)
		}
	}
	fmt.Fprintf(out, "load average %s before, %s after\n", before, proc.LoadAverage())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "client\trequests a CPU-second\trequests/s\tschedule p99")
	for _, name := range names {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%s\n", name,
			median(found[name], func(m measured) float64 { return float64(m.Requests) / m.CPU.Seconds() }),
			median(found[name], func(m measured) float64 { return float64(m.Requests) / m.Took.Seconds() }), note(found[name]))
	}
	return w.Flush()
}

func median(all []measured, f func(measured) float64) float64 {
	v := make([]float64, len(all))
	for i, m := range all {
		v[i] = f(m)
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func note(all []measured) string {
	if all[0].Late == 0 {
		return ""
	}
	return (time.Duration(median(all, func(m measured) float64 { return float64(m.Late) })) * time.Nanosecond).String()
}

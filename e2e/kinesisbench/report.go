package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// figure is what is measured.
type figure struct {
	server, what string
	bytes        int
	callers      int
}

type report struct {
	settings settings
	before   string // load average
	figures  map[figure][]measured
}

var (
	sizes   = []int{200, 1024}
	callers = []int{1, 4, 16}
)

// round measures everything once.
func (r *report) round(ctx context.Context, servers []*server) error {
	for _, bytes := range sizes {
		for _, n := range callers {
			for _, s := range servers {
				if err := r.measure(ctx, s, bytes, n); err != nil {
					return fmt.Errorf("%s with %d callers: %w", s.name, n, err)
				}
			}
		}
	}
	return nil
}

func (r *report) measure(ctx context.Context, s *server, bytes, callers int) error {
	c, stream, err := s.client(), "canned", error(nil)
	if s.name != "canned" {
		if stream, err = makeStream(ctx, c); err != nil {
			return err
		}
	}
	m, err := put(ctx, s, c, stream, bytes, callers, r.settings.each)
	if err != nil {
		return err
	}
	r.add(figure{s.name, "put", bytes, callers}, m)
	if s.name == "canned" {
		return nil
	}
	if callers == 4 {
		d, err := drain(ctx, s, c, stream, m.records)
		if err != nil {
			return err
		}
		r.add(figure{s.name, "drain", bytes, shards}, d)
	}
	return deleteStream(ctx, c, stream)
}

func (r *report) add(f figure, m measured) { r.figures[f] = append(r.figures[f], m) }

// median of what the rounds measured.
func (r *report) median(f figure, of func(measured) float64) float64 {
	var values []float64
	for _, m := range r.figures[f] {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (r *report) write(out io.Writer, servers []*server) {
	fmt.Fprintf(out, "%d cores, load average %s before; %d rounds of %v; %d records a PutRecords, %d shards\n\n",
		runtime.NumCPU(), r.before, r.settings.rounds, r.settings.each, recordsACall, shards)
	fmt.Fprintln(out, "| | bytes | callers | server | records/s | records a CPU-second | p50 | p99 |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|")
	for _, f := range r.sorted() {
		perSecond, perCPU := r.median(f, measured.perSecond), r.median(f, measured.perCPUSecond)
		quantile := func(share float64) time.Duration {
			return time.Duration(r.median(f, func(m measured) float64 { return float64(m.call(share)) })).Round(10 * time.Microsecond)
		}
		fmt.Fprintf(out, "| %s | %d | %d | %s | %.0f | %.0f | %v | %v |\n", f.what, f.bytes, f.callers, f.server, perSecond, perCPU, quantile(.5), quantile(.99))
	}
	r.writeRatios(out)
	for _, s := range servers {
		if peak, err := s.memory("VmHWM"); err == nil {
			fmt.Fprintf(out, "%s: %d MiB resident at most\n", s.name, peak)
		}
	}
}

func (r *report) sorted() (all []figure) {
	for f := range r.figures {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b figure) int {
		return cmp.Or(-cmp.Compare(a.what, b.what), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.callers, b.callers), -cmp.Compare(a.server, b.server))
	})
	return all
}

// writeRatios compares ours with the others: with the weakest of its own figures over the numbers of callers.
func (r *report) writeRatios(out io.Writer) {
	ratio := func(what string, bytes int, callers []int, other string, of func(measured) float64) float64 {
		var all []float64
		for _, n := range callers {
			all = append(all, r.median(figure{"streamgauge", what, bytes, n}, of)/r.median(figure{other, what, bytes, n}, of))
		}
		return slices.Min(all)
	}
	fmt.Fprintln(out)
	for _, bytes := range sizes {
		fmt.Fprintf(out, "%d B: put %.1f × the records a CPU-second of kinesalite, drain %.1f ×; %.0f %% of the canned server's records/s at 4 callers\n",
			bytes, ratio("put", bytes, callers, "kinesalite", measured.perCPUSecond), ratio("drain", bytes, []int{shards}, "kinesalite", measured.perCPUSecond),
			100*ratio("put", bytes, []int{4}, "canned", measured.perSecond))
	}
}

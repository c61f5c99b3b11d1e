package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

const slowest = 10 // tests named in the summary

// summarize prints what the whole run comes to and tells whether it passed.
// err is what reading the stream or waiting for go test returned.
func (r *results) summarize(out io.Writer, ci bool, err error) bool {
	for _, p := range r.packages {
		if p.state == "" {
			r.printPackage(out, p)
		}
	}
	passed, skipped, failures := r.count(err)
	fmt.Fprintf(out, "\n%d packages in %s\n", len(r.packages), r.last.Sub(r.first).Round(100*time.Millisecond))
	printList(out, "Slowest:", r.slowest())
	printList(out, "Measured:", r.measured())
	printList(out, "Failed:", failures)
	printList(out, "Skipped:", skipped)

	ok := len(failures) == 0
	if ci && len(skipped) > 0 {
		ok = false
		fmt.Fprintln(out, "\nCI=true: a skipped test is a failure.")
	}
	if passed+len(failures)+len(skipped) == 0 {
		ok = false
		fmt.Fprintln(out, "\nNo test ran.")
	}
	fmt.Fprintf(out, "\n%d passed, %d failed, %d skipped\n", passed, len(failures), len(skipped))
	return ok
}

func printList(out io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n  %s\n", title, strings.Join(lines, "\n  "))
}

// count names every skip and every failure; what passed needs no name.
func (r *results) count(err error) (passed int, skipped, failures []string) {
	for _, p := range r.packages {
		for _, t := range p.tests {
			switch name := p.name + " " + t.name; {
			case t.state == "skip":
				skipped = append(skipped, name+": "+t.reason())
			case t.failed():
				failures = append(failures, name+t.unfinished())
			default:
				passed++
			}
		}
		if p.failed() && len(p.failedTests()) == 0 {
			failures = append(failures, p.name+" "+p.blame())
		}
	}
	failures = append(failures, r.unreadable...)
	if err != nil && (len(failures) == 0 || err.Error() != "exit status 1") {
		failures = append(failures, "go test: "+err.Error())
	}
	return passed, skipped, failures
}

func (t *test) unfinished() string {
	if t.state == "" {
		return " (was running when its process ended)"
	}
	return ""
}

// blame says what failed in a package none of whose tests did.
func (p *pkg) blame() string {
	switch {
	case p.state == "":
		return "has no result: go test ended early"
	case p.failedBuild != "":
		return "did not build"
	}
	return "failed outside its tests"
}

var logged = regexp.MustCompile(`^ +\S+\.go:\d+: `)

// reason is the last thing that a skipped test logged, with its place: what it gave to t.Skip.
func (t *test) reason() string {
	for i, l := range slices.Backward(t.output) {
		if logged.MatchString(l) {
			return strings.Join(strings.Fields(strings.Join(t.output[i:], " ")), " ")
		}
	}
	return "no reason given"
}

// slowest ranks whole tests: a subtest's time is in its parent's.
func (r *results) slowest() []string {
	type timed struct {
		seconds float64
		name    string
	}
	var all []timed
	for _, p := range r.packages {
		for _, t := range p.tests {
			if !strings.Contains(t.name, "/") && t.elapsed > 0 {
				all = append(all, timed{t.elapsed, p.name + " " + t.name})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	var lines []string
	for _, t := range all[:min(slowest, len(all))] {
		lines = append(lines, fmt.Sprintf("%7.2fs  %s", t.seconds, t.name))
	}
	return lines
}

func (r *results) measured() []string {
	var lines []string
	for _, p := range r.packages {
		for _, t := range p.tests {
			for _, a := range t.attrs {
				lines = append(lines, p.name+" "+t.name+": "+a)
			}
		}
	}
	return lines
}

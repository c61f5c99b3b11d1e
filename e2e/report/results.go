package main

import (
	"slices"
	"strings"
	"time"
)

// results is what the stream has told so far.
type results struct {
	packages    []*pkg // in the order of their start
	byName      map[string]*pkg
	builds      map[string][]string // what the compiler said, by ImportPath
	unreadable  []string
	first, last time.Time
}

type pkg struct {
	name        string
	state       string // "" while it runs, then pass, fail or skip
	elapsed     float64
	output      []string // what belongs to no test
	failedBuild string
	tests       []*test // in the order of their start
	byName      map[string]*test
}

type test struct {
	name    string
	state   string
	elapsed float64
	output  []string // without the frame lines (=== RUN, --- PASS)
	attrs   []string
}

func newResults() *results {
	return &results{byName: map[string]*pkg{}, builds: map[string][]string{}}
}

// add folds one line in and returns the package that it finished, if it did.
func (r *results) add(l line) *pkg {
	r.stamp(l.Time)
	if l.ImportPath != "" {
		r.builds[l.ImportPath] = append(r.builds[l.ImportPath], l.Output)
		return nil
	}
	if l.Package == "" {
		return nil
	}
	p := r.pkg(l.Package)
	if l.Test != "" {
		p.test(l.Test).add(l)
		return nil
	}
	return p.add(l)
}

func (r *results) stamp(t time.Time) {
	if t.IsZero() {
		return
	}
	if r.first.IsZero() {
		r.first = t
	}
	r.last = t
}

func (r *results) pkg(name string) *pkg {
	p := r.byName[name]
	if p == nil {
		p = &pkg{name: name, byName: map[string]*test{}}
		r.byName[name] = p
		r.packages = append(r.packages, p)
	}
	return p
}

func (p *pkg) test(name string) *test {
	t := p.byName[name]
	if t == nil {
		t = &test{name: name}
		p.byName[name] = t
		p.tests = append(p.tests, t)
	}
	return t
}

func (p *pkg) add(l line) *pkg {
	switch l.Action {
	case "output":
		if !isClosing(l.Output) {
			p.output = append(p.output, l.Output)
		}
	case "pass", "fail", "skip":
		p.state, p.elapsed, p.failedBuild = l.Action, l.Elapsed, l.FailedBuild
		return p
	}
	return nil
}

func (t *test) add(l line) {
	switch l.Action {
	case "output":
		if !isFrame(l.Output) {
			t.output = append(t.output, l.Output)
		}
	case "attr":
		t.attrs = append(t.attrs, l.Key+": "+l.Value)
	case "pass", "fail", "skip":
		t.state, t.elapsed = l.Action, l.Elapsed
	}
	if t.state == "pass" {
		t.output = nil // nobody asks for it any more
	}
}

// isFrame tells the lines that only repeat what the other fields of the stream say.
func isFrame(s string) bool {
	s = strings.TrimLeft(s, " ")
	return strings.HasPrefix(s, "=== ") || strings.HasPrefix(s, "--- ")
}

func isClosing(s string) bool {
	switch s {
	case "PASS\n", "FAIL\n", "exit status 1\n":
		return true
	}
	verdict, _, tab := strings.Cut(s, "\t")
	return tab && slices.Contains([]string{"FAIL", "ok  ", "?   "}, verdict)
}

// failed is true for a test without a result as well: it was running when its process died or timed out.
func (t *test) failed() bool { return t.state != "pass" && t.state != "skip" }

func (p *pkg) failed() bool {
	return p.state != "pass" && p.state != "skip" || slices.ContainsFunc(p.tests, (*test).failed)
}

func (p *pkg) failedTests() []*test {
	return slices.DeleteFunc(slices.Clone(p.tests), func(t *test) bool { return !t.failed() })
}

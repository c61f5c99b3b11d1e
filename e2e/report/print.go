package main

import (
	"fmt"
	"io"
	"strings"
)

// printPackage prints the line of a finished package and, when it failed, everything that may say why.
func (r *results) printPackage(out io.Writer, p *pkg) {
	verdict := "ok  "
	switch {
	case p.failed():
		verdict = "FAIL"
	case p.state == "skip":
		verdict = "--  "
	}
	fmt.Fprintf(out, "%s  %-64s %7.2fs %5d tests\n", verdict, p.name, p.elapsed, len(p.tests))
	if p.failed() {
		r.printFailure(out, p)
	}
}

func (r *results) printFailure(out io.Writer, p *pkg) {
	if p.failedBuild != "" {
		r.printBuild(out, p.failedBuild)
	}
	for _, t := range p.failedTests() {
		printOutput(out, p.name+" "+t.name, t.output)
	}
	printOutput(out, "output of "+p.name, p.output)
}

// printBuild prints what the compiler said once, though many packages may wait for the one that did not build.
func (r *results) printBuild(out io.Writer, importPath string) {
	said, again := r.builds[importPath]
	if again && said == nil {
		fmt.Fprintf(out, "    %s did not build: see above\n\n", importPath)
		return
	}
	printOutput(out, importPath+" did not build", said)
	r.builds[importPath] = nil
}

func printOutput(out io.Writer, title string, lines []string) {
	if text := strings.TrimRight(strings.Join(lines, ""), " \n"); text != "" {
		fmt.Fprintf(out, "\n==== %s\n%s\n\n", title, text)
	}
}

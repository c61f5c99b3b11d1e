package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// line is one line of `go test -json`: an event of a test or a package (go doc test2json), or, with an ImportPath,
// a line of the compiler's (go help buildjson).
type line struct {
	Time        time.Time
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	Key, Value  string // of an "attr"
	ImportPath  string
	FailedBuild string // of a package's "fail": the ImportPath that did not build
}

// read folds the stream into the results and reports each package on out as it finishes.
// A line that is no JSON, as the last one of a stream that was cut, is kept as a failure.
func (r *results) read(stream io.Reader, out io.Writer) error {
	in := bufio.NewReader(stream)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if len(text) > 0 {
			r.readLine(n, text, out)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the stream of go test: %w", err)
		}
	}
}

func (r *results) readLine(n int, text []byte, out io.Writer) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		r.unreadable = append(r.unreadable, fmt.Sprintf("line %d of go test's stream is no JSON: %.200q", n, text))
		return
	}
	if p := r.add(l); p != nil {
		r.printPackage(out, p)
	}
}

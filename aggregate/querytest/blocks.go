package querytest

import (
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Blocks reads every block of a Markdown page that is fenced with ```query as a script of its own.
func Blocks(file, page string) (scripts []*Script, err error) {
	var block []string
	start := 0 // the line of the block's fence; none is open at 0
	for i, l := range strings.Split(page, "\n") {
		switch {
		case start == 0 && l == "```query":
			start, block = i+1, nil
		case start > 0 && l == "```":
			s, err := parseAt(file, strings.Join(block, "\n"), start+1)
			if err != nil {
				return nil, err
			}
			scripts = append(scripts, s)
			start = 0
		case start > 0:
			block = append(block, l)
		}
	}
	if start > 0 {
		return nil, inFile(file, &fault{start, "the block is not closed"})
	}
	return scripts, nil
}

// Asks notes every metric, dimension and operator that the script asks with.
func (s *Script) Asks(words map[string]bool) {
	for _, st := range s.statements {
		if st.ask == nil {
			continue
		}
		for _, m := range st.ask.query.Metrics {
			words[string(m)] = true
		}
		for _, d := range st.ask.query.Dimensions {
			words[string(d)] = true
		}
		words[st.ask.kind] = true
		words[string(st.ask.query.Compare)] = true
		for _, f := range append(st.ask.steps, st.ask.query.Filter) {
			askedBy(f, words)
		}
	}
}

func askedBy(f *query.Filter, words map[string]bool) {
	if f == nil {
		return
	}
	words[string(f.Op)] = true
	words[string(f.Dimension)] = true
	for _, a := range f.Args {
		askedBy(a, words)
	}
}

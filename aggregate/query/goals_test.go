package query_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// fits is the naive match of a pattern: it tries every way.
func fits(pattern, path string) bool {
	switch {
	case pattern == "":
		return path == ""
	case strings.HasPrefix(pattern, "**"):
		return fits(pattern[2:], path) || path != "" && fits(pattern, path[1:])
	case pattern[0] == '*':
		return fits(pattern[1:], path) || path != "" && path[0] != '/' && fits(pattern, path[1:])
	}
	return path != "" && path[0] == pattern[0] && fits(pattern[1:], path[1:])
}

// TestPatternsOfPages makes patterns and paths of few characters, so that they meet, and asks for the goal of each pattern.
func TestPatternsOfPages(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	text := func(from string, most int) string {
		b := []byte("/")
		for range r.IntN(most) {
			b = append(b, from[r.IntN(len(from))])
		}
		return string(b)
	}
	var b sketch.Builder
	paths := make(map[string]bool)
	for len(paths) < 300 {
		p := text("ab/.+\n", 8)
		if paths[p] {
			continue
		}
		paths[p] = true
		h := hitAt(start, "pageview", p)
		b.Add(r.Uint64(), &h)
	}
	s, _ := b.Seal()
	met := 0
	for range 300 {
		pattern := text("ab/.+**", 7)
		q := query.Query{From: start, To: start + 1, Metrics: []query.Metric{query.Pageviews}, Filter: is(query.EventGoal, "G")}
		res, err := query.Eval(&q, query.Rules{Goals: []query.Goal{{Name: "G", Page: pattern}}}, s, query.Extras{})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for p := range paths {
			if fits(pattern, p) {
				want++
			}
		}
		met += want
		if got := res.Rows[0].Values[0].X; got != float64(want) {
			t.Fatalf("pattern %q: %v paths, want %d", pattern, got, want)
		}
	}
	if met < 300 {
		t.Fatalf("only %d meetings: the test says little", met)
	}
}

func hitAt(at int64, name, page string) (h sketch.Hit) {
	h.At = at
	h.Text[sketch.Name], h.Text[sketch.Page] = name, page
	return h
}

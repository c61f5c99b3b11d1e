package querytest_test

import (
	"path/filepath"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/querytest"
)

// engines are what every script runs on.
var engines = []struct {
	name  string
	fresh func(t *testing.T) (querytest.Engine, error)
}{
	{"naive", func(*testing.T) (querytest.Engine, error) { return querytest.NewNaive(enriched), nil }},
	{"sample", func(*testing.T) (querytest.Engine, error) { return newSampled(enriched), nil }},
	{"memory", func(t *testing.T) (querytest.Engine, error) { return newPipeline(t, way{}, 0) }},
	{"memory, rolled up", func(t *testing.T) (querytest.Engine, error) {
		return newPipeline(t, way{shards: 3, roll: 1000, tidy: 1000, again: 500}, 0)
	}},
	{"together", func(t *testing.T) (querytest.Engine, error) {
		return newPipeline(t, way{shards: 2, roll: 500, together: true}, 0)
	}},
	{"embedded, rolled up", func(t *testing.T) (querytest.Engine, error) {
		return newPipeline(t, way{embedded: true, roll: 1000}, 0)
	}},
}

func TestScripts(t *testing.T) {
	for _, s := range scripts(t) {
		run(t, s)
	}
}

func scripts(t *testing.T) (all []*querytest.Script) {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.test")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d scripts, want 60: %v", len(files), err)
	}
	for _, file := range files {
		s, err := querytest.Parse(file, read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// What no script asks for could be answered in any way.
func TestScriptsAskForEverything(t *testing.T) {
	asked := make(map[string]bool)
	for _, s := range scripts(t) {
		s.Asks(asked)
	}
	for word := range vocabulary() {
		if !asked[word] {
			t.Errorf("no script asks for %s", word)
		}
	}
}

// run runs a script on every engine.
func run(t *testing.T, s *querytest.Script) {
	for _, e := range engines {
		t.Run(e.name+"/"+filepath.Base(s.File), func(t *testing.T) {
			for _, problem := range s.Run(t.Context(), func() (querytest.Engine, error) { return e.fresh(t) }) {
				t.Error(problem)
			}
		})
	}
}

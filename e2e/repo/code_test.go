package repo

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestCode(t *testing.T) {
	all := sources(t)
	for _, s := range all {
		for _, fault := range append(s.sleeps(virtualTime(all)), s.buildsClients()...) {
			t.Error(fault)
		}
	}
}

// virtualTime returns the folders whose tests run in bubbles of testing/synctest, where a sleep takes no time and waits for no luck.
func virtualTime(all []source) (dirs []string) {
	for _, s := range all {
		if s.isTest() && s.imports()["synctest"] == "testing/synctest" {
			dirs = append(dirs, path.Dir(s.name))
		}
	}
	return dirs
}

// sleeps finds time.Sleep outside virtual time: a wait for something that may take longer on another day, and deaf to its context.
func (s source) sleeps(virtual []string) (faults []string) {
	if s.isTest() && slices.Contains(virtual, path.Dir(s.name)) {
		return nil
	}
	s.calls(func(place, path, function string) {
		if path == "time" && function == "Sleep" {
			faults = append(faults, place+": time.Sleep: wait for a condition, a context or a timer")
		}
	})
	return faults
}

// buildsClients finds clients of AWS services made where a caller should have handed in the few methods that are needed.
func (s source) buildsClients() (faults []string) {
	if s.isTest() || within(s.name, "cmd") || within(s.name, "e2e") || within(s.name, "store/dynamo") {
		return nil
	}
	s.calls(func(place, path, function string) {
		if within(path, "github.com/aws/aws-sdk-go-v2/service") && (function == "New" || function == "NewFromConfig") {
			faults = append(faults, place+": a client of "+path+" is built in cmd and store/dynamo only")
		}
	})
	return faults
}

func (s source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

func TestEveryPackageHasADocGo(t *testing.T) {
	var dirs []string
	for _, s := range sources(t) {
		if dir := path.Dir(s.name); !s.isTest() && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if s := parse(t, path.Join(dir, "doc.go"), nil); s.tree.Doc == nil {
			t.Errorf("%s says nothing", s.name)
		}
	}
}

// The rules themselves.
func TestCodeRules(t *testing.T) {
	synctest := parse(t, "a/b_test.go", `package a; import "testing/synctest"`)
	want(t, "virtual time", virtualTime([]source{synctest, parse(t, "c/c_test.go", `package c; import "testing"`)}), "a")
	const kinesis = `"github.com/aws/aws-sdk-go-v2/service/kinesis"`
	for _, c := range []struct {
		name, text string
		faults     int
	}{
		{"event/a.go", `import "time"; func f() { time.Sleep(1) }`, 1},
		{"event/a_test.go", `import t "time"; func f() { t.Sleep(1); g(t.Sleep) }`, 2},
		{"virtual/b_test.go", `import ("time"; "testing/synctest"); func f() { synctest.Wait(); time.Sleep(1) }`, 0},
		{"virtual/a_test.go", `import "time"; func f() { time.Sleep(1) }`, 0},
		{"virtual/a.go", `import "time"; func f() { time.Sleep(1) }`, 1},
		{"event/a.go", `import "time"; type s struct{}; func (s) Sleep() {}; func f(x s) { x.Sleep(); time.Now() }`, 0},
		{"producer/a.go", `import ` + kinesis + `; var c = kinesis.NewFromConfig(x); var i kinesis.PutRecordsInput`, 1},
		{"producer/a.go", `import k ` + kinesis + `; var c = k.New(x)`, 1},
		{"producer/a_test.go", `import ` + kinesis + `; var c = kinesis.New(x)`, 0},
		{"cmd/streamgauge/a.go", `import ` + kinesis + `; var c = kinesis.New(x)`, 0},
	} {
		s := parse(t, c.name, "package p; "+c.text)
		if faults := append(s.sleeps([]string{"virtual"}), s.buildsClients()...); len(faults) != c.faults {
			t.Errorf("%s: %s: %q, want %d faults", c.name, c.text, faults, c.faults)
		}
	}
}

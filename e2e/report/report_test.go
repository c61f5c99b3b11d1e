package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	errFailed = errors.New("exit status 1")
	errKilled = errors.New("signal: killed")
)

// The streams in testdata were written by go test -json of Go 1.26 on a small module made for it.
func TestReport(t *testing.T) {
	const m = "example.test/m/"
	for _, c := range []struct {
		stream  string
		ci      bool
		err     error
		ok      bool
		closing string
		want    []string // in this order
	}{
		{"pass", true, nil, true, "8 passed, 0 failed, 0 skipped", []string{
			"--    " + m + "none", "ok    " + m + "good", " 8 tests\n",
			"2 packages in", "Slowest:\n     0.06s  " + m + "good TestTable\n",
			"Measured:\n  " + m + "good TestMeasured: post_to_page: 312 ms\n"}},
		{"skip", false, nil, true, "10 passed, 0 failed, 4 skipped", []string{
			"ok    " + m + "skip", "Skipped:\n",
			m + "skip TestWhole: skip_test.go:5: Chromium is missing: apt-get install chromium\n",
			m + "skip TestSilent: no reason given\n",
			m + "skip TestLogged: skip_test.go:7: no such device: load the module\n",
			m + "skip TestPart/root: skip_test.go:9: runs as root\n"}},
		{"skip", true, nil, false, "10 passed, 0 failed, 4 skipped", []string{
			"Skipped:\n", "CI=true: a skipped test is a failure.\n"}},
		{"fail", false, errFailed, false, "10 passed, 3 failed, 0 skipped", []string{
			"FAIL  " + m + "fail",
			"==== " + m + "fail TestWrong\n    fail_test.go:5: seed 42\n    fail_test.go:5: got 3, want 4\n",
			"==== " + m + "fail TestParent/bad\n    fail_test.go:8: the inner reason\n",
			"ok    " + m + "good", "Failed:\n  " + m + "fail TestWrong\n  " + m + "fail TestParent\n  " + m + "fail TestParent/bad\n"}},
		{"build", false, errFailed, false, "8 passed, 4 failed, 0 skipped", []string{
			"go get example.test/m/nowhere\n",
			"build/build.go:3:23: cannot use \"x\"",
			"vet/vet_test.go:5:44: fmt.Printf format %d",
			"Failed:\n  ", m + "setup did not build\n", m + "vet did not build\n"}},
		{"crash", false, errFailed, false, "1 passed, 2 failed, 0 skipped", []string{
			"panic: assignment to entry in nil map", "crash_test.go:6", "Failed:\n"}},
		{"leak", false, errFailed, false, "1 passed, 1 failed, 0 skipped", []string{
			"==== output of " + m + "leak\ngoroutine 7 is still running\n", "Failed:\n  " + m + "leak failed outside its tests\n"}},
		{"timeout", false, errFailed, false, "0 passed, 1 failed, 0 skipped", []string{
			"panic: test timed out after 1s", m + "hang TestHangs (was running when its process ended)\n"}},
		{"race", false, errFailed, false, "0 passed, 1 failed, 0 skipped", []string{"WARNING: DATA RACE"}},
		{"none", false, nil, false, "0 passed, 0 failed, 0 skipped", []string{"No test ran.\n"}},
		{"pass", false, errFailed, false, "8 passed, 1 failed, 0 skipped", []string{"Failed:\n  go test: exit status 1\n"}},
		{"killed", false, errKilled, false, "8 passed, 2 failed, 0 skipped", []string{
			"FAIL  " + m + "hang", m + "hang TestHangs (was running when its process ended)\n", "go test: signal: killed\n"}},
	} {
		t.Run(c.stream, func(t *testing.T) {
			ok, out := report(t, recorded(t, c.stream), c.ci, c.err)
			if ok != c.ok {
				t.Errorf("ok is %t, want %t", ok, c.ok)
			}
			if !strings.HasSuffix(out, "\n"+c.closing+"\n") {
				t.Errorf("does not end in the line %q", c.closing)
			}
			wantInOrder(t, out, c.want)
		})
	}
}

// A stream that was cut anywhere, as by a killed go test, never passes: neither when the exit status tells, nor, as long as a
// package or a line was left open, when it does not.
func TestReportOfACutStream(t *testing.T) {
	whole := recorded(t, "pass")
	for n := range whole {
		if ok, _ := report(t, whole[:n], false, errKilled); ok {
			t.Fatalf("the first %d bytes pass though go test was killed", n)
		}
		if ok, out := report(t, whole[:n], false, nil); ok && !finished(whole[:n]) {
			t.Fatalf("the first %d bytes pass:\n%s", n, out)
		}
	}
	for _, scrap := range []string{`{"Time":"2026`, "goroutine 1 [running]:\n"} {
		ok, out := report(t, append(slices.Clone(whole), scrap...), false, nil)
		if ok || !strings.Contains(out, "is no JSON: ") {
			t.Errorf("passes with %q at its end:\n%s", scrap, out)
		}
	}
}

// finished tells whether each package that starts in the stream ends in it.
func finished(stream []byte) bool {
	ends := bytes.Count(stream, []byte(`,"Elapsed":0.065}`)) + bytes.Count(stream, []byte(`"Action":"skip"`))
	return ends > 0 && bytes.Count(stream, []byte(`"Action":"start"`)) == ends && !bytes.HasSuffix(stream, []byte(`"skip"`))
}

func TestReportShowsACompilerErrorOnce(t *testing.T) {
	stream := string(recorded(t, "build"))
	for l := range strings.Lines(stream) {
		if strings.Contains(l, `"Package":"example.test/m/usesbuild"`) {
			stream += strings.ReplaceAll(l, "usesbuild", "alsousesbuild")
		}
	}
	_, out := report(t, []byte(stream), false, errFailed)
	wantInOrder(t, out, []string{"alsousesbuild", "example.test/m/build did not build: see above"})
	if n := strings.Count(out, "==== example.test/m/build did not build"); n != 1 {
		t.Errorf("shown %d times:\n%s", n, out)
	}
}

// The real go test, as a child.
func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("CI", "")
	write(t, "go.mod", "module example.test/run\n")
	write(t, "run_test.go", `package run

import "testing"

func TestOne(t *testing.T) {}
func TestTwo(t *testing.T) { t.Skip("on purpose") }
`)
	for _, c := range []struct {
		args    []string
		ok      bool
		closing string
	}{
		{[]string{"."}, true, "1 passed, 0 failed, 1 skipped"},
		{[]string{"-run", "TestTwo", "."}, true, "0 passed, 0 failed, 1 skipped"},
		{[]string{"-run", "TestNone", "."}, false, "0 passed, 0 failed, 0 skipped"},
		{[]string{"./missing"}, false, "0 passed, 1 failed, 0 skipped"},
		{[]string{"-no-such-flag", "."}, false, "0 passed, 1 failed, 0 skipped"},
	} {
		var out strings.Builder
		ok, err := run(c.args, &out)
		if ok != c.ok || err != nil || !strings.HasSuffix(out.String(), "\n"+c.closing+"\n") {
			t.Errorf("%q: %t, %v, want %t and the last line %q:\n%s", c.args, ok, err, c.ok, c.closing, out.String())
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, stream []byte, ci bool, err error) (bool, string) {
	t.Helper()
	var out strings.Builder
	res := newResults()
	if err := res.read(bytes.NewReader(stream), &out); err != nil {
		t.Fatal(err)
	}
	ok := res.summarize(&out, ci, err)
	return ok, out.String()
}

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantInOrder(t *testing.T, out string, want []string) {
	t.Helper()
	rest := out
	for _, w := range want {
		_, after, found := strings.Cut(rest, w)
		if !found {
			t.Fatalf("lacks, or has in another order, %q:\n%s", w, out)
		}
		rest = after
	}
}

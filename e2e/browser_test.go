package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestDashboard looks at the page of a real server from its first event on, through a real browser. Each check of browser/live.mjs is a subtest;
// the screenshots that it leaves in artifacts/ are there to be looked at.
func TestDashboard(t *testing.T) {
	t.Parallel()
	tool(t, "curl") // the command that the page shows is run as it stands
	runPage(t, "live.mjs", nil, artifacts(t))
}

// TestSiteView does with the page what people do, while the demo's visitors come: browser/demo.mjs.
func TestSiteView(t *testing.T) {
	t.Parallel()
	runPage(t, "demo.mjs", []string{"--demo"}, artifacts(t))
}

// TestPageSeldom looks at what a page shows seldom: errors of a sample, a server without streams, an alert.
func TestPageSeldom(t *testing.T) {
	t.Parallel()
	runPage(t, "seldom.mjs", nil, artifacts(t))
}

// TestPageSoak looks at a live page for a minute, for half an hour in the long tier, and asks whether it has grown.
func TestPageSoak(t *testing.T) {
	t.Parallel()
	length := time.Minute
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		length = 30 * time.Minute
	}
	runPage(t, "soak.mjs", []string{"--demo"}, strconv.Itoa(int(length.Seconds())))
}

// runPage runs a page check of the folder browser/ against a server of its own.
func runPage(t *testing.T, script string, up []string, args ...string) {
	t.Helper()
	check := browserCheck(t, 45*patience, script)
	s := startServer(t, t.TempDir(), up...)
	check(append([]string{s.HTTP}, args...)...)
	s.stop(t)
}

// browserCheck returns what runs a script of the folder browser/, with arguments and for so long at most, and makes a subtest of everything it finds. What that needs
// is looked for at once, so that a test is skipped before it has started anything.
func browserCheck(t *testing.T, limit time.Duration, script string) func(args ...string) {
	t.Helper()
	node, chromium := tool(t, "node"), tool(t, "chromium")
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		t.Skip("e2e/node_modules is missing: run e2e/setup")
	}
	return func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		cmd := exec.CommandContext(ctx, node, append([]string{filepath.Join("browser", script)}, args...)...)
		cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
		runChecks(t, cmd)
	}
}

// artifacts returns the folder for what is there to be looked at.
func artifacts(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("artifacts")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPageModules runs the tests of the page's modules that need no browser.
func TestPageModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), tool(t, "node"), "--test", "browser/model.test.mjs", "browser/operator.test.mjs").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// tool returns the path of a program, or skips the test where the machine has none.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing: run e2e/setup", name)
	}
	return path
}

// finding is a line of a page check: a check that held or did not, or a measured figure. See browser/report.mjs.
type finding struct {
	Check    string
	OK       bool
	Why      string
	Measured string
	Value    string
}

// runChecks runs a page check and makes a subtest of everything it found.
func runChecks(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	checks := 0
	for in := bufio.NewScanner(bytes.NewReader(out)); in.Scan(); {
		var f finding
		if err := json.Unmarshal(in.Bytes(), &f); err != nil {
			t.Errorf("page check said %q: %v", in.Text(), err)
			continue
		}
		if f.Measured != "" {
			t.Attr(f.Measured, f.Value)
			continue
		}
		checks++
		t.Run(f.Check, func(t *testing.T) {
			if !f.OK {
				t.Error(f.Why)
			}
		})
	}
	// A check that did not hold is reported above; anything else that ends the program early is not.
	var exit *exec.ExitError
	if checks == 0 || err != nil && !(errors.As(err, &exit) && t.Failed()) {
		t.Errorf("%v: %v after %d checks\n%s", cmd.Args, err, checks, stderr.Bytes())
	}
}

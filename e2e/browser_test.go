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
	"testing"
)

// TestDashboard looks at the page of a real server through a real browser. Each check of browser/live.mjs is a subtest;
// the screenshots that it leaves in artifacts/ are there to be looked at.
func TestDashboard(t *testing.T) {
	node := tool(t, "node")
	tool(t, "curl") // the command that the page shows is run as it stands
	chromium := tool(t, "chromium")
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		t.Skip("e2e/node_modules is missing: run e2e/setup")
	}
	artifacts, err := filepath.Abs("artifacts")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(artifacts, 0o755); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "browser/live.mjs", s.HTTP, artifacts)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	runChecks(t, cmd)
	s.stop(t)
}

// TestPageModules runs the tests of the page's modules that need no browser.
func TestPageModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), tool(t, "node"), "--test", "browser/model.test.mjs").CombinedOutput()
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

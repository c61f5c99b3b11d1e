package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOperatorViews looks at the views of those who run the pipeline or integrate a site, at tiles and at TV mode, through a real browser. Each check of
// browser/operator.mjs is a subtest; the screenshots that it leaves in artifacts/ are there to be looked at.
func TestOperatorViews(t *testing.T) {
	node := tool(t, "node")
	tool(t, "curl")
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
	s := startServer(t, t.TempDir(), "--demo")
	walled, login := gated(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "browser/operator.mjs", s.HTTP, s.Kinesis, login, artifacts)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	runChecks(t, cmd)
	walled.stop(t)
	s.stop(t)
}

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/streamgauge/streamgauge/e2e/npm"
)

// TestPageTypes has the page's modules checked by the types in their comments (tsconfig.json).
func TestPageTypes(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), npm.Program(t, "tsc"), "-p", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPageLibraries compares other people's modules, which the page has as files, with the packages that their types come from.
func TestPageLibraries(t *testing.T) {
	t.Parallel()
	for file, original := range map[string]string{
		"htm/htm.mjs":                     "htm/dist/htm.mjs",
		"preact/preact.mjs":               "preact/dist/preact.mjs",
		"preact/hooks.mjs":                "preact/hooks/dist/hooks.mjs",
		"signals/signals.mjs":             "@preact/signals/dist/signals.mjs",
		"signals-core/signals-core.mjs":   "@preact/signals-core/dist/signals-core.mjs",
		"uplot/uPlot.iife.min.js":         "uplot/dist/uPlot.iife.min.js",
		"world-atlas/countries-110m.json": "world-atlas/countries-110m.json",
	} {
		want, err := os.ReadFile(filepath.Join("node_modules", original))
		if err != nil {
			t.Skipf("run e2e/setup: %v", err)
		}
		if got, err := os.ReadFile(filepath.Join("../dashboards/web/third_party", file)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not %s of its package (%v)", file, original, err)
		}
	}
}

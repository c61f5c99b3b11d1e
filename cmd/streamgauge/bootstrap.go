package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bootstrapPackage is what is built where no bootstrap is given.
const bootstrapPackage = "github.com/streamgauge/streamgauge/cmd/lambda"

// findBootstrap returns the path of a bootstrap: the given one, or one that is built for this machine into the folder, from the source in the working
// directory.
func findBootstrap(ctx context.Context, given, dir string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(dir, "bootstrap")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path, bootstrapPackage)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the bootstrap (or name one with --bootstrap): go build %s: %w: %s", bootstrapPackage, err, strings.TrimSpace(string(out)))
	}
	return path, nil
}

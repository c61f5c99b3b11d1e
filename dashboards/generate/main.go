package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/streamgauge/streamgauge/dashboards/cloudwatch"
	"github.com/streamgauge/streamgauge/dashboards/grafana"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// made returns every file by its path from the root of the repository.
func made() map[string][]byte {
	files := map[string][]byte{
		"cmd/lambda/template/alarms.yml":       cloudwatch.Template(),
		"dashboards/cloudwatch/dashboard.json": cloudwatch.Dashboard(),
		"docs/METRICS-OPS.md":                  document(),
	}
	for name, content := range grafana.Files() {
		files["dashboards/grafana/"+name] = content
	}
	return files
}

func write(root string) error {
	if _, err := os.Stat(filepath.Join(root, "dashboards", "meters")); err != nil {
		return fmt.Errorf("run it at the root of the repository: %w", err)
	}
	for name, content := range made() {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

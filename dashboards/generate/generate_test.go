package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const root = "../.."

func TestFilesAreCurrent(t *testing.T) {
	for name, want := range made() {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the tables say; go run ./dashboards/generate writes it (%v)", name, err)
		}
	}
}

// No dashboard lies there that nothing makes.
func TestNoOtherDashboards(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "dashboards", "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		name, err := filepath.Rel(root, f)
		if err != nil {
			t.Fatal(err)
		}
		if made()[filepath.ToSlash(name)] == nil {
			t.Errorf("nothing makes %s", name)
		}
	}
}

func TestWrite(t *testing.T) {
	if err := write(t.TempDir()); err == nil {
		t.Error("it writes anywhere")
	}
	dir := t.TempDir()
	for name := range made() {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "dashboards", "meters"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range made() {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

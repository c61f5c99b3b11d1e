package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccessFile(t *testing.T) {
	dir := t.TempDir()
	first, err := openAccess(dir)
	if err != nil || !first.made {
		t.Fatalf("%+v, %v", first, err)
	}
	path := filepath.Join(dir, accessName)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	old := first.current()
	for what, keeps := range map[string]bool{"access": false, "ingest": true} {
		next, err := first.rotate(t.Context(), what)
		if err != nil || next.Opens(old.Access[0]) != keeps && what == "access" || !next.IsSiteKey(old.SiteKey("a"), "a") {
			t.Errorf("rotate %s: %v", what, err)
		}
	}
	again, err := openAccess(dir)
	if err != nil || again.made || string(again.current().Encode()) != string(first.current().Encode()) {
		t.Errorf("%+v, %v", again, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openAccess(dir); err == nil || !strings.Contains(err.Error(), accessName) {
		t.Errorf("%v", err)
	}
}

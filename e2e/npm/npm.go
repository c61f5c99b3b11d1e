package npm

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// dir is the folder e2e.
func dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// Program returns the path of a program that an npm package brings. The test is skipped where it is not installed.
func Program(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(dir(), "node_modules", ".bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed (make setup): %v", name, err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skipf("there is no node: %v", err)
	}
	return path
}

// Start starts the server of an npm package until the end of the test, and returns its address. The test is skipped where the package, or Node, is not
// installed.
func Start(t testing.TB, name string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir(), "node_modules", name)); err != nil {
		t.Skipf("%s is not installed (make setup): %v", name, err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("there is no node: %v", err)
	}
	cmd := exec.Command(node, name+".mjs")
	cmd.Dir, cmd.Stderr = dir(), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // and it ends
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%s said %q: %v", name, line, err)
	}
	return strings.TrimSpace(line)
}

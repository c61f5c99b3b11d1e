package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event/accesslog"
)

const generatedLog = "../../event/accesslog/testdata/generated.log"

var replayStart = time.Date(2026, 1, 31, 18, 0, 0, 0, time.UTC)

// replayRun is a replay to a door on virtual time.
type replayRun struct {
	door   *door
	cmd    ReplayCmd
	stdin  io.Reader
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func newReplay(d *door, files ...string) *replayRun {
	return &replayRun{door: d, cmd: ReplayCmd{
		Files: files, Site: "demo", Start: moment{replayStart}, Speed: 1, Format: "auto", GiveUpAfter: 10 * time.Minute,
	}}
}

func (r *replayRun) run(ctx context.Context) error {
	server := &url.URL{Scheme: "http", Host: "door"}
	return r.cmd.replay(ctx, newConsole(r.stdin, &r.stdout, &r.stderr), &client{server: server, http: &http.Client{Transport: r.door}})
}

// reports checks a line of the report.
func (r *replayRun) reports(t *testing.T, name string, n int) {
	t.Helper()
	for text := range strings.Lines(r.stdout.String()) {
		if f := strings.Fields(text); len(f) == 2 && f[0] == name && f[1] == fmt.Sprint(n) {
			return
		}
	}
	t.Errorf("the report has no %s %d:\n%s", name, n, &r.stdout)
}

// wanted is what a log must become, by id: the naive way, a line after another.
func wanted(t *testing.T, logs ...string) map[string]string {
	t.Helper()
	c, err := accesslog.New(accesslog.Options{Site: "demo", Start: replayStart})
	if err != nil {
		t.Fatal(err)
	}
	events, number := map[string]string{}, int64(0)
	for _, log := range logs {
		for text := range strings.Lines(log) {
			number++
			if e, err := c.Event(number, strings.TrimSuffix(text, "\n")); err == nil {
				events[e.ID] = string(e.AppendJSON(nil))
			}
		}
	}
	return events
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// logOf writes a log of n good lines, one second apart.
func logOf(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, logLine(i))
	}
	path := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func logLine(i int) string {
	at := time.Date(2015, 5, 17, 10, 0, i, 0, time.UTC).Format("02/Jan/2006:15:04:05 -0700")
	return fmt.Sprintf(`192.0.2.1 - - [%s] "GET /page-%d HTTP/1.1" 200 512 "-" "agent"`, at, i)
}

func checkDoor(t *testing.T, d *door, want map[string]string) {
	t.Helper()
	if err := d.problem(); err != nil {
		t.Error(err)
	}
	if !maps.Equal(d.applied, want) {
		t.Errorf("the door has %d events, want %d, or other ones", len(d.applied), len(want))
	}
	for id := range want {
		if !d.acked[id] {
			t.Fatalf("%s was never acknowledged", id)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// importDoor is the part of a server that takes imports, as far as a command sees it. It fails now and then.
type importDoor struct {
	mu       sync.Mutex
	calls    int
	lines    map[string]string // by file and line
	finished bool
	block    chan struct{} // holds up events while it is open; nil for none
}

func (d *importDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	switch {
	case r.URL.Path == "/api/v1/imports":
		reply(w, http.StatusCreated, map[string]any{"id": "feed", "state": "filling"})
	case strings.HasSuffix(r.URL.Path, "/finish"):
		d.finished = true
		reply(w, http.StatusOK, map[string]any{"id": "feed", "state": "done", "counted": len(d.lines)})
	case d.block != nil:
		close(d.block)
		d.block = nil
		refuse(w, http.StatusServiceUnavailable, "unavailable", "no")
	case d.calls%3 == 0:
		refuse(w, http.StatusServiceUnavailable, "unavailable", "no")
	default:
		d.take(r.URL.Query(), body)
		reply(w, http.StatusOK, map[string]any{"counted": 1, "bad": []any{}})
	}
}

// take notes which line is where.
func (d *importDoor) take(q url.Values, body []byte) {
	var first int
	_ = json.Unmarshal([]byte(q.Get("line")), &first)
	for i, line := range strings.Split(strings.TrimSuffix(string(body), "\n"), "\n") {
		if line != "" {
			at, _ := json.Marshal([]any{q.Get("file"), first + i})
			d.lines[string(at)] = line
		}
	}
}

func runImport(t *testing.T, ctx context.Context, d *importDoor, files map[string]string, names ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	c := ImportFilesCmd{Site: "demo", Format: "auto", GiveUpAfter: time.Minute}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Files = append(c.Files, path)
	}
	server := httptest.NewServer(d)
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.Server = serverURL{u}
	var stdout bytes.Buffer
	err = c.Run(ctx, newConsole(strings.NewReader(""), &stdout, io.Discard))
	return stdout.String(), err
}

// TestImportNamesEveryLine: each event arrives with the number of its file and line, whatever is empty or bad before it, and however often the server fails.
func TestImportNamesEveryLine(t *testing.T) {
	d := &importDoor{lines: make(map[string]string)}
	files := map[string]string{
		"a": "\n" + `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1` + "\nnot a line\n\n" + `{"name":"pageview","ts":1}`,
		"b": "",
		"c": strings.Repeat(`{"name":"pageview","ts":2}`+"\n", 2*batchLines+1),
	}
	report, err := runImport(t, t.Context(), d, files, "a", "b", "c")
	if err != nil || !d.finished {
		t.Fatal(err, report)
	}
	if len(d.lines) != 2+2*batchLines+1 {
		t.Errorf("%d lines arrived", len(d.lines))
	}
	for at, want := range map[string]string{`["0",2]`: `"url":"/a"`, `["0",5]`: `"ts":1`, `["2",1]`: `"ts":2`, `["2",4001]`: `"ts":2`} {
		if got := d.lines[at]; !strings.Contains(got, want) || !strings.Contains(got, `"site":"demo"`) || strings.Contains(got, `"id"`) {
			t.Errorf("%s: %s, want it with %s, of site demo and without an id", at, got, want)
		}
	}
	if !strings.Contains(d.lines[`["0",2]`], `"ts":1431857103000`) {
		t.Errorf("not at its own time: %s", d.lines[`["0",2]`])
	}
	if !strings.Contains(report, "/a:3  ") {
		t.Errorf("the report does not name the bad line:\n%s", report)
	}
}

// TestImportIsInterrupted: it says what stands, and how to go on.
func TestImportIsInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	blocked := make(chan struct{})
	d := &importDoor{lines: make(map[string]string), block: blocked}
	go func() { <-blocked; stop() }()
	_, err := runImport(t, ctx, d, map[string]string{"a": `{"name":"pageview","ts":1}`}, "a")
	if !errors.Is(err, errInterrupted) || d.finished {
		t.Fatalf("%v, finished: %v", err, d.finished)
	}
	for _, says := range []string{"nothing of import feed shows", "the same command goes on", "import remove --site demo feed"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not say %q", err, says)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/rs/zerolog"
)

// runNode runs everything in this process, on a new data folder; every batch is shown to before, where it is not nil. stop ends it and says what went wrong.
func runNode(ctx context.Context, dir string, shards shards, before func(events.KinesisEvent)) (n *node, stop func() error, err error) {
	n, err = openNode(ctx, &UpCmd{Listen: "127.0.0.1:0", Kinesis: "127.0.0.1:0", Data: dir, Shards: shards}, nil, zerolog.Nop())
	if err != nil {
		return nil, nil, err
	}
	n.before = before
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- n.run(ctx) }()
	return n, func() error {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		return errors.Join(<-ended, n.close())
	}, nil
}

// startNode is runNode until the test ends.
func startNode(t *testing.T, shards shards, before func(events.KinesisEvent)) *node {
	t.Helper()
	n, stop, err := runNode(t.Context(), filepath.Join(t.TempDir(), "data"), shards, before)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func post(t *testing.T, n *node, body string) {
	t.Helper()
	postAs(t, n, "", body)
}

// postAs sends events as a client that calls itself agent.
func postAs(t *testing.T, n *node, agent, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.httpURL()+"/v1/events", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode > 299 {
		t.Fatalf("answered %s", resp.Status)
	}
}

func get(t *testing.T, n *node, path string) *http.Response {
	t.Helper()
	resp, err := http.Get(n.httpURL() + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, resp.Status)
	}
	return resp
}

// command runs a command against the node, and returns what it prints and its exit code.
func command(t *testing.T, n *node, args ...string) (string, int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append(args, "--server", n.httpURL()), strings.NewReader(""), &stdout, &stderr)
	http.DefaultClient.CloseIdleConnections()
	if code == exitUsage {
		t.Fatalf("%q: %s", args, stderr.String())
	}
	return stdout.String(), code
}

// wantBooks waits for the books of the site.
func wantBooks(t *testing.T, n *node, want ledger) {
	t.Helper()
	await(t, func() bool {
		out, code := command(t, n, "ledger", "--site", "shop", "--json")
		var got ledger
		return code == exitOK && json.Unmarshal([]byte(out), &got) == nil && got.Balanced && got.Received == want.Received &&
			got.Counted == want.Counted && got.Quarantined == want.Quarantined
	})
}

// await asks again and again, for a minute at most.
func await(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not come about within a minute")
		}
	}
}

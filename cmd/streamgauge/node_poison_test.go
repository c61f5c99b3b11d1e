package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// A record that the consumer panics on is found by bisection and quarantined with its bytes, while its shard goes on; once that is mended
// it is brought back, by the command, and the books and the audit agree.
func TestRecordThatPanicsTheConsumer(t *testing.T) {
	var mended atomic.Bool
	n := runningNode(t, func(batch events.KinesisEvent) {
		for _, r := range batch.Records {
			if bytes.Contains(r.Kinesis.Data, []byte("/crash")) && !mended.Load() {
				panic("no more")
			}
		}
	})
	for i := range 12 {
		url := fmt.Sprint("/", i)
		if i == 5 {
			url = "/crash"
		}
		post(t, n, fmt.Sprintf(`{"site":"shop","name":"pageview","url":%q,"id":"id-%d","visitor":"v%[2]d"}`, url, i))
	}
	var listed dlqItem
	await(t, func() bool {
		out, _ := command(t, n, "dlq", "list", "--json")
		return json.Unmarshal([]byte(out), &listed) == nil
	})
	if listed.Reason != "retries_exhausted" || listed.Site != "shop" || listed.Message != "the consumer failed on it 5 times: function panicked: no more" {
		t.Errorf("in quarantine: %+v", listed)
	}
	wantBooks(t, n, ledger{Received: 12, Counted: 11, Quarantined: 1})
	if shown, _ := command(t, n, "dlq", "show", listed.Key); !strings.Contains(shown, `"url":"/crash"`) || !strings.Contains(shown, "quarantined") {
		t.Errorf("shown %s", shown)
	}

	mended.Store(true)
	for range 2 {
		out, code := command(t, n, "dlq", "redrive", listed.Key)
		if code != exitOK || !strings.Contains(out, "counted") {
			t.Errorf("redriven with exit code %d: %s", code, out)
		}
		wantBooks(t, n, ledger{Received: 12, Counted: 12})
	}
	if out, code := command(t, n, "audit", "--site", "shop"); code != exitOK {
		t.Errorf("audit: %s", out)
	}
	if out, _ := command(t, n, "dlq", "list", "--json"); out != "" {
		t.Errorf("still in quarantine: %s", out)
	}
}

func post(t *testing.T, n *node, body string) {
	t.Helper()
	resp, err := http.Post(n.httpURL()+"/v1/events", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode > 299 {
		t.Fatalf("answered %s", resp.Status)
	}
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

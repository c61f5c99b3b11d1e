package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// A record that the consumer panics on is found by bisection and quarantined with its bytes, while its shard goes on; once that is mended
// it is brought back, by the command, and the books and the audit agree.
func TestRecordThatPanicsTheConsumer(t *testing.T) {
	var mended atomic.Bool
	n := startNode(t, 1, func(batch events.KinesisEvent) {
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

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestJudge: an event is acknowledged only by an answer that speaks of each event of the batch once.
func TestJudge(t *testing.T) {
	const invalid, retry = `{"index":0,"status":"invalid","errors":[{"code":"required","field":"name","message":"m"}]}`, `{"index":2,"status":"retry"}`
	tests := []struct {
		name           string
		status         int
		body           string
		again, invalid int
		tooMuch, fatal bool
	}{
		{"all accepted", 202, `{"accepted":3,"results":[]}`, 0, 0, false, false},
		{"null results", 202, `{"accepted":3,"results":null}`, 0, 0, false, false},
		{"one invalid, one again", 202, `{"accepted":1,"results":[` + invalid + `,` + retry + `]}`, 1, 1, false, false},
		{"too few", 202, `{"accepted":2,"results":[]}`, 3, 0, false, false},
		{"too many", 202, `{"accepted":3,"results":[` + retry + `]}`, 3, 0, false, false},
		{"twice the same", 202, `{"accepted":1,"results":[` + retry + `,` + retry + `]}`, 3, 0, false, false},
		{"beyond the batch", 202, `{"accepted":2,"results":[{"index":3,"status":"retry"}]}`, 3, 0, false, false},
		{"before the batch", 202, `{"accepted":2,"results":[{"index":-1,"status":"retry"}]}`, 3, 0, false, false},
		{"unknown status", 202, `{"accepted":2,"results":[{"index":0,"status":"lost"}]}`, 3, 0, false, false},
		{"cut off", 202, `{"accepted":3,"resu`, 3, 0, false, false},
		{"empty", 202, ``, 3, 0, false, false},
		{"bad request", 400, `{"error":{"message":"m"}}`, 0, 0, true, false},
		{"too large", 413, `{"error":{"message":"m"}}`, 0, 0, true, false},
		{"busy", 429, `{"error":{"message":"m"}}`, 3, 0, false, false},
		{"bad gateway", 502, `<html>`, 3, 0, false, false},
		{"unavailable", 503, `{"error":{"message":"m"}}`, 3, 0, false, false},
		{"another 2xx", 200, `{"accepted":3}`, 0, 0, false, true},
		{"forbidden", 403, ``, 0, 0, false, true},
		{"wrong type", 415, `{"error":{"message":"m"}}`, 0, 0, false, true},
	}
	for _, test := range tests {
		resp := &http.Response{
			StatusCode: test.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body)),
			Request: httptest.NewRequest(http.MethodPost, "/v1/events", nil),
		}
		v, err := judge(resp, make([]item, 3))
		if len(v.again) != test.again || len(v.invalid) != test.invalid || v.tooMuch != test.tooMuch || (err != nil) != test.fatal {
			t.Errorf("%s: %+v, %v", test.name, v, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	soon := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if got := retryAfter(http.Header{"Retry-After": {soon}}); got <= 0 || got > time.Hour {
		t.Errorf("%q: %s", soon, got)
	}
}

func TestBackoffIsBounded(t *testing.T) {
	for attempt := range 100 {
		if d := backoff(attempt); d < 0 || d >= backoffMost {
			t.Fatalf("attempt %d: %s", attempt, d)
		}
	}
}

func TestNotesKeepTheFirst(t *testing.T) {
	var n notes
	for i := range int64(25) {
		n.add(place{"f", i + 1}, "reason")
	}
	var b bytes.Buffer
	if err := newConsole(nil, &b, nil).table(n.rows()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if n.count() != 25 || len(lines) != maxNotes+1 || lines[20] != "  and 5 more" || lines[19] != "  f:20  reason" {
		t.Errorf("%d notes:\n%s", n.count(), &b)
	}
}

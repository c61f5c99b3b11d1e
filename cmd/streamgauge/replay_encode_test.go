package main

import (
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event/accesslog"
)

func newLineEncoder(t *testing.T, format string) *lineEncoder {
	t.Helper()
	c, err := accesslog.New(accesslog.Options{Site: "demo", Start: replayStart, Format: lineFormats[format]})
	if err != nil {
		t.Fatal(err)
	}
	return &lineEncoder{site: "demo", format: format, log: c, tally: &tally{}}
}

func TestEncode(t *testing.T) {
	const whole = `{"id":"mine", "site":"demo","name":"x","ua":"agent"}`
	id := newLineEncoder(t, "auto").log.ID(1, `{"name":"<x>","id":null}`)
	tests := []struct {
		name, format, text string
		want               string // what the JSON begins with, "" for an empty line
		problem            string // of a malformed line
	}{
		{"access log", "auto", logLine(0), `{"site":"demo","name":"pageview","id":"`, ""},
		{"empty", "auto", "", "", ""},
		{"blanks", "ndjson", " \t", "", ""},
		{"JSON is passed on", "auto", whole, whole, ""},
		{"with blanks around", "ndjson", "  " + whole + " ", whole, ""},
		{"without site and id", "auto", `{"name":"<x>","id":null}`, `{"id":"` + id + `","name":"\u003cx\u003e","site":"demo"}`, ""},
		{"empty site", "auto", `{"site":"","id":"a"}`, `{"id":"a","site":"demo"}`, ""},
		{"site of another type", "auto", `{"site":7,"id":"a"}`, `{"site":7,"id":"a"}`, ""},
		{"another site", "auto", `{"site":"other"}`, "", `its site is "other", not "demo"`},
		{"broken JSON", "auto", `{"site":`, "", "it is no JSON object"},
		{"an array", "ndjson", `[]`, "", "it is no JSON object"},
		{"null", "ndjson", `null`, "", "it is null"},
		{"a log line as JSON", "ndjson", logLine(0), "", "it is no JSON object"},
		{"JSON as a log line", "combined", whole, "", "the [time] is missing"},
		{"common as combined", "combined", strings.TrimSuffix(logLine(0), ` "-" "agent"`), "", "the referrer is missing"},
	}
	for _, test := range tests {
		got, err := newLineEncoder(t, test.format).encode(line{number: 1, text: []byte(test.text)})
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: %s, %v; want an error with %q", test.name, got, err, test.problem)
			}
		case err != nil || !strings.HasPrefix(string(got), test.want) || (got == nil) != (test.want == ""):
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.want)
		}
	}
}

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

const replaySpeed = 100

// twoHoursAgo is a start that stays the same for a test.
func twoHoursAgo() time.Time { return time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Minute) }

// replayed are the arguments of a replay of the log.
func replayed(l accessLog, start time.Time, more ...string) []string {
	return append([]string{
		"replay", "--site", "demo", "--start", start.Format(time.RFC3339), "--speed", strconv.Itoa(replaySpeed), l.path,
	}, more...)
}

// TestReplay: a log that is replayed is counted to the last visitor of the last page, and when it is replayed once more
// nothing changes but the number of duplicates.
func TestReplay(t *testing.T) {
	for name, read := range map[string]func(*testing.T) accessLog{"generated": generatedLog, "real": realLog} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, start := read(t), twoHoursAgo()
			s := startServer(t, t.TempDir())
			s.mustRun(t, "site", "add", "demo", "--bots", "count")
			want, sp := l.figures(start, replaySpeed), l.span(start, replaySpeed)
			events := int64(len(l.events))

			s.replay(t, l, start)
			s.checkBooks(t, books{Accepted: events, Received: events, Counted: events})
			s.figures(t, "demo", sp).differ(t, want)

			s.replay(t, l, start)
			s.checkBooks(t, books{Accepted: 2 * events, Received: 2 * events, Counted: events, Duplicate: events})
			s.figures(t, "demo", sp).differ(t, want)
			s.stop(t)
		})
	}
}

// replay replays the whole log, and looks at what the command reports.
func (s *server) replay(t *testing.T, l accessLog, start time.Time) {
	t.Helper()
	begun := time.Now()
	r := s.run(t, replayed(l, start)...)
	t.Attr("replay_events_per_s", fmt.Sprintf("%.0f", float64(len(l.events))/time.Since(begun).Seconds()))
	if r.code != 0 {
		t.Fatalf("replay: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for name, want := range map[string]int{
		"sent": len(l.events), "accepted": len(l.events), "malformed": len(l.malformed), "invalid": 0,
	} {
		if got := r.reported(name); got != strconv.Itoa(want) {
			t.Errorf("%s: %s, want %d", name, got, want)
		}
	}
	for _, n := range l.malformed {
		if at := fmt.Sprintf("%s:%d ", l.path, n); strings.Count(r.stdout, at) != 1 {
			t.Errorf("the report does not name %s once:\n%s", at, r.stdout)
		}
	}
}

// checkBooks waits until everything was received, and compares the books; reasons and redeliveries are not asked for. The
// commands must agree that all is well.
func (s *server) checkBooks(t *testing.T, want books) {
	t.Helper()
	got := s.awaitReceived(t, "demo", want.Received)
	want.Balanced = true
	got.Reasons, got.Redelivered = nil, 0
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the books are %+v, want %+v", got, want)
	}
	s.mustRun(t, "ledger", "--site", "demo")
	s.mustRun(t, "audit", "--site", "demo")
}

// TestRealLog: facts about the real log that were found by other means.
func TestRealLog(t *testing.T) {
	l := realLog(t)
	if len(l.events) != 9999 || fmt.Sprint(l.malformed) != "[8899]" {
		t.Errorf("%d events, malformed lines %v", len(l.events), l.malformed)
	}
}

package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestImport: a log of any age is in the figures as a whole or not at all, whoever is killed in the middle, and once, however often it is imported.
func TestImport(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Attr("import_seed", strconv.FormatUint(seed, 10))
	rng := rand.New(rand.NewPCG(seed, 0))
	l := generatedLog(t)
	start := l.events[0].time // every line keeps its own time
	want := l.figures(start, 1)
	// So old, only days are kept.
	day := 24 * time.Hour
	sp := span{start.UTC().Add(-day).Truncate(day), l.span(start, 1).to.UTC().Add(day).Truncate(day)}

	h := newHome(t)
	s := h.start(t)
	s.mustRun(t, "site", "add", "demo", "--bots", "count")
	s.post(t, `{"site":"demo","name":"pageview","id":"live","url":"/live"}`)
	s.awaitReceived(t, "demo", 1)
	imported := []string{"import", "--site", "demo", l.path}

	// The command is killed, and then the server under one that goes on by itself.
	first := s.background(t, imported...)
	moment(rng, 300*time.Millisecond)
	_ = first.cmd.Process.Kill()
	first.result()
	s.figures(t, "demo", sp).differ(t, s.shown(t, want))
	second := s.background(t, imported...)
	moment(rng, 500*time.Millisecond)
	s.kill()
	s = h.start(t)
	if r := second.result(); r.code != 0 && s.shown(t, want)[""][""][2] == 0 { // it had not begun, or could not say that it was done
		t.Logf("the import ended with %d: %s", r.code, r.stderr)
	}
	s.mustRun(t, imported...)
	s.figures(t, "demo", sp).differ(t, want)
	again := s.mustRun(t, imported...)
	if !strings.Contains(again, "done already") {
		t.Errorf("imported again: %s", again)
	}
	s.figures(t, "demo", sp).differ(t, want)

	list := strings.Fields(strings.Split(s.mustRun(t, "import", "list", "--site", "demo"), "\n")[1])
	if counted := strconv.Itoa(len(l.events)); list[1] != "done" || list[3] != counted || list[6] != strconv.Itoa(len(l.malformed)) {
		t.Errorf("listed %v, want %s counted, %d bad", list, counted, len(l.malformed))
	}
	if b := s.ledger(t, "demo"); b.Received != 1 || !b.Balanced {
		t.Errorf("the books are %+v", b)
	}
	if r := s.run(t, "ledger", "--site", "demo"); r.number(t, "imported") != int64(len(l.events)) {
		t.Errorf("the ledger does not tell of the import:\n%s", r.stdout)
	}
	s.mustRun(t, "audit", "--site", "demo")
	s.mustRun(t, "import", "remove", "--site", "demo", list[0])
	s.figures(t, "demo", sp).differ(t, nothing())
	s.mustRun(t, "ledger", "--site", "demo")
	s.stop(t)
}

// shown is what the figures must be now: all of the import where it is done, else nothing.
func (s *server) shown(t *testing.T, want figures) figures {
	t.Helper()
	if strings.Contains(s.mustRun(t, "import", "list", "--site", "demo"), " done ") {
		return want
	}
	return nothing()
}

// nothing are the figures of a span without events.
func nothing() figures {
	none := make(figures)
	for _, d := range dimensions {
		none[d] = make(map[string][3]int64)
	}
	none[""][""] = [3]int64{}
	return none
}

// TestImportRefuses what cannot be imported, with a line that says what is wrong.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	s.mustRun(t, "site", "add", "demo")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.ndjson", `{"name":"pageview","url":"/","ts":1500000000000}`+"\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--site", "demo", "-"}, 2, "standard input"},
		{[]string{"--site", "demo", filepath.Join(dir, "none.log")}, 1, "no such file"},
		{[]string{"--site", "demo", dir}, 1, "directory"},
		{[]string{"--site", "nobody", good}, 1, "no such site"},
		{[]string{"--site", "demo", good, write("copy", `{"name":"pageview","url":"/","ts":1500000000000}`+"\n")}, 1, "same content"},
		{[]string{"--site", "demo", "--format", "clf", good}, 2, "combined"},
		{[]string{good}, 2, "--site"},
		{[]string{"remove", "--site", "demo", "feed"}, 1, "no such import"},
	} {
		r := s.run(t, append([]string{"import"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("import %v: exit code %d, want %d with %q in one line:\n%s", c.args, r.code, c.code, c.says, r.stderr)
		}
	}
	s.mustRun(t, "import", "--site", "demo", good)
	r := s.run(t, "import", "--site", "demo", "--format", "ndjson", good)
	if r.code != 1 || !strings.Contains(r.stderr, "good.ndjson") {
		t.Errorf("a file of another import: %d %s", r.code, r.stderr)
	}
	bad := write("bad.ndjson", `{"name":"pageview","ts":1500000000000}
not JSON

{"name":"pageview","url":"/no-time"}
{"site":"other","name":"pageview","ts":1500000000000}
{"name":"pageview","ts":99999999999999}
{"ts":1500000000000}
`)
	r = s.run(t, "import", "--site", "demo", bad)
	if r.code != 0 || r.number(t, "counted") != 1 || r.number(t, "bad") != 5 {
		t.Errorf("import of bad lines: %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, says := range []string{"bad.ndjson:2  ", "bad.ndjson:4  it has no time", "bad.ndjson:5  its site is", "bad.ndjson:6  its time", "bad.ndjson:7  name"} {
		if !strings.Contains(r.stdout, says) {
			t.Errorf("the report does not say %q:\n%s", says, r.stdout)
		}
	}
	s.stop(t)
}

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
)

// A site counts bots from now on, and after a rebuild always has: the books and the audit agree before and after.
func TestRebuildByCommand(t *testing.T) {
	n := startNode(t, 2, nil)
	for i := range 6 {
		post(t, n, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","id":"id-%d","visitor":"v%[1]d"}`, i))
		postAs(t, n, "Googlebot/2.1 (+http://www.google.com/bot.html)", fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","id":"bot-%d","visitor":"b%[1]d"}`, i))
	}
	wantBooks(t, n, ledger{Received: 12, Counted: 6, Bot: 6})
	if out, code := command(t, n, "site", "set", "shop", "--bots", "count"); code != exitOK {
		t.Fatal(out)
	}
	for range 2 { // the second finds nothing that would change
		out, code := command(t, n, "rebuild", "--site", "shop")
		if code != exitOK || !strings.Contains(out, "rebuilt from") {
			t.Fatalf("exit code %d: %s", code, out)
		}
		wantBooks(t, n, ledger{Received: 12, Counted: 12})
		if out, code := command(t, n, "audit", "--site", "shop"); code != exitOK {
			t.Errorf("the audit ends with %d: %s", code, out)
		}
	}
	if out, _ := command(t, n, "query", "--site", "shop", "--metrics", "visitors", "--range", "day"); !strings.Contains(out, "12") {
		t.Errorf("asked: %s", out)
	}
	if out, code := command(t, n, "rebuild", "--site", "shop", "--list"); code != exitOK || strings.Count(out, "\n") != 3 {
		t.Errorf("listed: %s", out)
	}
	if out, code := command(t, n, "rebuild", "--site", "shop", "--give-up"); code != exitFailed {
		t.Errorf("gave up what is not: %d %s", code, out)
	}
	if out, code := command(t, n, "rebuild", "--site", "nowhere"); code != exitFailed {
		t.Errorf("of no site: %d %s", code, out)
	}
}

// How long roll-ups are kept is a choice of the site.
func TestSiteKeepByCommand(t *testing.T) {
	n := startNode(t, 2, nil)
	if out, code := command(t, n, "site", "add", "shop"); code != exitOK {
		t.Fatal(out)
	}
	if out, code := command(t, n, "site", "set", "shop", "--keep", "minutes=30,samples=800"); code != exitOK {
		t.Errorf("set: %d %s", code, out)
	}
	if s, err := n.sites.Get(t.Context(), "shop"); err != nil || s.Keep != (aggregate.Keep{Minutes: 30, Samples: 800}) {
		t.Errorf("it keeps %+v, %v", s.Keep, err)
	}
	for _, bad := range []string{"minutes", "minutes=0", "hours=3", "minutes=30,", ""} {
		if err := new(keepDays).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

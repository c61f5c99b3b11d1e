package querytest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate/querytest"
)

func TestFaultsOfScriptsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"\n# x\n  load":                            `f:3: "load`,
		"evil visitors":                            `f:1: "evil" begins no statement; allowed are site, load`,
		"load now\n":                               `f:1: nothing may follow load`,
		"load\n  +1s ann pageview /":               `f:2: the first event needs a time`,
		"load\n  noon ann pageview /":              `f:2: "noon" is no time such as`,
		"load\n  2026-03-14T12:00:00 ann pageview": `f:2: an event is written as TIME VISITOR NAME URL`,
		"load\n  2026-03-14T12:00:00 ann pageview /\n  +x a b /": `f:3: "+x" is no duration`,
		"load\n  2026-03-14T12:00:00 ann pageview / plan":        `f:2: "plan" is no field`,
		"load\n  2026-03-14T12:00:00 ann pageview / plan=free":   `f:2: plan: there is no such field; allowed are id,`,
		"load\n  2026-03-14T12:00:00 ann pageview / scroll=x":    `f:2: scroll: `,
		"load\n  2026-03-14T12:00:00 ann pageview / scroll=101":  `f:2: the event is not valid: scroll`,
		"load\n  2026-03-14T12:00:00 ann pageview / revenue=12":  `f:2: revenue: "12" is no amount`,
		"load\n  2026-03-14T12:00:00 ann pageview / title=\"x":   `f:2: a quotation mark is not closed`,
		"site colour red":                       `f:1: "colour" is no choice of a site; allowed are zone`,
		"site zone Mars/Olympus":                `f:1: "Mars/Olympus" is no time zone`,
		"site gap soon":                         `f:1: "soon" is no duration`,
		"site\n  goal Buy event":                `f:2: what the goal Buy is met by is missing`,
		"site\n  goal Buy hit x":                `f:2: a goal is met by an event or a page, not by "hit"`,
		"ledger counted":                        `f:1: the number of counted is missing`,
		"ledger lost 1":                         `f:1: "lost" is no number of a ledger`,
		"clear all":                             `f:1: nothing may follow clear`,
		"eval":                                  `f:1: a metric is missing`,
		"eval visitors":                         `f:1: the range is missing`,
		"eval visitors on noon":                 `f:1: "noon" is no time`,
		"eval visitors from 2026-03-14 by x":    `f:1: from TIME needs to TIME`,
		"eval visitors on 2026-03-14 within 1h": `f:1: "within" is no clause of eval`,
		"eval visitors on 2026-03-14 limit -1":  `f:1: the limit: "-1" is no number`,
		"eval visitors on 2026-03-14\n  where event:page like x": `f:2: "like" is no operator; allowed are [is`,
		"eval visitors on 2026-03-14\n  where (event:page is x":  `f:2: a parenthesis is not closed`,
		"eval visitors on 2026-03-14\n  where event:page is ,":   `f:2: a value is expected, not ","`,
		"eval visitors on 2026-03-14\n  | 1 |\n  2":              `f:3: "2" is no row`,
		"eval visitors on 2026-03-14\n  | 1 |\n  ! wrong":        `f:2: an error and rows`,
		"funnel on 2026-03-14 within x":                          `f:1: "x" is no duration`,
		"journey after /a on 2026-03-14 order x":                 `f:1: "order" is no clause of journey`,
	} {
		_, err := querytest.Parse("f", text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", text, err, want)
		}
	}
	if _, err := querytest.Blocks("f", "a\n```query\nclear"); err == nil || !strings.HasPrefix(err.Error(), "f:2: the block is not closed") {
		t.Errorf("an open block: %v", err)
	}
}

// What a script expects and does not get is found, one problem for each statement.
func TestWrongExpectationsAreFound(t *testing.T) {
	const load = "load\n  2026-03-14T12:00:00 ann pageview /a\n  +1s bob pageview /a revenue=\"1.25 EUR\"\n"
	for ask, want := range map[string]string{
		"eval visitors on 2026-03-14\n  | 3 |":                                                 "row 1 is | 2 |, want | 3 |",
		"eval visitors on 2026-03-14\n  | 2 | 1 |":                                             "row 1 is | 2 |",
		"eval visitors on 2026-03-14\n  | 2.1 |":                                               "row 1 is",
		"eval visitors on 2026-03-14\n  | - |":                                                 "row 1 is",
		"eval visitors on 2026-03-14\n  | 2 (was 0) |":                                         "row 1 is",
		"eval visitors on 2026-03-14 compare previous_period\n  | 2 (was 1) |":                 "row 1 is | 2 (was 0) |",
		"eval visitors on 2026-03-14 compare previous_period\n  | 2 |":                         "row 1 is",
		"eval visitors on 2026-03-14":                                                          "1 rows, want 0",
		"eval visitors by event:page on 2026-03-14\n  | /a | 2 |\n  | /b | 1 |":                "1 rows, want 2",
		"eval visitors by event:page on 2026-03-14\n  | /b | 2 |":                              "row 1 is | /a | 2 |",
		"eval visitors by event:page on 2026-03-14\n  | /a | 2 |\n  of 2 rows":                 "these are rows of 1, want 2",
		"eval visitors by time:day on 2026-03-14\n  | 2026-03-14 = 2026-03-14T01:00:00Z | 2 |": "row 1 is | 2026-03-14 = 2026-03-14T00:00:00Z | 2 |",
		"eval total_revenue on 2026-03-14\n  | 1.25 USD |":                                     "row 1 is | 1.25 EUR |",
		"eval total_revenue on 2026-03-14\n  | 1.25 EUR + 1 USD |":                             "row 1 is",
		"eval total_revenue on 2026-03-14\n  | 1 EUR |":                                        "row 1 is",
		"eval visitors on 2026-03-14\n  ! wrong":                                               `the error is "<nil>", want one with "wrong"`,
		"ledger received 2 counted 1 duplicate 1":                                              "counted is 2, want 1",
	} {
		s, err := querytest.Parse("f", load+ask)
		if err != nil {
			t.Error(err)
			continue
		}
		problems := s.Run(t.Context(), func() (querytest.Engine, error) { return querytest.NewNaive(enriched), nil })
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), want) || !strings.HasPrefix(problems[0].Error(), "f:") {
			t.Errorf("%q: %v, want %s", ask, problems, want)
		}
	}
}

func TestAnEngineThatCannotBeMade(t *testing.T) {
	s, err := querytest.Parse("f", "clear")
	if err != nil {
		t.Fatal(err)
	}
	problems := s.Run(t.Context(), func() (querytest.Engine, error) { return nil, errors.New("no disk") })
	if len(problems) != 1 || problems[0].Error() != "f: no disk" {
		t.Error(problems)
	}
}

// Package querytest says in text files what queries answer, and asks any engine: the naive evaluator as well as the whole way from an event's JSON
// through a consumer, a store and roll-ups to a reader. It makes random workloads and queries too, on which engines must agree. Tests use it; nothing
// else does.
//
// A [Script] is a text of statements. A statement begins at the left margin; what is indented below it belongs to it; # begins a comment.
//
//	site zone America/New_York gap 20m bounce engaged bots count
//	    goal Signup event signup
//	    goal "Blog read" page /blog/**
//
//	load
//	    2026-03-14T12:00:00   ann  pageview    /tea?utm_source=news  ref=https://search.example/
//	    +30s                  ann  engagement  /tea   engaged=12s scroll=80
//	    +5s                   ~bob buy         /cart  revenue="12.50 EUR" prop:plan=free arrives=+2h
//
//	eval visitors, bounce_rate by event:page on 2026-03-14 where event:name is pageview or visit:source contains "goo" nocase
//	    order visitors desc limit 10 offset 0 compare previous_period
//	    | /tea  | 1 (was 0) | - |
//	    of 3 rows
//
//	funnel from 2026-03-14 to 2026-03-16 within 1h
//	    step event:page is /tea
//	    step event:name is buy
//	    | 2 | 100 | 100 |
//	    | 1 |  50 |  50 |
//
//	retention by time:day from 2026-03-14 to 2026-03-16
//	journey after /tea on 2026-03-14
//	ledger received 3 counted 3
//	clear
//
// A line of load is a time (absolute, in UTC unless it has an offset, or relative to the line above), a visitor (~ marks a cookieless one, - none), the
// name and the URL (- is none) of an event, and fields. Each load is one batch of records. An event's id is its number in the script, unless id= says
// otherwise; it arrives when it happens, unless arrives= says how much later. clear begins anew, without sites and events.
//
// Dates of eval are days of the site's zone. Rows are expected in their order, one cell for each dimension and metric: a number, - where there was
// nothing to measure, ~ before one that may be 1 % off, amounts as "12.50 EUR + 3 USD". Written with decimals, a number is compared when rounded to as
// many; written without, it has to be whole. After a time, "= 2026-11-01T05:00:00Z" tells buckets of the same name apart. A line that begins with
// an exclamation mark expects an error that contains the rest of the line.
package querytest

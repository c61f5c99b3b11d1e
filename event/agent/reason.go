package agent

import "slices"

// Why something is automation. The words are stored in ledgers: none may ever change its meaning.
const (
	Crawler  = "crawler"  // search engines, archives, scanners, assistants that read pages
	Headless = "headless" // a browser that a program steers
	Prefetch = "prefetch" // a page loaded in case somebody opens it
	Preview  = "preview"  // a page loaded to be shown small, in a chat or on a new tab
	Monitor  = "monitor"  // checks whether a site is up, or how fast it is
	Feed     = "feed"     // feed readers and podcast clients, which come whether somebody reads or not
	Tool     = "tool"     // a library or program that speaks HTTP
	Marked   = "marked"   // whoever sent the event says so, in words of its own
)

var reasons = []string{Crawler, Headless, Prefetch, Preview, Monitor, Feed, Tool, Marked}

// Reason returns a mark as it may stand in a ledger: itself where it is one of the reasons, else Marked. A ledger keeps a number for each, so
// nobody shall make up words without end.
func Reason(mark string) string {
	if slices.Contains(reasons, mark) {
		return mark
	}
	return Marked
}

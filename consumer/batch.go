package consumer

import (
	"context"
	"sync"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// item is one copy of an event on its way through the stages. Exactly one of the three is true in the end: it was placed to be counted, it
// was dropped, or it is in quarantine.
type item struct {
	source

	event event.Event
	valid bool            // the event was decoded, and nothing is wrong with it
	site  *aggregate.Site // shared by the items of a slice; nil where none is known

	dropped aggregate.Outcome // Bot, or zero
	poison  string            // the code of why it goes to quarantine, or ""
	reason  string            // for people where it is poison, else a code
	copy    aggregate.Copy
	became  aggregate.Outcome // by this delivery; zero where it had an outcome before
	booked  bool              // it has its outcome already, elsewhere than the rules of now would book it
}

// source is where a copy came from.
type source struct {
	pos          aggregate.Position
	arrival      int64 // on the stream, Unix milliseconds
	partitionKey string
	data         []byte // the line, or the record where no line of it is an event
}

// siteID is the id of the item's site, "" where none is known.
func (it *item) siteID() string {
	if it.site == nil {
		return ""
	}
	return it.site.ID
}

// claimedSite is the site that the copy may say it is of: who may send events of one site only is not to fill another's quarantine.
func (it *item) claimedSite() string {
	if event.AuthorizedSite(it.partitionKey) != "" {
		return ""
	}
	return it.event.Site
}

func (it *item) keep() bool { return it.dropped == 0 && it.poison == "" }

func (it *item) drop(o aggregate.Outcome, reason string) { it.dropped, it.reason = o, reason }

func (it *item) quarantine(code, message string) { it.poison, it.reason = code, message }

// itemsPool hands the items of a slice on to the next, with the room that their events have for properties: an item has some 800 bytes, and growing
// to a thousand of them again and again was a third of all that a busy process allocated. In the pool they hold on to nothing.
var itemsPool = sync.Pool{New: func() any { return new([]item) }}

// newItems returns no items, with room for some.
func newItems() []item { return (*itemsPool.Get().(*[]item))[:0] }

// freeItems takes items back that newItems returned, unless a record that grew has made them many.
func freeItems(items []item) {
	if cap(items) > maxPooled {
		return
	}
	for i := range items {
		props := items[i].event.Props
		clear(props)
		items[i] = item{event: event.Event{Props: props[:0]}}
	}
	itemsPool.Put(&items)
}

// maxPooled is how many items are kept at most.
const maxPooled = 4000

// A stage looks at the items that are kept and sorts some out. Its error is that the store does not answer in time; it says nothing about
// an item.
type stage func(ctx context.Context, items []item) error

// The codes of why a copy goes to quarantine. Those of what the poller gave up are the caller's to choose from.
const (
	poisonPacked  = "unreadable"   // the record is compressed or aggregated, and cannot be taken apart
	poisonRecord  = "not_json"     // no line of the record is a JSON object
	poisonEvent   = "invalid"      // a field is missing, wrong or too long
	poisonSite    = "unknown_site" // the site is not registered, or was removed
	poisonForeign = "foreign_site" // it is of another site than its sender may send events of
	poisonExpired = "expired"      // the window is beyond the redrive horizon
	poisonDamaged = "damaged"      // what is kept of its site, its id or its window cannot be read
	// What the poller gave up; see Handler.Discard.
	PoisonRetries = "retries_exhausted" // the function failed on it, again and again
	PoisonAge     = "age_exceeded"      // it grew too old before the function was done with it
)

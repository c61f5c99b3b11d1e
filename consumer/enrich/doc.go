// Package enrich makes hits of events: it works out what an event says without saying it. The page and the campaign come from its URL, the source from its
// referrer or the campaign's tags, the channel from both, the device and the browser from its user agent.
//
// The nouns: a source is who sent a visitor, as "Google"; its kind is what that is, as search; a channel is the way of coming that a marketer
// thinks in, as "Paid Search". What each field of a hit becomes is written down in docs/ENRICHMENT.md.
//
// An [Enricher] reads nothing but the event: no clock, no file, no network. The same event gives the same hit everywhere and always, as
// long as the tables in this package stay the same. Where a visitor is, and what only the headers of a request tell, is the door's to find out.
package enrich

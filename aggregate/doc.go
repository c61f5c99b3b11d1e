// Package aggregate keeps the windows: it counts every event once, rolls windows up, and answers queries, the live view and
// the ledger from them.
//
// The nouns. A copy is one delivery of an event from one position on the stream; there may be several of the same event. A window is 10 s
// of event time. For every (generation, site, window, cell) there is a log of deltas, numbered 1, 2, 3…; a [Committer] appends delta n+1 by
// creating it if it does not exist. A delta carries the hashes of the ids that it counts, and an event is counted if and only if its id is in no
// earlier delta of its log. It also carries a tag of the position of every copy, so that a redelivered copy is told from a new copy of
// the same event. A roll-up is a function of its children, recomputed and replaced, never incremented; it stores the vector of the delta numbers
// that it was made from. A dirty mark, raised before an append, says that a roll-up is no longer the fold of its logs.
//
// What this package is not: it does not decode records, filter bots or keep quarantined bytes in order; that is package consumer.
package aggregate

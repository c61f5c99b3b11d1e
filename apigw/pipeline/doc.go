// Package pipeline is the operator's view of the way that events take: rates, ages and percentiles of the door, the shards and the windows, with the books and
// the roll-ups.
//
// The nouns: a recorder keeps the figures of one process, as sums and as one tick a second of the last ten minutes; facts are what stands in the store and is the
// same for every process; the view is both together, as the API answers it. Where there are many processes that come and go, as functions do, each notes its minutes in the store, and a
// gatherer makes the view of them. It asks no Prometheus, and is none: what a scrape wants is in package meters' table.
package pipeline

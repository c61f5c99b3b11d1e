// Package stats is the language of POST /api/v2/query: Plausible's Stats API v2 (plausible.io/docs/stats-api), to and from package query.
//
// A [Request] is what a client sent. With the site's zone and the time it becomes a query.Query; the result of that becomes an [Answer]. Names, shapes, rounding and
// the rows of what is absent are Plausible's, so that its clients work. Beside them stand our own metrics and dimensions, and what no other says: how
// exact each number is, how fresh, and of which revision.
//
// What this package is not: it serves no HTTP and reads no windows.
package stats

// Package naive is the obvious evaluator over raw events: it keeps every copy that it is told of, and answers from those. It has no windows but
// their definition, no sketches, no deltas and no store. Tests compare the real thing with it; nothing else uses it.
//
// It says in the plainest form what package aggregate promises. An [Evaluator] says which copies count: an event is counted once, whatever number
// of copies of it come; the copy that is processed first decides where nothing else does. A [History] says what the metrics mean: it holds
// every hit of a site, cuts visits, walks the filter for each hit, and groups in maps. docs/METRICS.md says the same in words.
package naive

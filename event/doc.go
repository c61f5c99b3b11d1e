// Package event says what a click is: its fields and limits, how it is checked, how it is written on a
// stream record, and the two facts of it that must be the same at every delivery: its window and its cell.
//
// The nouns: an [Event] is one thing that a visitor did. Its [Event.Time] places it in a window of event
// time. Its [Event.Key] is the bytes, sent by the client itself, that choose its partition key and its cell.
// A record on the stream is one event as JSON, or several, one a line (NDJSON).
//
// The package imports nothing else of the project. It never looks at a clock, an address or a shard.
package event

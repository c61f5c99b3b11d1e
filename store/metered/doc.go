// Package metered counts the calls and bytes of a store, whichever it is. It wraps a store.Store and is one itself; it promises what the store in it
// promises, and changes nothing on the way.
//
// The nouns: a write is a call that changes something (Append, Put, Delete, DropLogs), a read is one that answers what is kept (Read, Get, Scan, ScanLogs: one
// however much it yields). Bytes are those of heads, bodies and values, without keys.
package metered

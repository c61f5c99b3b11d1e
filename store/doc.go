// Package store is the contract of the place where windows, checkpoints and quarantined records live.
//
// It knows two kinds of things. An item is a value under a key, replaced by compare-and-swap. A log is a
// series of deltas under one key, numbered 1, 2, 3…, each written once and never changed; a delta is
// appended by creating its number if it does not exist. Nothing ever spans two items: every guarantee of the product
// is built from single-item conditional writes, so that DynamoDB and the embedded store serve alike.
//
// The package imports nothing else of the project and does no I/O.
package store

// Package storetest is for tests: the conformance suite of the store contract ([Run]), a store kept in maps that passes it
// ([NewMemory]), and a wrapper that makes any store fail on demand ([Faulty]).
//
// The suite asserts what package store's comments say and nothing more: an implementation that passes it can
// replace another. Every implementation's test is one call:
//
//	storetest.Run(t, func(t *testing.T) store.Store { return open(t) })
package storetest

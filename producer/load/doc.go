// Package load is made-up traffic: a model of the visitors of a small site, and the pacing that sends what they do when it is due.
//
// The nouns: a visitor arrives from a source, makes a visit of several pages, and leaves. [Visitors] yields the events of all visits with
// the time at which each is due. It is pure: the same seed and options give the same events, it looks at no clock and starts no
// goroutine. [Run] brings it into real time, as an open loop: a slow receiver does not slow the visitors down.
package load

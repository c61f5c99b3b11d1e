// Package agent tells automation from people by what a user agent says of itself, and names why: the reasons stand in the ledger beside the
// events that were dropped for them.
//
// It knows what robots call themselves, not where they come from or how they behave: who hides is not found. What a browser, a device or a
// system is, it does not know either; package consumer/enrich does.
//
// The package imports nothing else of the project.
package agent

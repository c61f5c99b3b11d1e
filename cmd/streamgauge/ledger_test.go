package main

import "testing"

// TestLedgerDoesNotTrustTheWordBalanced, nor a sum that the server itself does not believe.
func TestLedgerDoesNotTrustTheWordBalanced(t *testing.T) {
	l := ledger{Received: 15, Counted: 1, Duplicate: 2, Bot: 3, Late: 4, Quarantined: 5, Balanced: true}
	if err := l.check("demo"); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*ledger){
		"server says no": func(l *ledger) { l.Balanced = false },
		"one lost":       func(l *ledger) { l.Received++ },
		"one too many":   func(l *ledger) { l.Late++ },
	} {
		other := l
		change(&other)
		if other.check("demo") == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) store.Store { return NewMemory() })
}

// A wrapper that injects nothing is a store like the one inside.
func TestFaultyPassing(t *testing.T) {
	Run(t, func(*testing.T) store.Store { return Faulty(NewMemory(), func(Op) Fault { return Pass }) })
}

func TestFaulty(t *testing.T) {
	for fault, wantApplied := range map[Fault]bool{Fail: false, LoseAnswer: true} {
		t.Run(fmt.Sprint("applied ", wantApplied), func(t *testing.T) {
			inner := use{t, NewMemory()}
			inner.put(store.Key{Partition: "p", Sort: "before"}, "x", store.Write{})
			var ops []Op
			s := use{t, Faulty(inner, func(op Op) Fault { ops = append(ops, op); return fault })}
			check := func(call string, err error) {
				t.Helper()
				wantError(t, call, err, ErrInjected)
				if op := ops[len(ops)-1]; op.Method != call || op.Partition != "p" {
					t.Errorf("the hook saw %+v, want %s", op, call)
				}
			}
			everyCall(t.Context(), s, "p", "s", check)
			everyScan(t.Context(), s, store.Range{Partition: "p"}, check)
			log := store.LogKey{Partition: "p", Log: "s"}
			if got := len(inner.read(log, 0, store.Heads)) == 1; got != wantApplied {
				t.Errorf("the append was applied: %v, want %v", got, wantApplied)
			}
			inner.append(log, 1, delta("x"), nonce(1))
			check("DropLogs", s.DropLogs(t.Context(), "p"))
			if got := len(inner.read(log, 0, store.Heads)) == 0; got != wantApplied {
				t.Errorf("the logs were dropped: %v, want %v", got, wantApplied)
			}
		})
	}
}

func TestFaultyKeepsInnerErrors(t *testing.T) {
	s := Faulty(NewMemory(), func(Op) Fault { return LoseAnswer })
	if _, err := s.Get(t.Context(), testKey); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
}

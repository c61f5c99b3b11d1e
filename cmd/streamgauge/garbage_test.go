package main

import (
	"math"
	"os"
	"runtime/debug"
	"testing"
)

func TestCollectAt(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, c := range []struct {
		env  string
		want int
	}{{"", upGarbage}, {"75", 100}, {"off", 100}} {
		t.Setenv("GOGC", c.env)
		debug.SetGCPercent(100)
		collectAt(upGarbage)
		if got := debug.SetGCPercent(100); got != c.want {
			t.Errorf("GOGC=%q: %d %% of garbage, want %d", c.env, got, c.want)
		}
	}
}

func TestBoundMemory(t *testing.T) {
	before := debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	bound := func() int64 {
		t.Helper()
		if err := boundMemory(); err != nil {
			t.Fatal(err)
		}
		return debug.SetMemoryLimit(math.MaxInt64)
	}
	t.Setenv("GOMEMLIMIT", "1GiB") // for the runtime, which reads it at its start, too late
	if got := bound(); got != math.MaxInt64 {
		t.Errorf("with GOMEMLIMIT the bound is %d, want it left alone", got)
	}
	if err := os.Unsetenv("GOMEMLIMIT"); err != nil { // t.Setenv brings it back
		t.Fatal(err)
	}
	if got := bound(); got < leastMemory || got == math.MaxInt64 {
		t.Errorf("the bound is %d, want one of at least %d", got, leastMemory)
	}
}

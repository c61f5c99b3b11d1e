package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestTuneMemory(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) })
	for memory, want := range map[string]int64{"512": 512 << 20 * 7 / 10, "": math.MaxInt64, "much": math.MaxInt64} {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(100)
		env := map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}
		tuneMemory(func(name string) string { return env[name] })
		if got := debug.SetMemoryLimit(-1); got != want && got-want > 1 || want-got > 1 {
			t.Errorf("memory %q: a limit of %d, want %d", memory, got, want)
		}
		if got := debug.SetGCPercent(70); got != gcPercent {
			t.Errorf("memory %q: %d %%", memory, got)
		}
		env["GOGC"] = "70" // and the runtime has read it
		tuneMemory(func(name string) string { return env[name] })
		if got := debug.SetGCPercent(100); got != 70 {
			t.Errorf("memory %q, GOGC=70: %d %%", memory, got)
		}
	}
}

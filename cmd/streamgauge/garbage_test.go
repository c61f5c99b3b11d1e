package main

import (
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

package main

import (
	"runtime/debug"
	"strconv"
)

const (
	// gcPercent lets the heap grow to five times of what lives before it is swept. With Go's 100 the first collection comes in the middle of the start, at 4 MB, and
	// costs a sixth of it; a function is paid for its memory whether it uses it or not.
	gcPercent = 400
	// heapShare is the part of the function's memory from which on collections come as often as it takes to stay below.
	heapShare = 0.7
)

// tuneMemory tells the collector how much memory the function has.
func tuneMemory(env func(string) string) {
	debug.SetGCPercent(gcPercent)
	if mb, err := strconv.Atoi(env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); err == nil && mb > 0 {
		debug.SetMemoryLimit(int64(float64(mb<<20) * heapShare))
	}
}

package main

import (
	"runtime/debug"
	"strconv"
)

const (
	// gcPercent lets the heap grow to five times of what lives before it is swept: a function is paid for its memory whether it uses it or not. With Go's 100 the first collection
	// comes as the heap nears 4 MB. That much is made by the packages of the clients before main begins, and the collection costs a fifth of the start. So the template says it as
	// GOGC, which counts from the first byte.
	gcPercent = 400
	// heapShare is the part of the function's memory from which on collections come as often as it takes to stay below.
	heapShare = 0.7
)

// tuneMemory tells the collector how much memory the function has, and where the template did not, how often to come.
func tuneMemory(env func(string) string) {
	if env("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if mb, err := strconv.Atoi(env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); err == nil && mb > 0 {
		debug.SetMemoryLimit(int64(float64(mb<<20) * heapShare))
	}
}

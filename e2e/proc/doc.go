// Package proc reads from Linux' /proc what a process has used: CPU time and memory. The benchmarks of whole processes measure with it.
package proc

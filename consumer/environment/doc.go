// Package environment runs a Lambda function's bootstrap binary on this machine, so that what is too slow or too big for Lambda fails here as well.
//
// The nouns: an [Environment] is what Lambda calls an execution environment, a child process that serves one invocation after another
// through the Runtime API: it asks for the next invocation, and answers with a response or an error. Between two invocations it is frozen
// (SIGSTOP) and thawed (SIGCONT). It is killed at the time limit of an invocation, and started anew by the next one; the same after it has ended by
// itself. A [Pool] has as many environments as there are invocations at a time.
//
// Limits. Memory is bounded by RLIMIT_DATA, of the limit and 40 MiB: a Go program maps that much that it does not use (RLIMIT_AS would end
// it at its start). /tmp is a file system of its own, empty and of 512 MiB, where the kernel lets an ordinary user have one (in a user and
// mount namespace, by unshare(1)); elsewhere the function's TMPDIR is an empty folder, in which RLIMIT_FSIZE bounds each file to
// 512 MiB, and [Environment.Sandboxed] is false. The processor is not bounded: Lambda gives one in proportion to the memory.
//
// It needs Linux. It is no sandbox against hostile code: the function sees the files and the network of whoever runs it.
package environment

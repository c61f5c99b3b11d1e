package load

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// urgency is the nice value of the thread that sends, for who may lower it (CAP_SYS_NICE). It needs little of a processor, but when something is due it needs it at
// once, also where the server that it sends to keeps all processors busy. More urgency makes it earlier still, and each request dearer: it then takes the server's processor for every
// single answer instead of finding several at a time.
const urgency = -3

// OwnThread gives the goroutine that calls it a thread of its own, for as long as it lives.
func (*lean) OwnThread() {
	runtime.LockOSThread() // for good: the thread must not end up with somebody else's goroutine
	// Of the calling thread alone, says setpriority(2). Where it may not, the summary says how late requests were begun.
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, urgency)
}

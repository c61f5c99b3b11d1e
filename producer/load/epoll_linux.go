package load

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller asks the kernel which connections have something to tell.
type poller struct {
	fd     int
	coarse bool // the kernel has no epoll_pwait2, and waits whole milliseconds
	events [256]unix.EpollEvent
}

func (p *poller) open() (err error) {
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("make an epoll: %w", err)
	}
	return nil
}

func (p *poller) close() error { return unix.Close(p.fd) }

// add tells of a connection from now on, once each time when something new comes and when there is room to write.
func (p *poller) add(fd int, serial int32) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(fd), Pad: serial}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// wait returns what there is to tell, after so long at most.
func (p *poller) wait(d time.Duration) []unix.EpollEvent {
	// A call that does not wait need not tell Go's scheduler of it, which costs as much as a short call.
	if d < shortWait {
		if n := p.call(0, true); n > 0 || d <= 0 {
			return p.events[:max(n, 0)]
		}
	}
	return p.events[:max(p.call(d, false), 0)]
}

// shortWait is below what an answer takes on the way: in so short a time nothing may come, and then it was cheap to ask.
const shortWait = 20 * time.Microsecond

func (p *poller) call(d time.Duration, now bool) int {
	if p.coarse {
		n, err := unix.EpollWait(p.fd, p.events[:], int((d+time.Millisecond-1)/time.Millisecond))
		if err != nil {
			return 0 // interrupted
		}
		return n
	}
	ts := unix.NsecToTimespec(int64(d))
	var n uintptr
	var errno syscall.Errno
	if now {
		n, _, errno = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	} else {
		n, _, errno = syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
	if errno != 0 {
		p.coarse = errors.Is(errno, unix.ENOSYS)
		return 0
	}
	return int(n)
}

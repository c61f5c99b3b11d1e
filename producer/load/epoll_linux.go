package load

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller asks the kernel which connections have something to tell.
type poller struct {
	fd     int
	coarse bool // the kernel has no epoll_pwait2, and waits whole milliseconds
	quiet  time.Duration
	events [256]unix.EpollEvent
}

func (p *poller) open() (err error) {
	if p.quiet = quietWait; runtime.GOMAXPROCS(0) == 1 {
		p.quiet = quietWaitAlone
	}
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

// wait returns what there is to tell, after so long at most. It may return early.
func (p *poller) wait(d time.Duration) []unix.EpollEvent {
	return p.events[:max(p.call(d, d <= p.quiet), 0)]
}

// quietWait is how long a wait may be of which Go's scheduler is not told. Told of one, its monitor looks every 20 µs whether it is over, which took a tenth of all
// processor time, and the goroutine has to queue for its processor again. Not told, it takes the thread for busy: the others have one processor less meanwhile, and a
// collection that has to stop this goroutine ends the wait by a signal. Where there is one processor only, that is done for waits that hardly are any.
const (
	quietWait      = 5 * time.Millisecond
	quietWaitAlone = 20 * time.Microsecond
)

func (p *poller) call(d time.Duration, now bool) int {
	if p.coarse {
		n, err := unix.EpollWait(p.fd, p.events[:], int((max(0, d)+time.Millisecond-1)/time.Millisecond))
		if err != nil {
			return 0 // interrupted
		}
		return n
	}
	ts := unix.NsecToTimespec(max(0, int64(d)))
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

// pause lets so much time pass, whatever there is to tell, and reports false where it does not do that. It may end early.
func (p *poller) pause(d time.Duration) bool {
	if d > p.quiet {
		return false
	}
	ts := unix.NsecToTimespec(int64(d))
	_, _, errno := syscall.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return errno != unix.ENOSYS
}

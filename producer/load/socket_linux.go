package load

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The sockets here never block, so Go's scheduler is not told of these calls: that is a tenth of what they cost, and its monitor would look every 20 µs whether one is over.

func write(fd int32, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// socket reads what came, and when the kernel took it from the network (SO_TIMESTAMPNS of socket(7)).
type socket struct {
	msg     unix.Msghdr
	part    unix.Iovec
	control [64]byte
}

// read returns how much came, and the time of the last of it in Unix nanoseconds, 0 where that is not known.
func (s *socket) read(fd int32, b []byte) (n int, came int64, errno unix.Errno) {
	s.part.Base = unsafe.SliceData(b)
	s.part.SetLen(len(b))
	s.msg.Iov = &s.part
	s.msg.SetIovlen(1)
	s.msg.Control = &s.control[0]
	s.msg.SetControllen(len(s.control))
	got, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&s.msg)), 0)
	if errno != 0 {
		return 0, 0, errno
	}
	return int(got), s.came(), 0
}

func (s *socket) came() int64 {
	const size = int(unsafe.Sizeof(unix.Timespec{}))
	if int(s.msg.Controllen) < unix.CmsgLen(size) {
		return 0
	}
	if h := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0])); h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Pointer(&s.control[unix.CmsgLen(0)])).Nano()
}

// cameAt is when an answer came that is looked at now. The kernel's clock is that of the wall, which may be set meanwhile: what cannot be is not believed.
func cameAt(came int64, sent, now time.Time) time.Time {
	if ago := time.Duration(now.UnixNano() - came); came > 0 && ago > 0 && ago <= now.Sub(sent) {
		return now.Add(-ago)
	}
	return now
}

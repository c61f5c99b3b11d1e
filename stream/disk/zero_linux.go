package disk

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// block is what direct writes are multiples of, in place and size: no disk of today asks for more.
const block = 4096

// zeros are read-only pages that begin at a multiple of a block. As nobody ever writes to them, they take no memory.
var zeros = sync.OnceValues(func() ([]byte, error) {
	return unix.Mmap(-1, 0, 1<<20, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
})

// zeroDirectly writes zeros from the disk's side of the page cache: pages that are full of zeros would cost a copy and
// memory, and be overwritten soon. It says how many bytes it wrote, fewer where the file system has no direct writes.
func zeroDirectly(f *os.File, at, n int64) (written int64) {
	page, err := zeros()
	fd := f.Fd()
	flags, flagErr := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil || flagErr != nil || at%block != 0 {
		return 0
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETFL, flags|unix.O_DIRECT); err != nil {
		return 0
	}
	for n-written >= block {
		size := min(int64(len(page)), (n-written)/block*block)
		k, err := unix.Pwrite(int(fd), page[:size], at+written)
		if err != nil || int64(k) != size {
			break
		}
		written += size
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETFL, flags); err != nil {
		return 0 // and the writes that follow say what is wrong
	}
	return written
}

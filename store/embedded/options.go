package embedded

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where the store is and what it may use. Only Dir must be set.
type Options struct {
	// Dir is the folder. It is created if it does not exist; one process owns it at a time.
	Dir string
	// CacheBytes is the memory for blocks read from disk. Default 16 MiB.
	CacheBytes int64
	// MemTableBytes is how much is collected in memory before it is written as a table. Up to five of these can be held when the disk is
	// slow; a write of half of it or more makes a table of its own. Default 4 MiB.
	MemTableBytes int64
	// ReserveBytes is the free space below which writes answer store.ErrFull (deletions: below half of it). It must hold what pebble
	// writes without being asked: tables of what is in memory, and both sides of a compaction. Default 128 MiB.
	ReserveBytes uint64
	// FreeSpace measures what is left for the folder, in bytes. Default: what the file system says is free for this user.
	FreeSpace func(dir string) (uint64, error)
	// Now is the clock by which free space is measured again. Default time.Now.
	Now func() time.Time
	// Events is told, in words, what pebble does in the background. It must return soon and not call the store. Default: nobody.
	Events func(string)

	fs vfs.FS // the disk, or a test's
}

func (o Options) filled() Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 4 << 20
	}
	if o.ReserveBytes == 0 {
		o.ReserveBytes = 128 << 20
	}
	if o.fs == nil {
		o.fs = vfs.Default
	}
	if o.FreeSpace == nil {
		o.FreeSpace = func(dir string) (uint64, error) {
			usage, err := o.fs.GetDiskUsage(dir)
			return usage.AvailBytes, err
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("no folder given"))
	}
	if o.CacheBytes < 0 {
		errs = append(errs, fmt.Errorf("a cache of %d bytes", o.CacheBytes))
	}
	if o.MemTableBytes < 64<<10 || o.MemTableBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("a memtable of %d bytes: it must have 64 KiB to 1 GiB", o.MemTableBytes))
	}
	return errors.Join(errs...)
}

package disk

import "io"

// FS is a file system. Names are paths with forward slashes.
type FS interface {
	// Create makes a new file, open for reading and writing. It is an error if the name exists.
	Create(name string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// Rename gives a file or directory a new name; a file of that name is replaced.
	Rename(from, to string) error
	// Remove removes a file or an empty directory.
	Remove(name string) error
	// Mkdir makes a directory. It is an error if the name exists.
	Mkdir(name string) error
	// List returns the names in a directory, sorted.
	List(dir string) ([]string, error)
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
	// Lock takes a file, made if absent, for this process alone until the returned closer is closed. It does not wait:
	// the error is ErrLocked when another holder has it.
	Lock(name string) (io.Closer, error)
}

// File is an open file. A file's methods may be called at the same time.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes the content and the size durable. Nothing is known about them after an error, and calling Sync again
	// proves nothing.
	Sync() error
	// Zero writes n zeros at an offset. They may go past the system's cache.
	Zero(at, n int64) error
	// Truncate sets the size.
	Truncate(size int64) error
	// Size is the current size in bytes.
	Size() (int64, error)
}

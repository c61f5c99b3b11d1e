//go:build !unix

package spool

import (
	"io"
	"os"
)

// lockFile takes no lock where there is no flock(2): nothing keeps a second producer away.
func lockFile(path string) (io.Closer, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/apigw/access"
)

// accessName is the file of the access secrets in the data folder. Only its owner may read it.
const accessName = "access.json"

// accessFile keeps the access secrets in the data folder, which one process owns.
type accessFile struct {
	path string
	made bool // they were made at this start

	mu      sync.Mutex // guards secrets, and is held while they are written
	secrets access.Secrets
}

// openAccess reads the secrets, and makes them where there are none.
func openAccess(dir string) (*accessFile, error) {
	a := &accessFile{path: filepath.Join(dir, accessName)}
	b, err := os.ReadFile(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		a.made = true
		return a, a.write(access.New())
	}
	if err != nil {
		return nil, fmt.Errorf("read access secrets: %w", err)
	}
	if a.secrets, err = access.Parse(b); err != nil {
		return nil, fmt.Errorf("%s: %w", a.path, err)
	}
	return a, nil
}

// write puts secrets in the place of those that are there, whole or not at all.
func (a *accessFile) write(s access.Secrets) error {
	f, err := os.CreateTemp(filepath.Dir(a.path), accessName+".*") // of mode 0600
	if err != nil {
		return fmt.Errorf("write access secrets: %w", err)
	}
	_, err = f.Write(append(s.Encode(), '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), a.path)
	}
	if err != nil {
		return fmt.Errorf("write access secrets: %w", errors.Join(err, os.Remove(f.Name())))
	}
	a.secrets = s
	return nil
}

func (a *accessFile) current() access.Secrets {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.secrets
}

func (a *accessFile) gate() *access.Gate {
	return access.NewGate(func(context.Context) (access.Secrets, error) { return a.current(), nil }, 0, time.Now)
}

// rotate replaces the access token ("access") or the signing key.
func (a *accessFile) rotate(_ context.Context, what string) (access.Secrets, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next := a.secrets.RotateIngest()
	if what == "access" {
		next = a.secrets.RotateAccess()
	}
	return next, a.write(next)
}

// firstAccess prints, once, the address that logs a browser in. It goes to standard output and into no log: whoever has it has everything.
func (c *console) firstAccess(n *node) {
	if n.access == nil || !n.access.made {
		return
	}
	host, port, err := net.SplitHostPort(n.httpListener.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	fmt.Fprintf(c.stdout, "http://%s/?token=%s\n", net.JoinHostPort(host, port), n.access.current().Access[0])
}

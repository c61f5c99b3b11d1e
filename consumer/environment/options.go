package environment

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Limits of Lambda.
const (
	MaxRequest  = 6_291_456 // bytes of an invocation's event
	MaxResponse = 6_291_556 // bytes of a response
	MaxTimeout  = 15 * time.Minute
	MinMemory   = 128 // MB
	MaxMemory   = 10_240
	maxInit     = 10 * time.Second // of the start, until the first invocation is asked for
	scratchMiB  = 512              // of /tmp
	spareMiB    = 40               // what a Go program maps and does not use
)

// Options say what is run, and how. A zero field takes the default that is named at it.
type Options struct {
	Bootstrap string // path of the executable; required
	Handler   string // what the bootstrap finds in _HANDLER; required
	// Name of the function. Default: streamgauge- and the handler.
	Name    string
	Region  string // Default: us-east-1
	Account string // Default: 000000000000
	// MemoryMB is the memory limit, MinMemory to MaxMemory. Default 256.
	MemoryMB int
	// Timeout is the time limit of an invocation, up to MaxTimeout. Default 60 s.
	Timeout time.Duration
	// Env is more environment for the function, as "NAME=value". What Lambda sets itself wins.
	Env []string
	// Logs takes what the function writes to its outputs, and the lines START, END and REPORT. It is called concurrently. Default: nowhere.
	Logs io.Writer
}

func (o Options) filled() Options {
	if o.Name == "" {
		o.Name = "streamgauge-" + o.Handler
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "000000000000"
	}
	if o.MemoryMB == 0 {
		o.MemoryMB = 256
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Logs == nil {
		o.Logs = io.Discard
	}
	return o
}

// validate names everything that is wrong at once.
func (o Options) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	info, err := os.Stat(o.Bootstrap)
	check(err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0, "bootstrap %q is no executable file", o.Bootstrap)
	check(o.Handler != "", "Handler is missing")
	check(o.MemoryMB >= MinMemory && o.MemoryMB <= MaxMemory, "MemoryMB %d is not in %d..%d", o.MemoryMB, MinMemory, MaxMemory)
	check(o.Timeout > 0 && o.Timeout <= MaxTimeout, "Timeout %v is not above 0 and up to %v", o.Timeout, MaxTimeout)
	return errors.Join(errs...)
}

func (o Options) arn() string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", o.Region, o.Account, o.Name)
}

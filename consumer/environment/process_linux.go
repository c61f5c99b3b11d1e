package environment

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a bootstrap that runs, in a process group of its own.
type process struct {
	cmd     *exec.Cmd
	scratch string // folder for temporary files; "" where /tmp is its own
	exited  chan struct{}
	err     error // of the wait; to be read after exited
}

// canSandbox reports whether an ordinary user may have a /tmp of his own here. It is tried once.
var canSandbox = sync.OnceValue(func() bool {
	return exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /tmp").Run() == nil
})

// The bootstrap is opened here and run by its descriptor, since it may lie below the /tmp that is hidden.
const run = `ulimit -c 0; ulimit -d %d; exec /proc/self/fd/3`

// start runs the bootstrap, with so many MiB for temporary files. What it writes goes to logs.
func start(o Options, runtimeAPI string, sandboxed bool, scratchMiB int, logs *lines) (_ *process, err error) {
	bootstrap, err := os.Open(o.Bootstrap)
	if err != nil {
		return nil, err
	}
	defer func() { _ = bootstrap.Close() }() // it was only read
	p := &process{exited: make(chan struct{})}
	script := fmt.Sprintf(run, (o.MemoryMB+spareMiB)<<10) // in KiB
	if sandboxed {
		script = fmt.Sprintf("mount -t tmpfs -o size=%dm,mode=1777 tmpfs /tmp; ", scratchMiB) + script
		p.cmd = exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-e", "-c", script)
	} else {
		if p.scratch, err = os.MkdirTemp("", "streamgauge-lambda-*"); err != nil {
			return nil, err
		}
		script = fmt.Sprintf("ulimit -f %d; ", scratchMiB<<11) + script // in blocks of 512 bytes
		p.cmd = exec.Command("sh", "-e", "-c", script)
	}
	p.cmd.ExtraFiles = []*os.File{bootstrap} // descriptor 3
	p.cmd.Dir = filepath.Dir(o.Bootstrap)
	p.cmd.Env = o.environ(runtimeAPI, p.scratch)
	p.cmd.Stdout, p.cmd.Stderr = logs, logs
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.launch(); err != nil {
		return nil, errors.Join(err, removeAll(p.scratch))
	}
	return p, nil
}

// launch starts the process on a thread that lives as long: the kernel sends the signal of a parent's death when that thread ends.
func (p *process) launch() error {
	started := make(chan error)
	go func() { // ends with the process, for which kill waits
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return <-started
}

// ending says how the process has ended.
func (p *process) ending() string {
	if p.err != nil {
		return p.err.Error()
	}
	return "exit status 0"
}

func (p *process) signal(s syscall.Signal) error {
	err := syscall.Kill(-p.cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return nil // it has ended, which exited tells
	}
	return err
}

func (p *process) freeze() error { return p.signal(syscall.SIGSTOP) }
func (p *process) thaw() error   { return p.signal(syscall.SIGCONT) }

// kill ends the process and its group, and waits for it.
func (p *process) kill() error {
	err := p.signal(syscall.SIGKILL)
	<-p.exited
	return errors.Join(err, removeAll(p.scratch))
}

// peakMB is the greatest resident set since the start; 0 of a process that has ended. (What the kernel tells of that one counts this process's own
// memory in, from before the bootstrap was executed.)
func (p *process) peakMB() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ := strings.Cut(string(rest), "\n")
	kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")))
	if err != nil {
		return 0
	}
	return kb >> 10
}

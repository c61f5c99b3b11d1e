package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that runs: the product or the floor.
type process struct {
	address string // host:port
	cmd     *exec.Cmd
	drained chan struct{} // closed when its standard error has ended
}

// startProcess starts a server, and waits for the line of JSON with its address, {"http":"http://…"}.
func startProcess(ctx context.Context, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, name, args...), drained: make(chan struct{})}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewReader(stderr)
	line, err := in.ReadBytes('\n')
	var ready struct{ HTTP string }
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	go func() { _, _ = io.Copy(io.Discard, in); close(p.drained) }()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: it said %q: %w", name, line, err), p.end())
	}
	p.address = strings.TrimPrefix(ready.HTTP, "http://")
	return p, nil
}

// end asks the server to end, and waits until it has.
func (p *process) end() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-p.drained
	return p.cmd.Wait()
}

// clockTick is the unit of CPU times in /proc: proc(5) says sysconf(_SC_CLK_TCK), which is 100 on every Linux of today.
const clockTick = time.Second / 100

// cpu is the time that the server has computed so far, in user and system mode: fields 14 and 15 of /proc/PID/stat.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name of the program may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read /proc: %q", text)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, err
}

// peak is the largest resident memory that the server ever had, in bytes: VmHWM of /proc/PID/status.
func (p *process) peak() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc has no VmHWM")
}

// loadAverage is how many were running or waiting for a core in the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(text))[0]
}

// serveFloor is the least that a server of net/http can do with events.
func serveFloor(ctx context.Context, log io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "{\"http\":\"http://%s\"}\n", l.Addr())
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"accepted":0,"results":[]}`+"\n")
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

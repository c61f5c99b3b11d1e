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
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
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

// cpu is the time that the server has computed so far, in user and system mode.
func (p *process) cpu() (time.Duration, error) { return proc.CPU(p.cmd.Process.Pid) }

// peak is the largest resident memory that the server ever had, in bytes.
func (p *process) peak() (int64, error) { return proc.Memory(p.cmd.Process.Pid, "VmHWM") }

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

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
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// server is a process that is measured.
type server struct {
	name    string
	url     string
	cmd     *exec.Cmd
	drained chan struct{} // closed when its output has ended
}

// startOurs starts "streamgauge kinesis", which says on standard error where it listens.
func startOurs(ctx context.Context, bin, data string) (*server, error) {
	cmd := exec.CommandContext(ctx, bin, "kinesis", "--listen", "127.0.0.1:0", "--data", data)
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	return start("streamgauge", cmd, out, func(line []byte) (string, error) {
		var ready struct{ Kinesis string }
		return ready.Kinesis, errors.Join(json.Unmarshal(line, &ready), notEmpty(&ready.Kinesis))
	})
}

func startKinesalite(ctx context.Context) (*server, error) {
	cmd := exec.CommandContext(ctx, "node", filepath.Join("e2e", "kinesalite.mjs"))
	cmd.Stderr = os.Stderr
	return startPrinting("kinesalite", cmd)
}

func startCanned(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startPrinting("canned", exec.CommandContext(ctx, self, "-canned"))
}

// startPrinting starts a server whose first line is its address, and which ends when its input does.
func startPrinting(name string, cmd *exec.Cmd) (*server, error) {
	if _, err := cmd.StdinPipe(); err != nil { // Wait closes it
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return start(name, cmd, out, func(line []byte) (string, error) { return strings.TrimSpace(string(line)), nil })
}

func start(name string, cmd *exec.Cmd, out io.Reader, address func(line []byte) (string, error)) (*server, error) {
	s := &server{name: name, cmd: cmd, drained: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewReader(out)
	line, err := in.ReadBytes('\n')
	if err == nil {
		s.url, err = address(line)
	}
	go func() { _, _ = io.Copy(io.Discard, in); close(s.drained) }()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: it said %q: %w", name, line, err), s.end())
	}
	return s, nil
}

func notEmpty(s *string) error {
	if *s == "" {
		return errors.New("no address")
	}
	return nil
}

// end asks the server to end, and waits until it has.
func (s *server) end() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-s.drained
	err := s.cmd.Wait()
	if _, signaled := errors.AsType[*exec.ExitError](err); signaled && s.name != "streamgauge" {
		return nil // the others do not mind the signal
	}
	return err
}

// cpu is the time that the server has computed so far, in user and system mode.
func (s *server) cpu() (time.Duration, error) { return proc.CPU(s.cmd.Process.Pid) }

// memory is the resident memory in MiB: VmRSS is that of now, VmHWM the largest ever.
func (s *server) memory(name string) (int64, error) {
	bytes, err := proc.Memory(s.cmd.Process.Pid, name)
	return bytes >> 20, err
}

// serveCanned is the least that a server of net/http can do with a PutRecords of 500 records.
func serveCanned(ctx context.Context, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	entry := `{"ShardId":"shardId-000000000000","SequenceNumber":"` + strings.Repeat("4", 56) + `"}`
	response := `{"FailedRecordCount":0,"Records":[` + strings.TrimSuffix(strings.Repeat(entry+",", recordsACall), ",") + `]}`
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, response)
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

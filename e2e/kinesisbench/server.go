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
	"strconv"
	"strings"
	"syscall"
	"time"
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

// clockTick is the unit of CPU times in /proc: proc(5) says sysconf(_SC_CLK_TCK), which is 100 on every Linux of today.
const clockTick = time.Second / 100

// cpu is the time that the server has computed so far, in user and system mode: fields 14 and 15 of /proc/PID/stat.
func (s *server) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
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

// memory is the resident memory in MiB as /proc/PID/status has it under a name: VmRSS is that of now, VmHWM the largest ever.
func (s *server) memory(name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib >> 10, err
		}
	}
	return 0, fmt.Errorf("/proc has no %s", name)
}

// loadAverage is how many were running or waiting for a core in the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(text))[0]
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

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for the product before it calls it hung. Nothing is measured by it.
const patience = time.Minute

var binDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "streamgauge-e2e-") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := binDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := binDir()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "streamgauge")
	cmd := exec.Command("go", "build", "-o", bin, "../cmd/streamgauge")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// buildBinary returns the path of the product's binary, which is built once for all tests.
func buildBinary(t *testing.T) string {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// server is a running "streamgauge up".
type server struct {
	HTTP    string // "http://127.0.0.1:PORT"
	Kinesis string // "http://127.0.0.1:PORT"

	cmd    *exec.Cmd
	log    *lines
	exited chan struct{} // closed when the process has ended and state is set
	state  error         // what Wait said
}

// startServer starts "streamgauge up" on free ports and the data folder, with further arguments, and waits until it is
// ready. It is killed at the end of the test where it still runs.
func startServer(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := launchServer(t, append([]string{"--listen", "127.0.0.1:0", "--kinesis", "127.0.0.1:0", "--data", data}, args...)...)
	s.awaitReady(t)
	return s
}

// launchServer starts "streamgauge up" with these arguments, and waits for nothing.
func launchServer(t *testing.T, args ...string) *server {
	t.Helper()
	return launch(t, exec.Command(buildBinary(t), append([]string{"up"}, args...)...))
}

func launch(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, log: newLines(), exited: make(chan struct{})}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start %v: %v", cmd.Args, err)
	}
	go s.follow(stderr)
	t.Cleanup(func() {
		s.kill()
		if log := s.log.all(); t.Failed() && strings.Count(log, "\n") > 1 { // more than that it was ready
			t.Logf("log of the server:\n%s", log)
		}
	})
	return s
}

// follow reads the log to its end before it waits for the process: Wait closes the pipe.
func (s *server) follow(stderr io.Reader) {
	s.log.readFrom(stderr)
	s.state = s.cmd.Wait()
	close(s.exited)
}

// awaitReady waits for the line of the log that says where the server listens.
func (s *server) awaitReady(t *testing.T) {
	t.Helper()
	select {
	case ready := <-s.log.ready:
		s.HTTP, s.Kinesis = ready.HTTP, ready.Kinesis
	case <-s.exited:
		t.Fatalf("the server ended before it was ready: %v\n%s", s.state, s.log.all())
	case <-time.After(patience):
		t.Fatalf("the server was not ready after %v\n%s", patience, s.log.all())
	}
}

// kill ends the process at once, as a power cut would (SIGKILL), and waits until it is gone.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.exited
}

// stop asks the process to end (SIGTERM), waits until it has drained, and fails the test where it ended badly.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGTERM)
	if s.awaitEnd(t); s.state != nil {
		t.Errorf("the server ended with %v", s.state)
	}
}

func (s *server) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("send %v to the server: %v", sig, err)
	}
}

// awaitEnd waits until the process has ended by itself.
func (s *server) awaitEnd(t *testing.T) {
	t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatalf("the server still ran after %v", patience)
	}
}

// await waits until the condition holds. It is asked again and again: the product tells nobody when it is done.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	late := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// readyLine is what the server logs once it listens: {"message":"ready","http":"http://…","kinesis":"http://…"}.
type readyLine struct {
	Message, HTTP, Kinesis string
}

// lines keeps a log, and hands out its ready line.
type lines struct {
	ready chan readyLine // holds one

	mu   sync.Mutex // guards text: a failing test prints it while the process still writes
	text bytes.Buffer
}

func newLines() *lines { return &lines{ready: make(chan readyLine, 1)} }

func (l *lines) readFrom(r io.Reader) { l.readWith(r, l.look) }

// readWith keeps all lines and shows each to look.
func (l *lines) readWith(r io.Reader, look func(line []byte)) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		l.mu.Lock()
		l.text.Write(line)
		l.mu.Unlock()
		look(line)
		if err != nil {
			return
		}
	}
}

// look finds the ready line.
func (l *lines) look(line []byte) {
	var ready readyLine
	if json.Unmarshal(line, &ready) != nil || ready.Message != "ready" {
		return
	}
	select {
	case l.ready <- ready:
	default: // only the first counts
	}
}

func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

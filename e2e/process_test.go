package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// up runs "streamgauge up" where it is expected to end by itself, and returns how it ended.
func up(t *testing.T, cmd *exec.Cmd) ran {
	t.Helper()
	s := launch(t, cmd)
	s.awaitEnd(t)
	return ran{stderr: s.log.all(), code: s.cmd.ProcessState.ExitCode()}
}

func upCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	args = append([]string{"up", "--listen", "127.0.0.1:0", "--kinesis", "127.0.0.1:0"}, args...)
	return exec.Command(buildBinary(t), args...)
}

// saysInOneLine fails the test unless the command ended with that exit code and one line that matches.
func (r ran) saysInOneLine(t *testing.T, code int, pattern string) {
	t.Helper()
	if r.code != code || strings.Count(r.stderr, "\n") != 1 || !regexp.MustCompile(pattern).MatchString(r.stderr) {
		t.Errorf("exit code %d, %q; want %d and one line like %q", r.code, r.stderr, code, pattern)
	}
}

func TestUpRefuses(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startServer(t, data)
	up(t, upCommand(t, "--data", data)).saysInOneLine(t, 1, `another streamgauge runs on it`)
	up(t, upCommand(t, "--data", t.TempDir(), "--listen", strings.TrimPrefix(s.HTTP, "http://"))).
		saysInOneLine(t, 1, `^streamgauge: listen for HTTP: .*address already in use.*--listen`)
	for _, address := range []string{"0.0.0.0:8080", ":8080", "[::]:8080", "192.0.2.1:8080", "example.com:8080"} {
		up(t, upCommand(t, "--data", t.TempDir(), "--kinesis", address)).saysInOneLine(t, 2, `--kinesis: ".*" is not an address of this machine`)
	}
	up(t, upCommand(t, "--data", t.TempDir(), "--listen", "here")).saysInOneLine(t, 2, `--listen: "here" is not HOST:PORT`)
	up(t, upCommand(t, "--data", data, "--shards", "0")).saysInOneLine(t, 2, `--shards: "0" is not a number of shards`)
	s.post(t, goodEvent) // and the one that runs does not care
	s.stop(t)
}

// TestForbiddenFolder: a folder that the user may not write to is an error in one line.
func TestForbiddenFolder(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"not writable": parent, "cannot be made": filepath.Join(parent, "data")} {
		up(t, asNobody(t, upCommand(t, "--data", data))).saysInOneLine(t, 1, `^streamgauge: data folder /.*permission denied`)
		if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
			t.Errorf("%s: the folder holds %v, %v", name, entries, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	up(t, upCommand(t, "--data", file)).saysInOneLine(t, 1, `not a directory`)
}

// asNobody makes root run the command as a user who is not.
func asNobody(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return cmd
	}
	const nobody = 65534
	bin := filepath.Join(t.TempDir(), "streamgauge") // in a folder that nobody can enter: the test's own are root's
	for dir := filepath.Dir(bin); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(cmd.Path, bin); err != nil {
		t.Fatal(err)
	}
	cmd.Path = bin
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

// TestDrain: whoever asks the server to end, what it acknowledged is counted, and what it was sent in that moment is either
// acknowledged or not taken.
func TestDrain(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "Ctrl-C": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			s := h.start(t)
			s.mustRun(t, "site", "add", "shop")
			c := traffic(t, s, 4)
			await(t, "events flow", func() bool { return c.acked.Load() > 500 })
			s.signal(t, sig)
			s.awaitEnd(t)
			c.wait()
			log := s.log.all()
			if s.state != nil || !strings.Contains(log, `"draining"`) || !strings.Contains(log, "drained: everything accepted is counted") {
				t.Errorf("it ended with %v and said:\n%s", s.state, log)
			}
			s = h.start(t)
			b := s.ledger(t, "shop")
			t.Attr("acknowledged", fmt.Sprint(c.acked.Load()))
			// One that was taken while its connection ended is durable, though nobody heard of it.
			if most := c.acked.Load() + c.unheard.Load(); b.Counted < c.acked.Load() || b.Counted > most || b.Counted != b.Received || b.Accepted != b.Received {
				t.Errorf("the books are %+v, want %d to %d", b, c.acked.Load(), most)
			}
			s.stop(t)
		})
	}
}

// clients send events, one a request, until the server is gone.
type clients struct {
	acked, unheard, n atomic.Int64
	group             sync.WaitGroup
}

func (c *clients) wait() { c.group.Wait() }

func traffic(t *testing.T, s *server, n int) *clients {
	c := &clients{}
	for range n {
		c.group.Go(func() {
			for {
				i := c.n.Add(1)
				body := fmt.Sprintf(`{"site":"shop","name":"pageview","id":"e%d","visitor":"v%d"}`, i, i%100)
				a, err := s.try(request{path: "/v1/events", body: []byte(body)})
				switch {
				case err != nil:
					c.unheard.Add(1)
					return
				case a.status == http.StatusAccepted:
					c.acked.Add(1)
				default:
					t.Errorf("%d %s", a.status, a.body)
					return
				}
			}
		})
	}
	return c
}

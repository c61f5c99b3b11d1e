package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// home is where a server lives that is started again and again: its folder and its addresses stay.
type home struct{ data, http, kinesis string }

func newHome(t *testing.T) home {
	t.Helper()
	return home{t.TempDir(), freeAddress(t), freeAddress(t)}
}

// freeAddress returns an address that nobody listens on in this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (h home) launch(t *testing.T) *server {
	t.Helper()
	return launchServer(t, "--listen", h.http, "--kinesis", h.kinesis, "--data", h.data)
}

func (h home) start(t *testing.T) *server {
	t.Helper()
	s := h.launch(t)
	s.awaitReady(t)
	return s
}

// TestKill: a server that is killed again and again while a log is replayed counts what one counts that nobody disturbs.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 5
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		kills = 40
	}
	seed := rand.Uint64()
	t.Attr("kill_seed", strconv.FormatUint(seed, 10))
	rng := rand.New(rand.NewPCG(seed, 0))
	l, start := generatedLog(t), twoHoursAgo()
	sp, events := l.span(start, replaySpeed), int64(len(l.events))

	calm := startServer(t, t.TempDir())
	calm.mustRun(t, "site", "add", "demo", "--bots", "count")
	calm.replay(t, l, start)
	calm.awaitReceived(t, "demo", events)
	want := calm.figures(t, "demo", sp)
	want.differ(t, l.figures(start, replaySpeed))
	calm.stop(t)

	h := newHome(t)
	s := h.start(t)
	s.mustRun(t, "site", "add", "demo", "--bots", "count")
	// One replay is slow, about a second for each kill; others are begun before each kill and have large requests under way.
	replays := []*background{s.background(t, replayed(l, start, "--rate", strconv.FormatInt(max(1, events/int64(kills)), 10))...)}
	for range kills {
		replays = append(replays, s.background(t, replayed(l, start)...), s.background(t, replayed(l, start)...))
		s = killAndStart(t, rng, h, s)
	}
	var sent, resent int64
	for _, r := range replays {
		first, again := r.sent(t)
		sent, resent = sent+first, resent+again
	}
	s.awaitReceived(t, "demo", sent)
	s.mustRun(t, "audit", "--site", "demo") // it waits until all is consumed
	b := s.ledger(t, "demo")
	t.Attr("kills", strconv.Itoa(kills))
	t.Attr("sent", fmt.Sprint(sent))
	t.Attr("sent_again", fmt.Sprint(resent))
	t.Attr("received_twice", fmt.Sprint(b.Received-sent)) // what was durable when the answer was lost
	t.Attr("redelivered", fmt.Sprint(b.Redelivered))
	t.Attr("accepted_and_not_noted", fmt.Sprint(sent-b.Accepted)) // what the doors that were killed forgot
	if !b.Balanced || b.Counted != events || b.Received != b.Counted+b.Duplicate {
		t.Errorf("the books are %+v, want %d counted and all others duplicates", b, events)
	}
	if b.Received < sent || b.Received > sent+resent {
		t.Errorf("%d received, of %d sent and %d sent again", b.Received, sent, resent)
	}
	s.figures(t, "demo", sp).differ(t, want)
	s.mustRun(t, "ledger", "--site", "demo")
	s.stop(t)
}

// killAndStart kills the server at a random moment and starts it again; now and then it is killed while it starts, too.
func killAndStart(t *testing.T, rng *rand.Rand, h home, s *server) *server {
	t.Helper()
	moment(rng, []time.Duration{150 * time.Millisecond, 700 * time.Millisecond}[rng.IntN(2)])
	s.kill()
	for rng.IntN(3) == 0 {
		s = h.launch(t)
		moment(rng, 100*time.Millisecond)
		s.kill()
	}
	return h.start(t)
}

// moment waits for some time below most. It waits for no condition: that nobody chose the moment is the point.
func moment(rng *rand.Rand, most time.Duration) { <-time.After(time.Duration(rng.Int64N(int64(most)))) }

// background is a command that runs.
type background struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan struct{} // closed when it has ended
	err            error
}

func (s *server) background(t *testing.T, args ...string) *background {
	t.Helper()
	b := &background{cmd: s.command(t, args...), done: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = &b.stdout, &b.stderr
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(b.done); b.err = b.cmd.Wait() }()
	t.Cleanup(func() { _ = b.cmd.Process.Kill(); <-b.done })
	return b
}

// result is how the command ended; it waits until it has.
func (b *background) result() ran {
	<-b.done
	return ran{b.stdout.String(), b.stderr.String(), b.cmd.ProcessState.ExitCode()}
}

// sent is how many events a replay sent, and how many copies of them after the first ones. It must have succeeded, or have
// found no server when it began.
func (b *background) sent(t *testing.T) (first, again int64) {
	t.Helper()
	r := b.result()
	if r.code == 1 && r.stdout == "" { // otherwise it reports
		return 0, 0
	}
	if r.code != 0 {
		t.Fatalf("replay: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	return r.number(t, "sent"), r.number(t, "sent again")
}

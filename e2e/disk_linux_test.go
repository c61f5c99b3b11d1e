package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk is a folder on a disk of its own, in memory, of so many MiB. It takes a user who may mount.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("streamgauge-e2e", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", mib)); err != nil {
		t.Skipf("mount a small disk: %v (only root may)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// ballast is a file that takes all the room of a disk but so many bytes.
func ballast(t *testing.T, dir string, leave uint64) (name string) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if free := st.Bavail * uint64(st.Bsize); free > leave {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(free-leave)); err != nil {
			t.Fatalf("fill the disk: %v", err)
		}
	}
	return name
}

// tracked sends events and remembers which of them were acknowledged.
type tracked struct{ sent, acked int64 }

// post sends the next n events in one request, and returns the answer's status. Whoever was not acknowledged is not sent again.
func (c *tracked) post(t *testing.T, s *server, n int) answer {
	t.Helper()
	var body []byte
	for range n {
		body = fmt.Appendf(body, `{"site":"shop","name":"pageview","url":"/%d","id":"e%[1]d","visitor":"v%[1]d"}`+"\n", c.sent)
		c.sent++
	}
	a := s.do(t, request{path: "/v1/events", body: body})
	if a.status == http.StatusAccepted {
		c.acked += int64(decode[posted](t, a.body).Accepted)
	}
	return a
}

// TestFullDisk: a full disk takes nothing and loses nothing, and everything goes on when there is room, without a restart.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 400)
	s := startServer(t, filepath.Join(dir, "data"))
	var c tracked
	if a := c.post(t, s, 100); a.status != http.StatusAccepted {
		t.Fatalf("with room: %d %s", a.status, a.body)
	}
	full := ballast(t, dir, 0)
	awaitRefusal(t, s, &c)
	for _, path := range []string{"/healthz", "/", "/api/v1/sites", "/api/v1/ledger?site=shop", "/metrics"} {
		if a := s.do(t, request{path: path}); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	s.figures(t, "shop", lastHours(1))
	makeRoom(t, full)
	await(t, "the server takes events again", func() bool { return c.post(t, s, 1).status == http.StatusAccepted })
	s.checkTracked(t, c)
	s.stop(t)
}

// TestStoreWithoutRoom: where there is room for the stream and no more for the store, which keeps a reserve, events are taken, and
// counted when there is room.
func TestStoreWithoutRoom(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 400)
	h := newHome(t)
	h.data = filepath.Join(dir, "data")
	s := h.start(t)
	var c tracked
	c.post(t, s, 100)
	s.awaitReceived(t, "shop", 100)
	full := ballast(t, dir, 64<<20)
	await(t, "the store misses its reserve", func() bool { // it looks now and then
		return s.do(t, request{path: "/api/v1/sites", body: fmt.Appendf(nil, `{"id":"s%d"}`, rand.Uint64()), media: "application/json"}).status == http.StatusServiceUnavailable
	})
	if a := s.do(t, request{path: "/readyz"}); a.status != http.StatusServiceUnavailable { // it said ready until an event had failed
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	for range 5 {
		if a := c.post(t, s, 100); a.status != http.StatusAccepted {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if b := s.ledger(t, "shop"); b.Received != 100 {
		t.Errorf("the books are %+v: the store has room", b)
	}
	makeRoom(t, full)
	s.checkTracked(t, c)
	s.stop(t)
}

func makeRoom(t *testing.T, ballast string) {
	t.Helper()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
}

// awaitRefusal sends until nothing is taken any more: what was set aside before may still have room.
func awaitRefusal(t *testing.T, s *server, c *tracked) (a answer) {
	t.Helper()
	await(t, "the disk is found full", func() bool {
		a = c.post(t, s, 100)
		return a.status != http.StatusAccepted
	})
	if a.status != http.StatusServiceUnavailable && a.status != http.StatusTooManyRequests {
		t.Errorf("a full disk is answered by %d %s", a.status, a.body)
	}
	if e := decode[apiError](t, a.body); e.Error.Code == "" || e.Error.Message == "" {
		t.Errorf("the error says %s", a.body)
	} else if d := decode[posted](t, e.Error.Details); d.Accepted != 0 {
		t.Errorf("%d events were accepted", d.Accepted)
	}
	return a
}

// checkTracked waits until all acknowledged events are counted, and looks that no other one is.
func (s *server) checkTracked(t *testing.T, c tracked) {
	t.Helper()
	s.awaitReceived(t, "shop", c.acked)
	s.mustRun(t, "audit", "--site", "shop")
	b := s.ledger(t, "shop")
	t.Attr("acknowledged", fmt.Sprint(c.acked))
	t.Attr("refused", fmt.Sprint(c.sent-c.acked))
	if b.Counted != c.acked || b.Received != c.acked || !b.Balanced {
		t.Errorf("the books are %+v, want %d", b, c.acked)
	}
	if got := s.query(t, "shop", lastHours(1), ""); got[0].Metrics != [3]int64{c.acked, c.acked, c.acked} {
		t.Errorf("visitors, pageviews, events %v, want %d", got, c.acked)
	}
}

// TestKilledOnAFullDisk: a server that is killed while the disk is full starts again when there is room, with all that it acknowledged.
func TestKilledOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 400)
	data := filepath.Join(dir, "data")
	s := startServer(t, data)
	var c tracked
	c.post(t, s, 100)
	full := ballast(t, dir, 0)
	awaitRefusal(t, s, &c)
	s.kill()

	// It may start on a full disk, or say why not; either way nothing is spoiled.
	s = launchServer(t, "--listen", "127.0.0.1:0", "--kinesis", "127.0.0.1:0", "--data", data)
	select {
	case <-s.exited:
		t.Logf("on a full disk: %v: %s", s.state, s.log.all())
	case <-s.log.ready:
		t.Log("it starts on a full disk")
		s.kill()
	}

	makeRoom(t, full)
	s = startServer(t, data)
	if a := c.post(t, s, 100); a.status != http.StatusAccepted {
		t.Errorf("with room again: %d %s", a.status, a.body)
	}
	s.checkTracked(t, c)
	s.stop(t)
}

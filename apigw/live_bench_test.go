package apigw

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// BenchmarkLivePush sends frames of about 2 KB to 2,000 readers, which are another process, and measures this one's CPU for each. Beside it stands the floor: net/http and
// nothing else.
func BenchmarkLivePush(b *testing.B) {
	const readers = 2000
	b.Run("live", func(b *testing.B) { benchmarkPush(b, readers, newPushedLive(b)) })
	b.Run("net-http", func(b *testing.B) { benchmarkPush(b, readers, newPushedPlain(b)) })
}

// pushed is a server of an event stream that is told when to push.
type pushed struct {
	handler http.Handler
	push    func()
	frames  func() int64 // how many were sent to each reader
}

// newPushedLive is the whole way: a commit, the feed, the handler.
func newPushedLive(b *testing.B) pushed {
	s := storetest.NewMemory()
	sites := aggregate.NewSites(s, time.Now)
	site, err := sites.Add(b.Context(), aggregate.Site{ID: "shop"})
	if err != nil {
		b.Fatal(err)
	}
	reader := aggregate.NewReader(s, sites)
	live := aggregate.NewLive(reader, aggregate.LiveOptions{Now: time.Now})
	b.Cleanup(live.Close)
	c := aggregate.NewCommitter(s, sites, aggregate.Options{OnCommit: live.Committed})
	server := New(Options{Store: s, Sites: sites, Reader: reader, Live: live, Now: time.Now})
	frames, err := live.Subscribe(b.Context(), site.ID, "")
	if err != nil {
		b.Fatal(err)
	}
	var sent atomic.Int64
	go func() {
		for range frames {
			sent.Add(1)
		}
	}()
	n := 0
	return pushed{server, func() { n++; fill(b, c, site, n) }, sent.Load}
}

// newPushedPlain is what net/http costs.
func newPushedPlain(b *testing.B) pushed {
	message := []byte("data: " + strings.Repeat("x", 2000) + "\n\n")
	var mu sync.Mutex
	var readers []chan []byte
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		frames := make(chan []byte, 16)
		mu.Lock()
		readers = append(readers, frames)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		rc := http.NewResponseController(w)
		for m := message; ; {
			if _, err := w.Write(m); err != nil {
				return
			}
			if err := rc.Flush(); err != nil {
				return
			}
			select {
			case m = <-frames:
			case <-r.Context().Done():
				return
			}
		}
	})
	sent := int64(0)
	return pushed{handler, func() {
		mu.Lock()
		defer mu.Unlock()
		sent++
		for _, frames := range readers {
			frames <- message
		}
	}, func() int64 { return sent }}
}

// pushGap is the time between two pushes: the feed sends no frames closer together.
const pushGap = 150 * time.Millisecond

func benchmarkPush(b *testing.B, readers int, p pushed) {
	web := httptest.NewServer(p.handler)
	defer web.Close()
	before := memoryInUse()
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestReaders$")
	child.Env = append(os.Environ(), "STREAMGAUGE_READ="+web.Listener.Addr().String(), "STREAMGAUGE_READERS="+strconv.Itoa(readers))
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	said := func(word string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), word+" "); ok {
				return rest
			}
		}
		b.Fatalf("the readers did not say %s", word)
		return ""
	}
	said("connected")
	total := func() int64 {
		fmt.Fprintln(stdin, "total")
		n, err := strconv.ParseInt(said("total"), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	p.push()
	time.Sleep(pushGap)
	after, began, bytes, pushes := memoryInUse(), cpuTime(), total(), p.frames()
	b.ResetTimer()
	for b.Loop() {
		p.push()
		time.Sleep(pushGap)
	}
	b.StopTimer()
	used := cpuTime() - began
	n := float64(p.frames()-pushes) * float64(readers)
	b.ReportMetric(float64(used.Microseconds())/n, "cpu-µs/push")
	b.ReportMetric(float64(total()-bytes)/n, "B/push")
	b.ReportMetric(float64(after-before)/float64(readers)/1024, "KiB/connection")
	b.ReportMetric(0, "ns/op")
	stdin.Close()
	if err := child.Wait(); err != nil {
		b.Fatal(err)
	}
}

// TestReaders is the process of the readers; it does nothing in an ordinary run.
func TestReaders(t *testing.T) {
	address := os.Getenv("STREAMGAUGE_READ")
	if address == "" {
		return
	}
	n, err := strconv.Atoi(os.Getenv("STREAMGAUGE_READERS"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	total := int64(0)
	conns := make([]net.Conn, 0, n)
	var reading sync.WaitGroup
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := io.WriteString(c, "GET /api/v1/live?site=shop HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 64)
		if _, err := io.ReadFull(c, first); err != nil || !bytes.HasPrefix(first, []byte("HTTP/1.1 200")) {
			t.Fatalf("%q %v", first, err)
		}
		reading.Go(func() {
			room := make([]byte, 8<<10)
			for {
				n, err := c.Read(room)
				mu.Lock()
				total += int64(n)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	fmt.Println("connected all")
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		mu.Lock()
		fmt.Println("total", total)
		mu.Unlock()
	}
	for _, c := range conns {
		c.Close()
	}
	reading.Wait()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memoryInUse is what the Go runtime has in use for heap and stacks.
func memoryInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// fill counts some pageviews, so that a frame has about 2 KB.
func fill(b *testing.B, c *aggregate.Committer, site aggregate.Site, n int) {
	copies := make([]aggregate.Copy, 10)
	for i := range copies {
		id := fmt.Sprint(n, "-", i)
		now := time.Now().UnixMilli()
		e := event.Event{Site: site.ID, Name: event.Pageview, ID: id, Visitor: id, TS: now, ReceivedAt: now}
		cp, err := c.Place(b.Context(), site, &e, aggregate.Position{Stream: "s", Shard: "0", SequenceNumber: id})
		if err != nil {
			b.Fatal(err)
		}
		cp.Hit = &sketch.Hit{At: cp.At}
		for f, text := range map[sketch.Field]string{
			sketch.Name: event.Pageview, sketch.Page: fmt.Sprint("/tea/", i), sketch.Country: "DE", sketch.Device: "Mobile", sketch.Browser: "Firefox",
		} {
			cp.Hit.Text[f] = text
		}
		copies[i] = cp
	}
	if _, err := c.Commit(b.Context(), copies); err != nil {
		b.Fatal(err)
	}
}

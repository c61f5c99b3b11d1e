package load

import (
	"io"
	"net"
	"testing"
	"time"
)

// The time of an answer is when it came, not when somebody had the time to look: of answers that lie for a while, none is later than when its server had written it.
func TestAnswerHasTheTimeWhenItCame(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	written := make(chan time.Time)
	go func() {
		defer close(written)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for buf := make([]byte, 4096); ; {
			if _, err := c.Read(buf); err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
			written <- time.Now()
		}
	}()
	var answers []Answer
	target, err := NewHTTP(t.Context(), HTTPOptions{URL: "http://" + l.Addr().String(), Connections: 1}, func(_ *Request, a Answer) { answers = append(answers, a) })
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 20; n++ {
		sent := time.Now()
		target.Start(&Request{Body: []byte("{}"), Items: make([]Item, 1), started: sent})
		for by := sent.Add(10 * time.Second); n == 1 && len(answers) == 0 && !busyNow(target.(*lean)) && time.Now().Before(by); {
			target.Wait(t.Context(), by) // until it is connected and has written
		}
		done := <-written
		lies := done.Add(20 * time.Millisecond)
		Clock{}.Wait(t.Context(), lies)
		for len(answers) < n {
			target.Wait(t.Context(), time.Now().Add(time.Second))
		}
		// The kernel begins to note times when the first socket asks for it, and takes a moment for that.
		if a := answers[n-1]; a.Fault != "" || a.At.Before(sent) || n > 3 && a.At.After(done) {
			t.Errorf("answer %d: %v, came %v after it was sent, and was written %v after that", n, a.Fault, a.At.Sub(sent), done.Sub(sent))
		}
	}
	if err := target.Close(); err != nil {
		t.Error(err)
	}
	<-written
}

func busyNow(l *lean) bool {
	for _, c := range l.conns {
		if c.state == busy {
			return true
		}
	}
	return false
}

// A clock that was set meanwhile is not believed.
func TestCameAt(t *testing.T) {
	now := time.Now()
	sent := now.Add(-time.Second)
	for name, c := range map[string]struct {
		came int64
		want time.Time
	}{
		"not known":      {0, now},
		"some time ago":  {now.Add(-300 * time.Millisecond).UnixNano(), now.Add(-300 * time.Millisecond)},
		"in the future":  {now.Add(time.Hour).UnixNano(), now},
		"before sending": {now.Add(-time.Hour).UnixNano(), now},
	} {
		if got := cameAt(c.came, sent, now); got.Sub(c.want).Abs() > time.Microsecond {
			t.Errorf("%s: %v, want %v", name, got.Sub(now), c.want.Sub(now))
		}
	}
}

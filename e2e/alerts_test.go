package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// hook is a webhook of somebody who checks signatures.
type hook struct {
	url string

	mu     sync.Mutex // guards what follows
	secret string
	fails  int
	told   []told
	faults []string
}

// told is a message, of an alert or of a final value.
type told struct {
	ID, Type, State, Site, Rule, Message string
	Revision, Pageviews                  int64
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL + "/hook"
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fails > 0 {
		h.fails--
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var m told
	if err := json.Unmarshal(body, &m); err != nil || m.ID != r.Header.Get("Streamgauge-Id") {
		h.faults = append(h.faults, fmt.Sprintf("%s: %s, %v", r.Header.Get("Streamgauge-Id"), body, err))
	}
	sent := r.Header.Get("Streamgauge-Signature")
	at, _, _ := strings.Cut(strings.TrimPrefix(sent, "t="), ",")
	mac := hmac.New(sha256.New, []byte(h.secret))
	fmt.Fprintf(mac, "%s.%s", at, body)
	if want := "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil)); sent != want {
		h.faults = append(h.faults, "the signature is "+sent+", want "+want)
	}
	h.told = append(h.told, m)
}

// of returns how often each message of a type was told, by its id.
func (h *hook) of(kind string) map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make(map[string]int)
	for _, m := range h.told {
		if m.Type == kind {
			ids[m.ID]++
		}
	}
	return ids
}

// TestAlerts: a running server settles minutes, publishes them, finds that a rule is broken, and tells a webhook, which fails at first; killed and started again it tells nothing
// that it has told before.
func TestAlerts(t *testing.T) {
	t.Parallel()
	h, finals := newHook(t), newHook(t)
	data := t.TempDir()
	s := startServer(t, data, "--publish", finals.url)
	s.mustRun(t, "site", "add", "shop")
	s.mustRun(t, "site", "set", "shop", "--webhook", h.url, "--alert", "threshold,name=Busy,metric=pageviews,over=2,minutes=1",
		"--alert", "silence,name=Quiet,minutes=30")
	secret := strings.TrimSpace(s.mustRun(t, "alerts", "secret", "--site", "shop"))
	h.secret, finals.secret = secret, secret
	s.mustRun(t, "alerts", "test", "--site", "shop")
	if len(h.told) != 1 || h.told[0].Rule != "test" {
		t.Fatalf("the test told %+v", h.told)
	}
	await(t, "the rules to be evaluated", func() bool {
		return strings.Count(s.mustRun(t, "alerts", "list", "--site", "shop"), " ok\n") == 2
	})
	h.mu.Lock()
	h.fails = 1
	h.mu.Unlock()
	// The minute is settled already: what comes now is a revision of it, and evaluated as such.
	minute := time.Now().Add(-10 * time.Second).Truncate(time.Minute).Add(-time.Minute)
	for i := range 3 {
		s.post(t, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","id":"%d","ts":%d}`, i, minute.UnixMilli()+int64(i)))
	}
	began := time.Now()
	await(t, "the webhook to be told", func() bool { return len(h.of("alert")) == 2 })
	t.Attr("click_to_alert", time.Since(began).Round(10*time.Millisecond).String())
	id := fmt.Sprintf("shop/busy/%d/firing", minute.UnixMilli())
	if got := h.of("alert"); got[id] != 1 {
		t.Errorf("told %v, want %s", got, id)
	}
	list := s.mustRun(t, "alerts", "list", "--site", "shop")
	if !strings.Contains(list, "firing") || !strings.Contains(list, "pageviews a minute over 2") {
		t.Errorf("listed:\n%s", list)
	}
	await(t, "the minute to be published with all of it", func() bool {
		finals.mu.Lock()
		defer finals.mu.Unlock()
		n := len(finals.told)
		return n > 0 && finals.told[n-1].Pageviews == 3
	})
	s.kill()
	s = startServer(t, data, "--publish", finals.url)
	s.post(t, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","id":"more","ts":%d}`, minute.UnixMilli()))
	await(t, "the next revision", func() bool {
		finals.mu.Lock()
		defer finals.mu.Unlock()
		return finals.told[len(finals.told)-1].Pageviews == 4
	})
	// Who is killed between a delivery and the note of it tells it again, by the same id.
	if got := h.of("alert"); got[id] < 1 || len(got) != 2 {
		t.Errorf("after a restart: %v", got)
	}
	s.stop(t)
	for _, who := range []*hook{h, finals} {
		if len(who.faults) > 0 {
			t.Errorf("%v", who.faults)
		}
	}
}

package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/aggregate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func sender(t *testing.T, a Addresses) *Webhook {
	t.Helper()
	w := NewWebhook(a, clock)
	t.Cleanup(w.Close)
	return w
}

func TestSend(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	m := aggregate.Message{ID: "shop/silence/1/firing", Target: server.URL + "/hook?x=1", Body: []byte(`{"a":1}`), Secret: "a secret of sixteen"}
	if err := sender(t, Private).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("a secret of sixteen"))
	mac.Write([]byte(`1773489600.{"a":1}`))
	want := "t=1773489600,v1=" + hex.EncodeToString(mac.Sum(nil))
	if s := got.Header.Get(SignatureHeader); s != want {
		t.Errorf("signature %s, want %s", s, want)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/hook?x=1" || string(body) != `{"a":1}` || got.Header.Get(IDHeader) != m.ID ||
		got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v: %s", got.Method, got.URL, got.Header, body)
	}
}

// A failure says what happened, without the URL; a redirect is not followed.
func TestSendFails(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/ok", http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	defer server.Close()
	w := sender(t, Private)
	for target, want := range map[string]string{
		server.URL + "/secret": "503", server.URL + "/away": "307", gone.URL + "/secret": "refused", "http://[::1/": "cannot be used",
	} {
		err := w.Send(t.Context(), aggregate.Message{Target: target})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
	if asked != 2 {
		t.Errorf("the server was asked %d times", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Send(ctx, aggregate.Message{Target: server.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string][2]bool{ // allowed by Public, by Private
		"93.184.215.14:443": {true, true}, "[2606:2800:21f:cb07::1]:443": {true, true},
		"127.0.0.1:80": {false, true}, "[::1]:80": {false, true}, "10.1.2.3:80": {false, true}, "192.168.0.9:80": {false, true}, "172.16.0.1:80": {false, true},
		"[::ffff:127.0.0.1]:80": {false, true}, "[fd12::1]:80": {false, true}, "100.64.0.1:80": {false, true},
		"169.254.169.254:80": {false, false}, "[fe80::1]:80": {false, false}, "[fd00:ec2::254]:80": {false, false}, "0.0.0.0:80": {false, false},
		"224.0.0.1:80": {false, false}, "not an address": {false, false},
	} {
		for i, a := range []Addresses{Public, Private} {
			if err := a.check(address); (err == nil) != want[i] || err != nil && !errors.Is(err, ErrAddress) {
				t.Errorf("%s, %d: %v", address, a, err)
			}
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if err := sender(t, Public).Send(t.Context(), aggregate.Message{Target: server.URL}); !errors.Is(err, ErrAddress) {
		t.Errorf("to this machine: %v", err)
	}
}

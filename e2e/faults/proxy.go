package faults

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands before a server of DynamoDB and fails a fifth of the calls: half of them before they are applied (throttled, refused, cut off), half after
// (answered an internal error, or not at all).
type Proxy struct {
	URL string

	next      http.Handler
	throttles bool // and nothing else: every failure says that nothing was applied

	mu            sync.Mutex
	rng           *rand.Rand // guarded by mu
	before, after int        // calls failed, guarded by mu
}

// Start starts a proxy before a server, until the end of the test. One that only throttles leaves nothing in doubt.
func Start(t testing.TB, target string, onlyThrottles bool) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("faults by seed %d", seed)
	next := httputil.NewSingleHostReverseProxy(u)
	next.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) } // the client has gone
	p := &Proxy{next: next, throttles: onlyThrottles, rng: rand.New(rand.NewPCG(seed, 1))}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// Failed returns how many calls failed before and after they were applied.
func (p *Proxy) Failed() (before, after int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.before, p.after
}

func (p *Proxy) draw() (before, after bool, how int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := p.rng.IntN(10); {
	case n > 1:
	case p.throttles:
		p.before++
		return true, false, 0
	case n == 0:
		before = true
		p.before++
	default:
		after = true
		p.after++
	}
	return before, after, p.rng.IntN(3)
}

// ServeHTTP implements [http.Handler]. A call of a client that is killed is passed on as a whole or not at all, as it is at the service: dynalite comes to its end by
// one that breaks off.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	before, after, how := p.draw()
	switch {
	case before && how == 0:
		refuse(w, http.StatusBadRequest, "ProvisionedThroughputExceededException")
	case before && how == 1:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
	case before:
		panic(http.ErrAbortHandler)
	case after:
		apply(p.next, r)
		if how == 0 {
			refuse(w, http.StatusInternalServerError, "InternalServerError")
			return
		}
		panic(http.ErrAbortHandler)
	default:
		p.next.ServeHTTP(w, r)
	}
}

// apply lets a call through and drops its answer.
func apply(next http.Handler, r *http.Request) {
	defer func() { _ = recover() }() // it did not come through: that is a fault too
	next.ServeHTTP(httptest.NewRecorder(), r)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"injected"}`)
}

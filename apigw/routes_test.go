package apigw

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
	}})
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/v1/nothing", 404, ""},
		{"POST", "/api/v1/nothing", 404, ""},
		{"GET", "/api/v2/", 404, ""},
		{"GET", "/elsewhere", 404, ""}, // there is no page in this server
		{"GET", "/v1/events", 405, "OPTIONS, POST"},
		{"GET", "/api/v2/query", 405, "POST"},
		{"OPTIONS", "/api/v2/query", 405, "POST"},
		{"POST", "/api/v1/live", 405, "GET, HEAD"},
		{"PUT", "/api/v1/ledger", 405, "GET, HEAD"},
		{"DELETE", "/api/v1/sites", 405, "GET, HEAD, POST"},
		{"GET", "/api/v1/sites/shop", 405, "DELETE, PATCH"},
		{"DELETE", "/api/v1/dlq/x", 405, "GET, HEAD"},
		{"GET", "/api/v1/audit", 405, "POST"},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"POST", "/readyz", 405, "GET, HEAD"},
		{"POST", "/metrics", 405, "GET, HEAD"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got := r.ask(tt.method, tt.path, "")
			got.wantError(t, tt.status, map[int]string{404: "not_found", 405: "method"}[tt.status])
			if got.header.Get("Allow") != tt.allow {
				t.Errorf("Allow %q, want %q", got.header.Get("Allow"), tt.allow)
			}
		})
	}
	for path, want := range map[string]string{"/healthz": `{"status":"ok"}`, "/readyz": `{"status":"ready"}`, "/metrics": "up 1"} {
		if got := r.ask(http.MethodGet, path, ""); got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := r.ask(http.MethodHead, path, ""); got.status != http.StatusOK {
			t.Errorf("HEAD %s: %d", path, got.status)
		}
	}
}

func TestPage(t *testing.T) {
	s := newDiscarding()
	s.o.Page = func(w http.ResponseWriter, r *http.Request, _ func() []byte) {
		_, _ = io.WriteString(w, "page "+r.URL.Path)
	}
	s = New(s.o)
	if got := send1(t, s, http.MethodGet, "/shop", ""); got.body != "page /shop" {
		t.Errorf("the page: %d %s", got.status, got.body)
	}
	send1(t, s, http.MethodGet, "/api/v1/shop", "").wantError(t, http.StatusNotFound, "not_found")
}

func TestPreflight(t *testing.T) {
	got := send1(t, newDiscarding(), http.MethodOptions, "/v1/events", "", "Origin: https://shop.example", "Access-Control-Request-Method: POST",
		"Access-Control-Request-Headers: content-type", "Sec-Fetch-Site: cross-site")
	if got.status != http.StatusNoContent || got.body != "" {
		t.Errorf("answer %d %s", got.status, got.body)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
	} {
		if v := got.header.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
}

func TestNotReady(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) {
		o.Ready = func(context.Context) error { return errors.New("secret") }
	}})
	got := r.ask(http.MethodGet, "/readyz", "")
	if got.wantError(t, http.StatusServiceUnavailable, "not_ready"); strings.Contains(got.body, "secret") {
		t.Errorf("answer %s", got.body)
	}
	r.wantFaults(1)
}

// A bug in a handler is told to OnError with its stack, and to the client without.
func TestPanics(t *testing.T) {
	var begun bool
	r := newRig(t, parts{options: func(o *Options) {
		o.Audit = func(context.Context, string) (any, error) { panic("secret") }
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			begun = true
			panic("secret")
		})
	}})
	got := r.ask(http.MethodPost, "/api/v1/audit", "")
	if got.wantError(t, http.StatusInternalServerError, "internal"); strings.Contains(got.body, "secret") {
		t.Errorf("answer %s", got.body)
	}
	for _, err := range r.wantFaults(1) {
		if !strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "routes_test.go") {
			t.Errorf("OnError was told %v", err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.web.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := r.web.Client().Do(req); err == nil {
		res.Body.Close()
		t.Errorf("half an answer was taken for a whole one: %v", res.Status)
	}
	if r.wantFaults(1); !begun {
		t.Error("the handler was not called")
	}
	if got := r.post(`{"site":"shop","name":"n"}`); got.status != http.StatusAccepted {
		t.Errorf("after that: %d %s", got.status, got.body)
	}
}

// A handler that breaks a connection off means it.
func TestAbort(t *testing.T) {
	s := newDiscarding()
	s.o.Page = func(http.ResponseWriter, *http.Request, func() []byte) { panic(http.ErrAbortHandler) }
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("panic %v", err)
		}
	}()
	send1(t, New(s.o), http.MethodGet, "/", "")
}

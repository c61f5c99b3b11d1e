package apigw

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with headers as "Name: value".
func (r *rig) ask(method, path, body string, headers ...string) reply {
	r.t.Helper()
	return send1(r.t, r.server, method, path, body, headers...)
}

// post sends events over the network.
func (r *rig) post(body string, headers ...string) reply {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.web.URL+"/v1/events", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	setHeaders(req, headers)
	res, err := r.web.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, strings.TrimSpace(string(got))}
}

// send1 lets a handler serve a request in process.
func send1(t testing.TB, h http.Handler, method, path, body string, headers ...string) reply {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:4711"
	setHeaders(req, headers)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return reply{w.Code, w.Result().Header, strings.TrimSpace(w.Body.String())}
}

func setHeaders(req *http.Request, headers []string) {
	for _, h := range headers {
		switch name, value, _ := strings.Cut(h, ": "); name {
		case "":
		case "Host":
			req.Host = value
		default:
			req.Header.Add(name, value)
		}
	}
}

// wantError checks that an answer is an error of that status and code, and returns its message.
func (a reply) wantError(t testing.TB, status int, code string) string {
	t.Helper()
	var e struct {
		Error struct{ Code, Message string }
	}
	err := json.Unmarshal([]byte(a.body), &e)
	if err != nil || a.status != status || e.Error.Code != code || e.Error.Message == "" {
		t.Errorf("answer %d %s, want %d with code %q and a message", a.status, a.body, status, code)
	}
	if ct := a.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("content type %q", ct)
	}
	return e.Error.Message
}

// decode reads a 2xx answer.
func decode[T any](t testing.TB, a reply) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status/100 != 2 {
		t.Fatalf("answer %d %s: %v", a.status, a.body, err)
	}
	return v
}

package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seen is what a handler saw of a request.
type seen struct{ method, target, host, remote, header, body string }

// invoke serves an event and returns what the handler saw, and the answer.
func invoke(t *testing.T, event []byte, answer func(http.ResponseWriter)) (seen, response) {
	t.Helper()
	var got seen
	h := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.URL.RequestURI(), r.Host, r.RemoteAddr, r.UserAgent() + r.Header.Get("Header1") + "|" + r.Header.Get("Cookie"), string(body)}
		if int64(len(body)) != r.ContentLength || r.RequestURI != r.URL.RequestURI() {
			t.Errorf("content length %d of %d bytes, target %q of %q", r.ContentLength, len(body), r.RequestURI, r.URL)
		}
		answer(w)
	}))
	out, err := h.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var r response
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return got, r
}

func hello(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Add("Vary", "Origin")
	w.Header().Add("Vary", "Cookie")
	http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "hello")
}

// The events of AWS's documentation, as package events of aws-lambda-go keeps them.
func TestDocumentedEvents(t *testing.T) {
	for file, want := range map[string]seen{
		"apigw-v2-request-no-authorizer": {"GET", "/", "aaaaaaaaaa.execute-api.us-west-2.amazonaws.com", "1.2.3.4:0", "curl/7.58.0|", ""},
		"lambda-urls-request": {"POST", "/my/path?parameter1=value1&parameter1=value2&parameter2=value", "", "123.123.123.123:0",
			"value1|cookie1; cookie2", "Hello from client!"},
		"apigw-request": {"POST", "/hello/world?name=me", "gy415nuibc.execute-api.us-east-1.amazonaws.com", "192.168.196.186:0",
			"PostmanRuntime/2.4.5|", "{\r\n\t\"a\": 1\r\n}"},
		"alb-lambda-target-request-headers-only": {"GET", "/?key=hello", "lambda-test-alb-1334523864.us-east-1.elb.amazonaws.com", "25.12.198.67:0",
			"curl/7.54.0|", ""},
		"alb-lambda-target-request-multivalue-headers": {"GET", "/?key=hello", "lambda-test-alb-1234567.us-east-1.elb.amazonaws.com", "72.21.198.67:0",
			"curl/7.54.0|", ""},
	} {
		event, err := os.ReadFile(filepath.Join("testdata", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		got, r := invoke(t, event, hello)
		if got != want {
			t.Errorf("%s:\n got %+q\nwant %+q", file, got, want)
		}
		if r.StatusCode != http.StatusAccepted || r.Body != "hello" || r.IsBase64Encoded {
			t.Errorf("%s: answer %+v", file, r)
		}
		cookies, vary := "", ""
		switch {
		case strings.HasPrefix(file, "apigw-v2"), strings.HasPrefix(file, "lambda-urls"):
			cookies, vary = strings.Join(r.Cookies, " "), r.Headers["Vary"]
		case strings.HasSuffix(file, "headers-only"):
			cookies, vary = "a=1 b=2", r.Headers["Vary"] // one header cannot say two cookies
		default:
			cookies, vary = strings.Join(r.MultiValueHeaders["Set-Cookie"], " "), strings.Join(r.MultiValueHeaders["Vary"], ", ")
		}
		if cookies != "a=1 b=2" || vary != "Origin, Cookie" {
			t.Errorf("%s: cookies %q, vary %q", file, cookies, vary)
		}
		if isALB := strings.HasPrefix(file, "alb"); isALB != (r.StatusDescription == "202 Accepted") {
			t.Errorf("%s: description %q", file, r.StatusDescription)
		}
	}
}

func v2(path, stage, body string, base64 bool) []byte {
	return fmt.Appendf(nil, `{"version":"2.0","rawPath":%q,"rawQueryString":"a=%%2Fb","requestContext":{"stage":%q,"http":{"method":"POST","sourceIp":"1.2.3.4"}},
		"body":%q,"isBase64Encoded":%v}`, path, stage, body, base64)
}

func TestStageIsNoPath(t *testing.T) {
	for _, c := range []struct{ path, stage, want string }{
		{"/v1/events", "$default", "/v1/events?a=%2Fb"}, {"/prod/v1/events", "prod", "/v1/events?a=%2Fb"}, {"/prod", "prod", "/?a=%2Fb"},
		{"/production", "prod", "/production?a=%2Fb"}, {"/v1/events", "prod", "/v1/events?a=%2Fb"}, {"/a%20b", "", "/a%20b?a=%2Fb"},
	} {
		if got, _ := invoke(t, v2(c.path, c.stage, "", false), hello); got.target != c.want {
			t.Errorf("%q of stage %q: %q", c.path, c.stage, got.target)
		}
	}
}

// What is no text goes as base64, and comes so.
func TestBytes(t *testing.T) {
	body := []byte{0x1f, 0x8b, 0, 0xff}
	got, r := invoke(t, v2("/", "", base64.StdEncoding.EncodeToString(body), true), func(w http.ResponseWriter) { _, _ = w.Write(body) })
	if got.body != string(body) {
		t.Errorf("body %q", got.body)
	}
	if b, err := base64.StdEncoding.DecodeString(r.Body); !r.IsBase64Encoded || err != nil || string(b) != string(body) {
		t.Errorf("answer %+v", r)
	}
	_, r = invoke(t, v2("/", "", "", false), func(w http.ResponseWriter) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = io.WriteString(w, "looks like text")
	})
	if !r.IsBase64Encoded {
		t.Error("an encoded answer went as text")
	}
}

func TestBadRequests(t *testing.T) {
	for name, event := range map[string][]byte{"body": v2("/", "", "no base64!", true), "path": v2("/%zz", "", "", false)} {
		if _, r := invoke(t, event, hello); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for name, event := range map[string]string{"no JSON": "x", "an event of Kinesis": `{"Records":[]}`, "2.0 without a method": `{"version":"2.0","rawPath":"/"}`} {
		if out, err := New(http.NotFoundHandler()).Invoke(t.Context(), []byte(event)); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestBrokenAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"aborted": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "internal"},
		"too large": {func(w http.ResponseWriter) {
			for range 100 {
				_, _ = w.Write(make([]byte, 100<<10))
			}
		}, "too_large"},
	} {
		_, r := invoke(t, v2("/", "", "", false), c.answer)
		if r.StatusCode != http.StatusInternalServerError || !strings.Contains(r.Body, c.want) {
			t.Errorf("%s: %d %.100s", name, r.StatusCode, r.Body)
		}
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "POST /") {
			t.Errorf("a panic became %v", p)
		}
	}()
	invoke(t, v2("/", "", "", false), func(http.ResponseWriter) { panic("broken") })
}

// Whatever event comes, the adapter answers or says why not, and the request is one that net/http could have read.
func FuzzInvoke(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	h := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL == nil || !strings.HasPrefix(r.URL.RequestURI(), "/") || slices.Contains([]string{"", " "}, r.Method) {
			panic("no request")
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	f.Fuzz(func(t *testing.T, event []byte) {
		out, err := h.Invoke(context.Background(), event)
		if err == nil && !json.Valid(out) {
			t.Errorf("%q", out)
		}
	})
}

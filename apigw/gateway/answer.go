package gateway

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxAnswer is how large a body can be: Lambda takes 6 MB of JSON, in which a third more is needed for base64.
const maxAnswer = 4 << 20

// recorder collects an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	begun  bool
}

func newRecorder() *recorder { return &recorder{header: make(http.Header), status: http.StatusOK} }

func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter]. Informational answers are dropped: nothing can be sent before the end.
func (r *recorder) WriteHeader(status int) {
	if r.begun || status < http.StatusOK {
		return
	}
	r.begun, r.status = true, status
	r.header = r.header.Clone() // what is set later is too late, as with net/http
}

// errTooLarge is told to the handler when an answer grows beyond what can be sent.
var errTooLarge = fmt.Errorf("gateway: an answer of more than %d bytes cannot be sent", maxAnswer)

func (r *recorder) Write(b []byte) (int, error) {
	if !r.begun {
		if r.header.Get("Content-Type") == "" {
			r.header.Set("Content-Type", http.DetectContentType(b))
		}
		r.WriteHeader(http.StatusOK)
	}
	if r.body.Len()+len(b) > maxAnswer {
		r.tooLarge()
		return 0, errTooLarge
	}
	return r.body.Write(b)
}

// tooLarge puts an error in the place of the answer. What is written afterwards is not taken.
func (r *recorder) tooLarge() {
	r.fail(http.StatusInternalServerError, "too_large", "the answer is too large; ask for less")
}

func (r *recorder) fail(status int, code, message string) {
	r.begun, r.status = true, status
	r.header = http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Cache-Control": {"no-store"}}
	r.body.Reset()
	fmt.Fprintf(&r.body, `{"error":{"code":%q,"message":%q}}`+"\n", code, message)
}

// response is every form of answer at once.
type response struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription,omitempty"`
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies           []string            `json:"cookies,omitempty"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

func (r *recorder) answer(to invoker) response {
	out := response{StatusCode: r.status}
	switch to {
	case httpAPI:
		out.Cookies = r.header.Values("Set-Cookie")
		out.Headers = single(r.header, "Set-Cookie")
	case restAPI, balancerMV:
		out.MultiValueHeaders = r.header
	case balancer:
		out.Headers = single(r.header, "")
	}
	if to == balancer || to == balancerMV {
		out.StatusDescription = fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	}
	if body := r.body.Bytes(); r.header.Get("Content-Encoding") == "" && utf8.Valid(body) {
		out.Body = string(body)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return out
}

// single joins the values of each header (RFC 9110, section 5.3) but of one, for which that is not possible.
func single(h http.Header, but string) map[string]string {
	m := make(map[string]string, len(h))
	for name, values := range h {
		if name != but {
			m[name] = strings.Join(values, ", ")
		}
	}
	return m
}

package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// HTTPOptions say how events are sent to the POST /v1/events of a front door. The zero value of a field stands for its default.
type HTTPOptions struct {
	URL string // of the door's POST /v1/events; required
	// Connections is how many there may be at one time. Default 256. What is due while all are busy waits for one, and that is part of
	// its latency.
	Connections int
	// PerVisit gives each visit a connection of its own, which is closed when the visit ends, instead of keeping connections alive.
	PerVisit bool
	// Timeout is how long an answer may take. Default 30 s.
	Timeout time.Duration
	// Header is sent with every request.
	Header map[string]string
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.Connections == 0 {
		o.Connections = 256
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return o
}

func (o HTTPOptions) parse() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a front door, such as http://127.0.0.1:8080/v1/events", o.URL)
	}
	if o.Connections < 0 || o.Timeout < 0 {
		return nil, errors.New("neither the connections nor the timeout may be negative")
	}
	for name, value := range o.Header {
		if strings.ContainsFunc(value, unicode.IsControl) { // it would end the header (RFC 9112, section 2.2)
			return nil, fmt.Errorf("the value of the header %s must not hold control characters", name)
		}
	}
	return u, nil
}

// Content types of a request of one event and of several.
const (
	oneEvent      = "application/json"
	severalEvents = "application/x-ndjson"
)

// Faults of HTTP.
const (
	faultConnect = "no connection"
	faultBroken  = "connection broken"
	faultTimeout = "timeout"
	faultOdd     = "answer not understood"
)

// untaken are the answers to a request that nobody looked into.
var untaken = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}

// judge says what the answer to a request of n events means. Of 429 and 503 the door says that nothing was written. Of 401 and 403 it says so too, and nothing about
// the events.
func judge(status int, body []byte, n int) Answer {
	switch {
	case status >= 200 && status < 300:
		return judgeTaken(body, n)
	case slices.Contains(untaken, status):
		return Answer{Fault: "http " + strconv.Itoa(status), Verdict: Untaken}
	case status >= 400 && status < 500:
		return Answer{Verdict: Refused}
	}
	return Answer{Fault: "http " + strconv.Itoa(status), Verdict: Unknown}
}

var acceptedIntro = []byte(`{"accepted":`)

// judgeTaken reads the answer of a success. One that says nothing about events, as of another kind of server, is taken at its word.
func judgeTaken(body []byte, n int) Answer {
	rest, ours := bytes.CutPrefix(body, acceptedIntro)
	if !ours {
		return Answer{Verdict: Accepted}
	}
	if comma := bytes.IndexByte(rest, ','); comma > 0 {
		if accepted, err := strconv.Atoi(string(rest[:comma])); err == nil && accepted == n {
			return Answer{Verdict: Accepted}
		}
	}
	var a struct {
		Accepted int
		Results  []struct {
			Index  int
			Status string
		}
	}
	odd := Answer{Fault: faultOdd, Verdict: Unknown}
	if json.Unmarshal(body, &a) != nil || a.Accepted+len(a.Results) != n {
		return odd
	}
	verdicts := make([]Verdict, n)
	for i := range verdicts {
		verdicts[i] = Accepted
	}
	for _, r := range a.Results {
		if r.Index < 0 || r.Index >= n {
			return odd
		}
		switch r.Status {
		case "invalid":
			verdicts[r.Index] = Refused
		default:
			verdicts[r.Index] = Untaken
		}
	}
	return Answer{Verdicts: verdicts}
}

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a user does with a server: requests by HTTP, and commands of the command line.

// answer is what the server said to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is a request to be made. The zero value of a field means that it is not sent.
type request struct {
	method   string // POST where there is a body, else GET
	path     string
	body     []byte
	media    string // Content-Type
	encoding string // Content-Encoding
}

// try makes the request, once. An error means that there was no answer.
func (s *server) try(r request) (answer, error) {
	if r.method == "" {
		r.method = http.MethodGet
		if r.body != nil {
			r.method = http.MethodPost
		}
	}
	req, err := http.NewRequest(r.method, s.HTTP+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	for key, value := range map[string]string{"Content-Type": r.media, "Content-Encoding": r.encoding} {
		if value != "" {
			req.Header.Set(key, value)
		}
	}
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body}, err
}

func (s *server) do(t *testing.T, r request) answer {
	t.Helper()
	a, err := s.try(r)
	if err != nil {
		t.Fatalf("%s: %v", r.path, err)
	}
	return a
}

// post sends events, which must be answered by 202.
func (s *server) post(t *testing.T, events string) posted {
	t.Helper()
	a := s.do(t, request{path: "/v1/events?ids=1", body: []byte(events)})
	if a.status != http.StatusAccepted {
		t.Fatalf("POST /v1/events: %d %s", a.status, a.body)
	}
	return decode[posted](t, a.body)
}

// posted is the answer 202 to POST /v1/events, and the details of one that took nothing.
type posted struct {
	Accepted int
	Results  []struct {
		Index  int
		ID     string
		Status string
		Errors []struct{ Code, Field, Message string }
	}
}

// apiError is an answer that is no success.
type apiError struct {
	Error struct {
		Code, Message string
		Details       json.RawMessage
	}
}

func decode[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("decode %T: %v\n%s", v, err, data)
	}
	return v
}

// books are the ledger of a site, or of all with "".
type books struct {
	Accepted, Received, Counted, Duplicate, Bot, Late, Quarantined, Redelivered int64
	InTransit                                                                   int64 `json:"in_transit"`
	Balanced                                                                    bool
	Reasons                                                                     map[string]int64
}

func (s *server) ledger(t *testing.T, site string) books {
	t.Helper()
	a := s.do(t, request{path: "/api/v1/ledger?" + url.Values{"site": {site}}.Encode()})
	if a.status != http.StatusOK {
		t.Fatalf("ledger of %q: %d %s", site, a.status, a.body)
	}
	return decode[books](t, a.body)
}

// awaitReceived waits until n copies of the site's events have left the stream, and returns the books then.
func (s *server) awaitReceived(t *testing.T, site string, n int64) (b books) {
	t.Helper()
	await(t, "copies received of "+site, func() bool {
		b = s.ledger(t, site)
		return b.Received >= n
	})
	return b
}

// span is a span of event time for queries.
type span struct{ from, to time.Time }

// lastHours is a span that ends a little after now.
func lastHours(n int) span {
	now := time.Now().UTC().Truncate(time.Minute)
	return span{now.Add(-time.Duration(n) * time.Hour), now.Add(10 * time.Minute)}
}

// row is a row of a query: dimension, and visitors, pageviews and events.
type row struct {
	Dimensions []string
	Metrics    [3]int64
}

// query asks for all metrics of a site by a dimension, or for the totals with "".
func (s *server) query(t *testing.T, site string, sp span, dimension string) []row {
	t.Helper()
	ask := map[string]any{
		"site_id": site, "metrics": []string{"visitors", "pageviews", "events"},
		"date_range": []string{sp.from.Format(time.RFC3339), sp.to.Format(time.RFC3339)},
	}
	if dimension != "" {
		ask["dimensions"] = []string{dimension}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	a := s.do(t, request{path: "/api/v2/query", body: body, media: "application/json"})
	if a.status != http.StatusOK {
		t.Fatalf("query of %s by %q: %d %s", site, dimension, a.status, a.body)
	}
	out := decode[struct {
		Results []row
		Meta    struct{ Exact bool }
	}](t, a.body)
	if !out.Meta.Exact {
		t.Errorf("the answer by %q is not exact", dimension)
	}
	return out.Results
}

// dimensions are all that a query can be asked by.
var dimensions = []string{"", "event:page", "event:name", "time:minute"}

// figures are the rows of every query: by dimension, and by its value.
type figures map[string]map[string][3]int64

func (s *server) figures(t *testing.T, site string, sp span) figures {
	t.Helper()
	all := make(figures)
	for _, d := range dimensions {
		all[d] = make(map[string][3]int64)
		for _, r := range s.query(t, site, sp, d) {
			all[d][strings.Join(r.Dimensions, "")] = r.Metrics
		}
	}
	return all
}

// differ fails the test for every figure that is not what it should be, up to a few of a dimension.
func (f figures) differ(t *testing.T, want figures) {
	t.Helper()
	for _, d := range dimensions {
		wrong := 0
		for key := range want[d] {
			if f[d][key] != want[d][key] {
				wrong++
				if wrong <= 5 {
					t.Errorf("%q %q: visitors, pageviews, events %v, want %v", d, key, f[d][key], want[d][key])
				}
			}
		}
		if len(f[d]) != len(want[d]) || wrong > 0 {
			t.Errorf("%q: %d rows, want %d; %d are wrong", d, len(f[d]), len(want[d]), wrong)
		}
	}
}

// ran is how a command ended.
type ran struct {
	stdout, stderr string
	code           int
}

// run runs a command of the command line against the server.
func (s *server) run(t *testing.T, args ...string) ran {
	t.Helper()
	cmd := s.command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %v: %v", args, err)
	}
	return ran{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// mustRun is run for a command that must succeed. It returns what it printed.
func (s *server) mustRun(t *testing.T, args ...string) string {
	t.Helper()
	r := s.run(t, args...)
	if r.code != 0 {
		t.Fatalf("streamgauge %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

func (s *server) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), buildBinary(t), args...)
	cmd.Env = append(os.Environ(), "STREAMGAUGE_SERVER="+s.HTTP)
	return cmd
}

// reported is the figure that a command printed in the line that begins with name, or "".
func (r ran) reported(name string) string {
	for line := range strings.Lines(r.stdout) {
		if rest, ok := strings.CutPrefix(line, name+"  "); ok {
			return strings.Fields(rest)[0]
		}
	}
	return ""
}

// number is a reported figure; one that was not printed is 0.
func (r ran) number(t *testing.T, name string) int64 {
	t.Helper()
	n, err := strconv.ParseInt("0"+r.reported(name), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

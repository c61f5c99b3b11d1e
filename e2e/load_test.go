package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/producer/load"
)

// loadResult runs "streamgauge load" with these arguments, and returns what --json says.
func (s *server) loadResult(t *testing.T, args ...string) (load.Result, ran) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "load.json")
	r := s.run(t, append([]string{"load", "--json", file}, args...)...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("load %v ended with %d and wrote no result:\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return decode[load.Result](t, data), r
}

// mischief is a mix in which every kind of copy occurs.
var mischief = []string{"--bots", "4%", "--duplicates", "3%", "--late", "1%", "--out-of-order", "3%", "--malformed", "1%"}

// TestLoadVerifies sends every kind of copy, single and in batches, over connections that are kept and one a visitor, over HTTP and straight onto the stream, and has every
// event found counted exactly once. Two runs on one site do not disturb each other.
func TestLoadVerifies(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	door := s.HTTP + "/v1/events"
	stream := "kinesis://clicks?region=eu-central-1&endpoint=" + url.QueryEscape(s.Kinesis)
	for _, c := range []struct{ name, target, args string }{
		{"single", door, "--rate 300/s"},
		{"batch", door, "--rate 1k/s --batch 20"},
		{"a connection a visitor", door, "--rate 200/s --connection visitor --visitors 50"},
		{"stream", stream, "--rate 1k/s --batch 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append(strings.Fields(c.args), "--target", c.target, "--server", s.HTTP, "--for", "3s", "--verify", "--slo", "errors<0.1%", "--seed", "7")
			r, how := s.loadResult(t, append(args, mischief...)...)
			if how.code != 0 || r.Verified == nil || !r.Verified.OK || r.Totals.Failed > 0 || r.Freshness == nil || r.Freshness.Count == 0 {
				t.Fatalf("exit code %d\n%s%s", how.code, how.stdout, how.stderr)
			}
			for _, kind := range []string{"ordinary", "repeated", "crawler", "overdue", "malformed"} {
				if r.Totals.Kinds[kind] == 0 {
					t.Errorf("no %s copy was sent: %v", kind, r.Totals.Kinds)
				}
			}
			t.Attr("visible_p99_"+strings.ReplaceAll(c.name, " ", "_"), load.Milliseconds(r.Freshness.P99))
		})
	}
	s.stop(t)
}

// liar stands before an honest server. Of what the server accepts it drops one in a thousand and answers as if it had not; another one in a thousand it sends
// twice, under another id, so that it counts twice and nearly nothing shows in the sums.
type liar struct {
	proxy *httputil.ReverseProxy

	mu      sync.Mutex // guards what follows
	n       int
	dropped []string
	doubled int
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/events" {
		l.proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	kept, events := l.twist(body)
	if len(kept) == 0 {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"accepted":%d,"results":[]}`, events)
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(kept)), int64(len(kept))
	r.Header.Set("Content-Type", "application/x-ndjson")
	answer := httptest.NewRecorder()
	l.proxy.ServeHTTP(answer, r)
	w.WriteHeader(answer.Code)
	if answer.Code == http.StatusAccepted {
		fmt.Fprintf(w, `{"accepted":%d,"results":[]}`, events)
	}
}

// twist returns what goes on of a body, and how many events it had.
func (l *liar) twist(body []byte) (kept []byte, events int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		events++
		var e struct{ ID string }
		_ = json.Unmarshal(line, &e)
		l.n++
		switch l.n % 1000 {
		case 300:
			l.dropped = append(l.dropped, e.ID)
			continue
		case 700:
			l.doubled++
			other := "f" + e.ID[1:35] + "0"
			kept = append(append(kept, bytes.Replace(line, []byte(e.ID), []byte(other), 1)...), '\n')
		}
		kept = append(append(kept, line...), '\n')
	}
	return kept, events
}

// TestLoadFindsALiar: events that were dropped are named by their ids, and those that were made up by the server's own hashes.
func TestLoadFindsALiar(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	to, err := url.Parse(s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, FlushInterval: -1}}
	front := httptest.NewServer(l)
	defer front.Close()
	r, how := s.loadResult(t, "--target", front.URL+"/v1/events", "--rate", "1500/s", "--batch", "10", "--for", "3s", "--verify", "--bots", "0%", "--duplicates", "0%", "--late", "0%", "--malformed", "0%")
	v := r.Verified
	if how.code != 1 || v == nil || v.OK || !strings.Contains(how.stderr, "the server's figures are not those of what it accepted") {
		t.Fatalf("exit code %d\n%s%s", how.code, how.stdout, how.stderr)
	}
	if v.Missing.Events != uint64(len(l.dropped)) || v.Foreign.Events != uint64(l.doubled) || len(l.dropped) == 0 || l.doubled == 0 {
		t.Errorf("it dropped %d and doubled %d: %+v", len(l.dropped), l.doubled, v)
	}
	for _, id := range v.Missing.Examples {
		if !strings.Contains(strings.Join(l.dropped, " "), id) || !strings.Contains(how.stdout, id) {
			t.Errorf("%s was not dropped, or is not named", id)
		}
	}
	s.stop(t)
}

// TestLoadOnKinesalite: another Kinesis than ours takes the load, and where it throttles that is what is said.
func TestLoadOnKinesalite(t *testing.T) {
	t.Parallel()
	endpoint := npm.Start(t, "kinesalite")
	c := settled{kinesisClient(endpoint)}
	if _, err := c.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(2)}); err != nil {
		t.Fatal(err)
	}
	s := &server{HTTP: "http://127.0.0.1:1"} // nobody asks it
	target := "kinesis://clicks?region=us-east-1&endpoint=" + url.QueryEscape(endpoint)
	r, how := s.loadResult(t, "--target", target, "--rate", "300/s", "--for", "2s")
	if how.code != 0 || r.Totals.Failed > 0 || r.Totals.Accepted != r.Totals.Due {
		t.Errorf("exit code %d\n%s%s", how.code, how.stdout, how.stderr)
	}
	// Throttled by a stand-in before it: kinesalite itself never does.
	slow := httptest.NewServer(throttling(t, endpoint))
	defer slow.Close()
	target = "kinesis://clicks?region=us-east-1&endpoint=" + url.QueryEscape(slow.URL)
	r, how = s.loadResult(t, "--target", target, "--rate", "300/s", "--for", "2s", "--timeout", "1s", "--slo", "errors<1%")
	if how.code != 1 || r.Totals.Errors["throttled"] == 0 || r.Totals.Errors["throttled"] != r.Totals.Failed || !strings.Contains(how.stdout, "throttled") {
		t.Errorf("exit code %d\n%s%s", how.code, how.stdout, how.stderr)
	}
}

// throttling passes everything on but PutRecords, of which it refuses every record.
func throttling(t *testing.T, endpoint string) http.Handler {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutRecords") {
			proxy.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ProvisionedThroughputExceededException","message":"slow down"}`)
	})
}

// TestLoadReport looks at a report in a real browser, in light and in dark. The screenshots in artifacts/ are there to be looked at.
func TestLoadReport(t *testing.T) {
	t.Parallel()
	check := browserCheck(t, patience, "load_report.mjs")
	s := startServer(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "report.html")
	s.mustRun(t, "load", "--target", s.HTTP, "--rate", "300/s", "--for", "4s", "--profile", "step", "--verify", "--slo", "errors<1%", "--report", file)
	s.stop(t)
	check(file, artifacts(t))
}

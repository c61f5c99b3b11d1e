package apigw

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

func packed(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pageviews is n events of a site, one a line, with the ids 0, 1, 2 …
func pageviews(site string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"site":%q,"name":"pageview","url":"/p","visitor":"v%d","id":"%d"}`+"\n", site, i, i)
	}
	return b.String()
}

func padded(n int) string {
	one := `{"site":"shop","name":"n","id":"1"}`
	return one + strings.Repeat(" ", n-len(one))
}

// What is taken, whole or in part.
func TestTakesEvents(t *testing.T) {
	const a, b = `{"site":"shop","name":"n","id":"a"}`, `{"site":"shop","name":"n","id":"b","visitor":"v"}`
	const all = `{"accepted":2,"results":[]}`
	goodAndOneBad := strings.Replace(pageviews("shop", 500), `"name":"pageview","url":"/p","visitor":"v77"`, `"name":7`, 1)
	tests := []struct {
		name, query, body string
		header            string
		want              string
		stored            int
	}{
		{name: "one", body: a, want: `{"accepted":1,"results":[]}`, stored: 1},
		{name: "array", body: "[" + a + "," + b + "]", want: all, stored: 2},
		{name: "lines", body: a + "\n\n" + b + "\n", want: all, stored: 2},
		{name: "gzip", body: packed(t, a+"\n"+b), header: "Content-Encoding: gzip", want: all, stored: 2},
		{name: "gzip by its other name", body: packed(t, a), header: "Content-Encoding: X-GZIP", want: `{"accepted":1,"results":[]}`, stored: 1},
		{name: "a beacon", body: a, header: "Content-Type: text/plain;charset=UTF-8", want: `{"accepted":1,"results":[]}`, stored: 1},
		{name: "curl -d", body: a, header: "Content-Type: application/x-www-form-urlencoded", want: `{"accepted":1,"results":[]}`, stored: 1},
		{
			name: "ids", query: "?ids=1", body: "[" + a + `,{"site":"shop","id":"c"}]`, stored: 1,
			want: `{"accepted":1,"results":[{"index":0,"id":"a","status":"accepted"},` +
				`{"index":1,"id":"c","status":"invalid","errors":[{"code":"required","field":"name"}]}]}`,
		},
		{
			name: "a lone bad one", body: `{"site":"Shop","name":"n"}`,
			want: `{"accepted":0,"results":[{"index":0,"status":"invalid","errors":[{"code":"format","field":"site"}]}]}`,
		},
		{
			name: "a line that is not JSON", body: a + "\n{\"site\":\n" + b, stored: 2,
			want: `{"accepted":2,"results":[{"index":1,"status":"invalid","errors":[{"code":"malformed","field":""}]}]}`,
		},
		{
			name: "no object", body: `5`,
			want: `{"accepted":0,"results":[{"index":0,"status":"invalid","errors":[{"code":"malformed","field":""}]}]}`,
		},
		{
			name: "one bad among 499 good", body: goodAndOneBad, stored: 499,
			want: `{"accepted":499,"results":[{"index":77,"id":"77","status":"invalid","errors":[{"code":"type","field":"name"}]}]}`,
		},
		{
			name: "a bad id is not repeated", body: `{"site":"shop","name":"n","id":"` + strings.Repeat("x", 301) + `"}`,
			want: `{"accepted":0,"results":[{"index":0,"status":"invalid","errors":[{"code":"too_long","field":"id"}]}]}`,
		},
		{
			name: "invalid UTF-8", body: "{\"site\":\"shop\",\"name\":\"\xff\"}",
			want: `{"accepted":0,"results":[{"index":0,"status":"invalid","errors":[{"code":"utf8","field":"name"}]}]}`,
		},
		{
			name: "NUL", body: `{"site":"shop","name":"a\u0000"}`,
			want: `{"accepted":0,"results":[{"index":0,"status":"invalid","errors":[{"code":"format","field":"name"}]}]}`,
		},
		{
			name: "what is discarded cannot be wrong", stored: 1, want: `{"accepted":1,"results":[]}`,
			body: `{"site":"shop","name":"n","received_at":"now","ua":7,"country":[],"region":1,"city":true,"door_visitor":{},"bot":0}`,
		},
		{name: "as large as can be", body: padded(event.MaxRequestBytes), stored: 1, want: `{"accepted":1,"results":[]}`},
		{name: "as many as can be", body: pageviews("shop", event.MaxRequestEvents), stored: 500, want: `{"accepted":500,"results":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, parts{})
			header := tt.header
			if header == "" {
				header = "Content-Type: application/json"
			}
			got := r.ask(http.MethodPost, "/v1/events"+tt.query, tt.body, header)
			if got.status != http.StatusAccepted || !sameJSON(got.body, tt.want) {
				t.Errorf("answer %d %s, want %s", got.status, got.body, tt.want)
			}
			if n := len(r.onStream()); n != tt.stored {
				t.Errorf("%d events on the stream, want %d", n, tt.stored)
			}
			r.wantFaults(0)
		})
	}
}

// sameJSON compares but for messages of package event, whose wording is its own.
func sameJSON(a, b string) bool { return withoutMessages(a) == withoutMessages(b) }

func withoutMessages(s string) string {
	parts := strings.Split(s, `,"message":"`)
	for i, p := range parts[1:] {
		end := strings.Index(strings.ReplaceAll(p, `\"`, "  "), `"`)
		parts[i+1] = p[end+1:]
	}
	return strings.Join(parts, "")
}

// What is refused as a whole: nothing of it reaches the stream.
func TestRefusesRequests(t *testing.T) {
	const one = `{"site":"shop","name":"n"}`
	bomb := packed(t, strings.Repeat(" ", 50<<20))
	tests := []struct {
		name, body, header string
		status             int
		code               string
	}{
		{"nothing", "", "", 400, "empty"},
		{"white space", " \n\t", "", 400, "empty"},
		{"an empty array", "[]", "", 400, "empty"},
		{"no JSON", "hello", "", 400, "malformed"},
		{"half a JSON", one[:20], "", 400, "malformed"},
		{"an array with a fault", "[" + one + ",{]", "", 400, "malformed"},
		{"too deep", strings.Repeat("[", 100_000), "", 400, "malformed"},
		{"too deep an event", `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", "", 400, "malformed"},
		{"no gzip", one, "Content-Encoding: gzip", 400, "gzip"},
		{"half a gzip", packed(t, one)[:30], "Content-Encoding: gzip", 400, "body"},
		{"damaged gzip", packed(t, one)[:42] + "garbage garbage", "Content-Encoding: gzip", 400, "body"},
		{"a byte too many", padded(event.MaxRequestBytes + 1), "", 413, "body_too_large"},
		{"a gzip bomb", bomb, "Content-Encoding: gzip", 413, "body_too_large"},
		{"an event too many", pageviews("shop", event.MaxRequestEvents+1), "", 413, "too_many_events"},
		{"an event too many in an array", "[" + strings.TrimSuffix(strings.Repeat(one+",", 501), ",") + "]", "", 413, "too_many_events"},
		{"another type", one, "Content-Type: text/html", 415, "media_type"},
		{"another encoding", one, "Content-Encoding: br", 415, "encoding"},
		{"two encodings", one, "Content-Encoding: gzip, gzip", 415, "encoding"},
	}
	r := newRig(t, parts{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"in process", "over the network"} {
				var got reply
				if path == "in process" {
					got = r.ask(http.MethodPost, "/v1/events", tt.body, tt.header)
				} else if len(tt.body) < 256<<10 { // of a larger one the connection may be closed before all is sent
					got = r.post(tt.body, tt.header)
				} else {
					continue
				}
				got.wantError(t, tt.status, tt.code)
				if got.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s: a page of another origin cannot read why", path)
				}
			}
		})
	}
	if got := r.onStream(); len(got) != 0 {
		t.Errorf("on the stream: %v", got)
	}
	r.wantFaults(0)
}

// largeEvent is a valid event of so many bytes, none of which can be left out.
func largeEvent(bytes int) string {
	var b strings.Builder
	b.WriteString(`{"site":"shop","name":"n","props":{"a":""`)
	for i := 0; b.Len() < bytes-2100; i++ {
		fmt.Fprintf(&b, `,"%02d":"%s"`, i, strings.Repeat("x", 1900))
	}
	b.WriteString(`,"z":"`)
	b.WriteString(strings.Repeat("x", bytes-b.Len()-len(`"}}`)))
	return b.String() + `"}}`
}

// An event at the limit is taken, and whatever is taken can be read by the consumer: an event that the stamp makes too large is not.
func TestSizeOfEvents(t *testing.T) {
	worst := "User-Agent: " + strings.Repeat(`"`, 3000) // of what net/http lets through
	tests := []struct {
		bytes    int
		agent    string
		accepted bool
	}{
		{event.MaxBytes, "User-Agent: browser", true},
		{event.MaxBytes, worst, true},
		{event.MaxBytes + 1, "User-Agent: browser", false},
		{event.MaxBytes, "User-Agent: " + strings.Repeat("\x01", 2000), false},
	}
	for _, tt := range tests {
		r := newRig(t, parts{})
		body := largeEvent(tt.bytes)
		if len(body) != tt.bytes {
			t.Fatalf("the test's event has %d bytes, want %d", len(body), tt.bytes)
		}
		a := decode[eventsAnswer](t, r.ask(http.MethodPost, "/v1/events", body, tt.agent))
		if a.Accepted == 1 != tt.accepted || !tt.accepted && (a.Results[0].Errors[0].Code != event.CodeTooLong || a.Results[0].Errors[0].Field != "") {
			t.Errorf("%d bytes from %.20q: %+v", tt.bytes, tt.agent, a)
		}
		if n := len(r.onStream()); n != a.Accepted { // onStream decodes as the consumer does
			t.Errorf("%d events on the stream", n)
		}
	}
}

// The site of an event that is not registered is created where that is allowed; one that was removed stays removed.
func TestSitesOfEvents(t *testing.T) {
	const one = `{"site":"new","name":"n","id":"1"}`
	unknown := `{"accepted":0,"results":[{"index":0,"id":"1","status":"invalid","errors":[{"code":"unknown_site","field":"site"}]}]}`
	var created []string
	open := newRig(t, parts{options: func(o *Options) { o.OnSite = func(id string) { created = append(created, id) } }})
	for range 2 {
		if got := open.ask(http.MethodPost, "/v1/events", one); got.body != `{"accepted":1,"results":[]}` {
			t.Errorf("a new site: %s", got.body)
		}
	}
	if len(created) != 1 || created[0] != "new" {
		t.Errorf("OnSite was told %q", created)
	}
	open.ask(http.MethodDelete, "/api/v1/sites/new", "")
	closed := newRig(t, parts{options: func(o *Options) { o.CreateSites = false }})
	for name, r := range map[string]*rig{"removed": open, "not registered": closed} {
		if got := r.ask(http.MethodPost, "/v1/events", one); !sameJSON(got.body, unknown) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

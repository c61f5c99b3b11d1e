package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// maxBody is the largest request, unpacked; see docs/EVENTS.md.
const maxBody = 1 << 20

const goodEvent = `{"site":"shop","name":"pageview","url":"/"}`

// padded is a good event in a body of n bytes.
func padded(n int) []byte {
	return append([]byte(goodEvent), bytes.Repeat([]byte(" "), n-len(goodEvent))...)
}

func gzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBadRequests: whatever comes, the answer is an error with a code and a message, nothing is counted, and the server lives.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	s.mustRun(t, "site", "add", "shop")
	const events, query, plain = "/v1/events", "/api/v2/query", "application/json"
	ask := func(field string) []byte {
		return []byte(`{"site_id":"shop","metrics":["events"],"date_range":["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z"]` + field + `}`)
	}
	bomb := gzipped(t, bytes.Repeat([]byte(" "), 64*maxBody))
	t.Attr("gzip_bomb", fmt.Sprintf("%d bytes, unpacked %d", len(bomb), 64*maxBody))
	for name, c := range map[string]struct {
		request
		want int
	}{
		"empty body":                {request{path: events, method: "POST"}, 400},
		"white space":               {request{path: events, body: []byte(" \n\t\r\n")}, 400},
		"empty array":               {request{path: events, body: []byte("[]")}, 400},
		"one byte too many":         {request{path: events, body: padded(maxBody + 1)}, 413},
		"one byte too many, packed": {request{path: events, body: gzipped(t, padded(maxBody+1)), encoding: "gzip"}, 413},
		"gzip bomb":                 {request{path: events, body: bomb, encoding: "gzip"}, 413},
		"gzip bomb in gzip bomb":    {request{path: events, body: gzipped(t, bomb), encoding: "gzip"}, 400},
		"not gzip":                  {request{path: events, body: []byte(goodEvent), encoding: "gzip"}, 400},
		"gzip cut off":              {request{path: events, body: gzipped(t, padded(5000))[:40], encoding: "gzip"}, 400},
		"unknown encoding":          {request{path: events, body: []byte(goodEvent), encoding: "br"}, 415},
		"unknown type":              {request{path: events, body: []byte(goodEvent), media: "application/xml"}, 415},
		"deep array":                {request{path: events, body: []byte(strings.Repeat("[", maxBody))}, 400},
		"deep object":               {request{path: events, body: []byte(strings.Repeat(`{"a":`, maxBody/5))}, 400},
		"deep but closed": {request{path: events,
			body: []byte(`{"site":"shop","name":"x","props":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}")}, 400},
		"501 events":          {request{path: events, body: []byte(strings.Repeat(goodEvent+"\n", 501))}, 413},
		"501 in an array":     {request{path: events, body: []byte("[" + strings.Repeat(goodEvent+",", 500) + goodEvent + "]")}, 413},
		"no JSON":             {request{path: events, body: []byte("hello")}, 400},
		"a byte of UTF-16":    {request{path: events, body: []byte("\xff\xfe{\x00")}, 400},
		"wrong method":        {request{path: events, method: "GET"}, 405},
		"unknown path":        {request{path: "/v1/event", body: []byte(goodEvent)}, 404},
		"unknown API":         {request{path: "/api/v9/query"}, 404},
		"query by GET":        {request{path: query, method: "GET"}, 405},
		"empty query":         {request{path: query, method: "POST", media: plain}, 400},
		"unknown field":       {request{path: query, body: ask(`,"filter":[]`), media: plain}, 400},
		"unknown metric":      {request{path: query, body: bytes.ReplaceAll(ask(""), []byte("events"), []byte("bounces")), media: plain}, 400},
		"unknown dimension":   {request{path: query, body: ask(`,"dimensions":["visit:planet"]`), media: plain}, 400},
		"number for a string": {request{path: query, body: bytes.ReplaceAll(ask(""), []byte(`"shop"`), []byte("7")), media: plain}, 400},
		"deep query":          {request{path: query, body: []byte(strings.Repeat("[", 60_000)), media: plain}, 400},
		"large query":         {request{path: query, body: append(ask(""), bytes.Repeat([]byte(" "), maxBody)...), media: plain}, 413},
		"query as text":       {request{path: query, body: ask(""), media: "text/plain"}, 415},
		"unknown site":        {request{path: query, body: bytes.ReplaceAll(ask(""), []byte("shop"), []byte("nobody")), media: plain}, 404},
		"ledger of nobody":    {request{path: "/api/v1/ledger?site=nobody"}, 404},
		"ledger, bad time":    {request{path: "/api/v1/ledger?from=yesterday"}, 400},
		"live of nobody":      {request{path: "/api/v1/live?site=nobody"}, 404},
		"live of no site":     {request{path: "/api/v1/live"}, 400},
		"kept by nobody":      {request{path: "/api/v1/dlq/00"}, 404},
		"kept, bad limit":     {request{path: "/api/v1/dlq?limit=0"}, 400},
		"kept, bad key":       {request{path: "/api/v1/dlq/%00"}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.do(t, c.request)
			if a.status != c.want {
				t.Fatalf("%d %.300s, want %d", a.status, a.body, c.want)
			}
			e := decode[apiError](t, a.body)
			if e.Error.Code == "" || e.Error.Message == "" || len(a.body) > 2000 {
				t.Errorf("the error says %.2500s", a.body)
			}
			t.Logf("%d %s", a.status, a.body)
		})
	}
	s.post(t, goodEvent)
	s.awaitReceived(t, "shop", 1)
	if b := s.ledger(t, ""); b.Received != 1 || b.Accepted != 1 {
		t.Errorf("the books of all are %+v", b)
	}
	s.stop(t)
}

// TestBadEvents: an event that cannot be taken is named with each of its faults, and takes no other with it.
func TestBadEvents(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	for name, c := range map[string]struct{ event, field, code string }{
		"no site":            {`{"name":"x"}`, "site", "required"},
		"no name":            {`{"site":"shop"}`, "name", "required"},
		"number for a site":  {`{"site":7,"name":"x"}`, "site", ""},
		"number for a name":  {`{"site":"shop","name":7}`, "name", ""},
		"number for an id":   {`{"site":"shop","name":"x","id":7}`, "id", ""},
		"object for a url":   {`{"site":"shop","name":"x","url":{}}`, "url", ""},
		"string for a ts":    {`{"site":"shop","name":"x","ts":"now"}`, "ts", ""},
		"ts 0":               {`{"site":"shop","name":"x","ts":0}`, "ts", ""},
		"ts after 9999":      {`{"site":"shop","name":"x","ts":253402300800000}`, "ts", ""},
		"array for props":    {`{"site":"shop","name":"x","props":[]}`, "props", ""},
		"nested props":       {`{"site":"shop","name":"x","props":{"a":{"b":1}}}`, "props.a", ""},
		"NUL":                {`{"site":"shop","name":"a\u0000b"}`, "name", ""},
		"invalid UTF-8":      {"{\"site\":\"shop\",\"name\":\"a\xff\"}", "name", ""},
		"half a surrogate":   {`{"site":"shop","name":"\ud800"}`, "name", ""},
		"a site in capitals": {`{"site":"Shop","name":"x"}`, "site", ""},
		"long name":          {`{"site":"shop","name":"` + strings.Repeat("x", 121) + `"}`, "name", "too_long"},
		"large event":        {`{"site":"shop","name":"x","junk":"` + strings.Repeat("x", 32<<10) + `"}`, "", "too_long"},
		"null":               {`null`, "", ""},
		"a number":           {`7`, "", ""},
		"a string":           {`"shop"`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.post(t, c.event)
			if p.Accepted != 0 || len(p.Results) != 1 || p.Results[0].Status != "invalid" || len(p.Results[0].Errors) != 1 {
				t.Fatalf("%+v", p)
			}
			e := p.Results[0].Errors[0]
			if e.Field != c.field || c.code != "" && e.Code != c.code || e.Code == "" || e.Message == "" {
				t.Errorf("%+v, want a fault of %q", e, c.field)
			}
		})
	}
	if a := s.do(t, request{path: "/api/v1/ledger"}); decode[books](t, a.body).Received != 0 {
		t.Errorf("something was received: %s", a.body)
	}
	s.stop(t)
}

// TestOneBadAmongMany: 499 are accepted and counted, one is named by its place, in an array as in lines.
func TestOneBadAmongMany(t *testing.T) {
	t.Parallel()
	s := startServer(t, t.TempDir())
	var events []string
	for i := range 500 {
		events = append(events, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/","visitor":"v%d"}`, i))
	}
	events[250] = `{"site":"shop","name":17}`
	for name, body := range map[string]string{
		"array": "[" + strings.Join(events, ",") + "]",
		"lines": strings.Join(events, "\n"),
	} {
		a := s.do(t, request{path: "/v1/events", body: []byte(body)})
		p := decode[posted](t, a.body)
		if a.status != http.StatusAccepted || p.Accepted != 499 || len(p.Results) != 1 || p.Results[0].Index != 250 {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
	}
	events[250] = `{"site":"shop","name":`
	p := s.post(t, strings.Join(events, "\n"))
	if p.Accepted != 499 || len(p.Results) != 500 || p.Results[250].Status != "invalid" {
		t.Errorf("a broken line: %d accepted, %d results", p.Accepted, len(p.Results))
	}
	if b := s.awaitReceived(t, "shop", 3*499); b.Counted != 3*499 || b.Accepted != b.Received || !b.Balanced {
		t.Errorf("the books are %+v", b)
	}
	s.stop(t)
}

// TestOddTimes: an event of 1970 is late; one of 2100 is counted at its arrival, once, however often it comes.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	s := h.start(t)
	far := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	s.post(t, `{"site":"shop","name":"pageview","url":"/old","ts":1,"id":"old","visitor":"v"}`)
	for range 2 {
		s.post(t, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/far","ts":%d,"id":"far","visitor":"v"}`, far))
	}
	s.awaitReceived(t, "shop", 3)
	s.kill()
	s = h.start(t)
	s.post(t, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/far","ts":%d,"id":"far","visitor":"v"}`, far))
	b := s.awaitReceived(t, "shop", 4)
	if b.Counted != 1 || b.Duplicate != 2 || b.Late != 1 || !b.Balanced {
		t.Errorf("the books are %+v", b)
	}
	if rows, _ := json.Marshal(s.query(t, "shop", lastHours(1), "event:page")); string(rows) != `[{"Dimensions":["/far"],"Metrics":[1,1,1]}]` {
		t.Errorf("pages: %s", rows)
	}
	s.mustRun(t, "audit", "--site", "shop")
	s.stop(t)
}

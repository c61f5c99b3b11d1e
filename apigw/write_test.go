package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// accepted reads how many events of a site the books say were accepted.
func (r *rig) accepted(site string) uint64 {
	r.t.Helper()
	return decode[struct{ Accepted uint64 }](r.t, r.ask(http.MethodGet, "/api/v1/ledger?site="+site, "")).Accepted
}

type refusal struct {
	Error struct {
		Code    string
		Message string
		Details eventsAnswer
	}
}

// 2xx means durable: what was accepted is on the stream when the answer arrives, also of a stream that is opened anew.
func TestAcceptedIsDurable(t *testing.T) {
	r := newRig(t, parts{})
	for i := range 20 {
		id := fmt.Sprint("e", i)
		r.post(fmt.Sprintf(`{"site":"shop","name":"n","id":%q}`, id))
		if got := r.onStream(); len(got) != i+1 || !slices.ContainsFunc(got, hasID(id)) {
			t.Fatalf("after %d answers there are %d events on the stream", i+1, len(got))
		}
	}
	if n := r.accepted("shop"); n != 20 {
		t.Errorf("%d accepted, want 20", n)
	}
}

// One shard fails: its events are told to be sent again, with the ids they were given, and only they.
func TestRetryOfOneShard(t *testing.T) {
	broken := true
	r := newRig(t, parts{kinesis: failingWhere(func(key string) bool { return broken && strings.HasPrefix(key, "bad/") })})
	const body = `[{"site":"good","name":"n","visitor":"v","id":"0"},{"site":"bad","name":"n"},{"site":"bad","name":7,"id":"2"},
		{"site":"bad","name":"n","id":"3"},{"site":"good","name":"n"}]`
	got := r.ask(http.MethodPost, "/v1/events?ids=1", body)
	a := decode[eventsAnswer](t, got)
	statuses := []string{}
	for _, res := range a.Results {
		statuses = append(statuses, res.Status)
	}
	want := []string{statusAccepted, statusRetry, statusInvalid, statusRetry, statusAccepted}
	if got.status != http.StatusAccepted || a.Accepted != 2 || !slices.Equal(statuses, want) {
		t.Fatalf("answer %d %s, want %v", got.status, got.body, want)
	}
	if len(r.wantFaults(1)) == 1 && strings.Contains(got.body, "secret") {
		t.Errorf("the answer tells of our insides: %s", got.body)
	}
	if good, bad := r.accepted("good"), r.accepted("bad"); good != 2 || bad != 0 {
		t.Errorf("accepted %d and %d, want 2 and 0", good, bad)
	}
	broken = false
	given := a.Results[1].ID
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(`[{"site":"bad","name":"n","id":%q},{"site":"bad","name":"n","id":"3"}]`, given))
	r.consume()
	r.settle()
	if l := r.books("bad"); l.Counted != 2 || l.Duplicate != 0 || l.Quarantined != 0 {
		t.Errorf("books after sending again: %+v", l)
	}
}

// Nothing can be written: 503, nothing is counted as accepted, and the ids are named. It goes on when it is mended.
func TestStreamCannotBeWritten(t *testing.T) {
	broken := true
	r := newRig(t, parts{kinesis: failingWhere(func(string) bool { return broken })})
	const body = `[{"site":"shop","name":"n","visitor":"v"},{"site":"shop","name":"n","id":"mine"},{"site":"shop"}]`
	got := r.post(body)
	got.wantError(t, http.StatusServiceUnavailable, "unavailable")
	r.wantFaults(1)
	if strings.Contains(got.body, "secret") || strings.Contains(got.body, "InternalFailure") {
		t.Errorf("the answer tells of our insides: %s", got.body)
	}
	results := details(t, got)
	if len(results) != 3 || results[0].Status != statusRetry || results[0].ID == "" || results[1].ID != "mine" || results[2].Status != statusInvalid {
		t.Errorf("details %+v", results)
	}
	if n := r.accepted("shop"); n != 0 || len(r.onStream()) != 0 {
		t.Errorf("%d accepted", n)
	}
	broken = false
	if got := r.post(body); decode[eventsAnswer](t, got).Accepted != 2 {
		t.Errorf("mended: %s", got.body)
	}
}

func refused(t *testing.T, a reply) (e refusal) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func details(t *testing.T, a reply) []eventResult {
	t.Helper()
	return refused(t, a).Error.Details.Results
}

// The store cannot be written, as on a full disk: an event that needs it cannot be taken, another can.
func TestStoreCannotBeWritten(t *testing.T) {
	full := false
	memory := storetest.NewMemory()
	r := newRig(t, parts{store: storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		if full && op.Method == "Put" {
			return storetest.Fail
		}
		return storetest.Pass
	})})
	const known = `{"site":"shop","name":"n","visitor":"v","id":"1"}`
	r.post(known)
	full = true
	for name, body := range map[string]string{
		"a new site": `{"site":"new","name":"n","visitor":"v","id":"mine"}`,
		"a new salt": `{"site":"shop","name":"n","id":"mine"}`,
	} {
		got := r.ask(http.MethodPost, "/v1/events", body)
		got.wantError(t, http.StatusServiceUnavailable, "unavailable")
		if results := details(t, got); len(results) != 1 || results[0].Status != statusRetry || results[0].ID != "mine" {
			t.Errorf("%s: details %+v", name, results)
		}
		r.wantFaults(1)
	}
	got := r.ask(http.MethodPost, "/v1/events", "["+known+`,{"site":"shop","name":"n"}]`)
	if a := decode[eventsAnswer](t, got); a.Accepted != 1 || len(a.Results) != 1 || a.Results[0].Status != statusRetry {
		t.Errorf("beside one that needs no salt: %s", got.body)
	}
	if r.wantFaults(1); r.books("shop").Received != 0 {
		t.Error("the books cannot be read")
	}
	full = false
	if got := r.ask(http.MethodPost, "/v1/events", `{"site":"new","name":"n"}`); got.body != `{"accepted":1,"results":[]}` {
		t.Errorf("mended: %s", got.body)
	}
}

// The answer said "with these ids" also where there are none: an event whose site cannot be made gets no id.
func TestRefusalSpeaksOfIDsWhereThereAreSome(t *testing.T) {
	full := false
	r := newRig(t, parts{
		store: storetest.Faulty(storetest.NewMemory(), func(op storetest.Op) storetest.Fault {
			if full && op.Method == "Put" {
				return storetest.Fail
			}
			return storetest.Pass
		}),
		kinesis: failingWhere(func(string) bool { return full }),
	})
	r.post(`{"site":"shop","name":"n","visitor":"v"}`)
	full = true
	for body, want := range map[string]string{
		`{"site":"new","name":"n"}`:                                                      "nothing could be written; send the events again",
		`{"site":"new","name":"n","id":"mine"}`:                                          "nothing could be written; send the events again with these ids",
		`{"site":"shop","name":"n","visitor":"v"}`:                                       "nothing could be written; send the events again with these ids",
		`[{"site":"new","name":"n"},{"site":"shop","name":"n","visitor":"v"}]`:           "nothing could be written; send the events again, those that have an id here with it",
		`[{"site":"shop","name":7},{"site":"shop","name":"n","visitor":"v","id":"1"}]`:   "nothing could be written; send the events again with these ids",
		`[{"site":"shop","name":7,"id":"1"},{"site":"new","name":"n"},{"site":"other"}]`: "nothing could be written; send the events again",
	} {
		got := r.ask(http.MethodPost, "/v1/events", body)
		got.wantError(t, http.StatusServiceUnavailable, "unavailable")
		if message := refused(t, got).Error.Message; message != want {
			t.Errorf("%s: %q, want %q", body, message, want)
		}
		r.wantFaults(1)
	}
}

// A disk that is full and a store that is closed are told apart from a bug, without their own words.
func TestStoreErrorsOfTheAPI(t *testing.T) {
	for want, cause := range map[string]error{"unavailable": store.ErrFull, "closing": store.ErrClosed} {
		e := judge(fmt.Errorf("write /var/secret: %w", cause))
		if e.status != http.StatusServiceUnavailable || e.Code != want || strings.Contains(e.Message, "secret") {
			t.Errorf("%v: %+v", cause, e)
		}
	}
	if e := judge(errors.New("secret")); e.status != http.StatusInternalServerError || strings.Contains(e.Message, "secret") {
		t.Errorf("%+v", e)
	}
}

// The queue is full: 429 at once, with the time to come again; of a request that fits in part, that part is taken.
func TestQueueIsFull(t *testing.T) {
	gate := newGate()
	r := newRig(t, parts{kinesis: gate.around, producer: producer.Options{MaxBytes: 4 << 10, MaxRecordBytes: 1 << 10, Buffer: 5 << 10}})
	event := func(id string) string {
		return fmt.Sprintf(`{"site":"shop","name":"n","visitor":%q,"id":%q,"title":%q}`, id, id, strings.Repeat("x", 1000))
	}
	var several []string
	for i := range 10 {
		several = append(several, event(fmt.Sprint(i)))
	}
	first := make(chan reply)
	go func() { first <- r.ask(http.MethodPost, "/v1/events", "["+strings.Join(several, ",")+"]") }()
	<-gate.entered
	got := r.ask(http.MethodPost, "/v1/events", event("late"))
	got.wantError(t, http.StatusTooManyRequests, "busy")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	if results := details(t, got); len(results) != 1 || results[0].ID != "late" || results[0].Status != statusRetry {
		t.Errorf("details %+v", results)
	}
	close(gate.open)
	a := decode[eventsAnswer](t, <-first)
	if a.Accepted == 0 || a.Accepted == 10 || a.Accepted+len(a.Results) != 10 {
		t.Errorf("%d of 10 accepted, and %d results", a.Accepted, len(a.Results))
	}
	if n := len(r.onStream()); n != a.Accepted || r.accepted("shop") != uint64(n) {
		t.Errorf("%d events on the stream, %d accepted in the answer, %d in the books", n, a.Accepted, r.accepted("shop"))
	}
	r.wantFaults(0) // it is no fault
}

// The client is gone before the stream answers: what becomes durable is counted as accepted.
func TestClientGoesAway(t *testing.T) {
	gate := newGate()
	r := newRig(t, parts{kinesis: gate.around})
	ctx, goAway := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.web.URL+"/v1/events", strings.NewReader(`{"site":"shop","name":"n"}`))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := r.web.Client().Do(req)
		failed <- err
	}()
	served := <-r.served
	<-gate.entered
	goAway()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	<-served.Done() // the server knows
	close(gate.open)
	<-r.gone
	if n := r.accepted("shop"); n != 1 || len(r.onStream()) != 1 {
		t.Errorf("%d accepted, %d on the stream, want 1", n, len(r.onStream()))
	}
	r.wantFaults(0)
}

// What the stream will never take is not told to be sent again and again.
func TestStreamRefusesAnEvent(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) {
		o.Putter = refusing{o.Putter, map[string]producer.Code{"1": producer.TooLarge, "2": producer.Invalid}}
	}})
	a := decode[eventsAnswer](t, r.ask(http.MethodPost, "/v1/events", pageviews("shop", 4)))
	if a.Accepted != 2 || len(a.Results) != 2 || a.Results[0].Status != statusInvalid || a.Results[1].Status != statusInvalid {
		t.Errorf("%+v", a)
	}
	r.wantFaults(0)
}

// counted is what the door told its counters.
type counted struct {
	mu     sync.Mutex
	events [3]int
	acked  int
	faults map[string]int
}

func (c *counted) Events(accepted, invalid, retry int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, n := range [3]int{accepted, invalid, retry} {
		c.events[i] += n
	}
}

func (c *counted) Acked(time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked++
}

func (c *counted) Fault(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[code]++
}

// What the door counts is what it answered.
func TestCounters(t *testing.T) {
	got := &counted{faults: map[string]int{}}
	r := newRig(t, parts{
		kinesis: failingWhere(func(key string) bool { return strings.HasPrefix(key, "bad/") }),
		options: func(o *Options) { o.Counters = got },
	})
	r.ask(http.MethodPost, "/v1/events", pageviews("good", 3)+pageviews("bad", 2)+`{"site":"good","name":7,"url":8}`)
	r.ask(http.MethodPost, "/v1/events", pageviews("bad", 4))
	r.wantFaults(2)
	if want := [3]int{3, 1, 6}; got.events != want || got.acked != 1 || !maps.Equal(got.faults, map[string]int{"type": 2}) {
		t.Errorf("counted %v and %v, want %v and two of type", got.events, got.faults, want)
	}
}

package apigw

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// refused asks the ledger for what the doors refused.
func (r *rig) refused(query string) (v aggregate.RefusedView) {
	r.t.Helper()
	var told struct{ Refused *aggregate.RefusedView }
	a := r.ask(http.MethodGet, "/api/v1/ledger?"+query, "")
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || a.status != http.StatusOK || told.Refused == nil {
		r.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return *told.Refused
}

func byKind(rows []aggregate.FaultCount) map[string]uint64 {
	all := map[string]uint64{}
	for _, f := range rows {
		all[f.Field+" "+f.Reason] += f.N
	}
	return all
}

// Every fault of every refused event is counted, where samples are a few; a field narrows the samples, also where it is not the first that failed.
func TestFaultsByField(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) {
		now := o.Now() // all comes within a second, in which one sample of a kind is taken
		o.Samples = NewSamples(func() time.Time { return now }, true)
	}})
	began := r.clock.now().UnixMilli()
	r.ask(http.MethodPost, "/v1/events", visit)
	for range 30 {
		r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":7,"id":"n"},{"site":"shop","name":"ok"},{"site":"shop","name":"p","id":"p","url":7,"props":{"x":[],"203.0.113.7":[]}}]`)
	}
	r.ask(http.MethodPost, "/v1/events", `{"site":"No Site","name":"n"}`)
	of := r.refused("site=shop")
	want := map[string]uint64{"name type": 30, "url type": 30, "props.x type": 30, "props.[address] type": 30}
	if got := byKind(of.Rows); !maps.Equal(got, want) || of.Events != 60 {
		t.Errorf("%d events, %v", of.Events, got)
	}
	for _, f := range of.Rows {
		if f.Last < began || f.Last > r.clock.now().UnixMilli() {
			t.Errorf("%+v", f)
		}
	}
	if v := r.samples("outcome=invalid&site=shop"); len(v.Samples) != 2 {
		t.Errorf("%d samples of two kinds of events", len(v.Samples))
	}
	for field, id := range map[string]string{"name": "n", "url": "p", "props.x": "p", "props.%5Baddress%5D": "p"} {
		if v := r.samples("outcome=invalid&site=shop&field=" + field); len(v.Samples) != 1 || v.Samples[0].ID != id {
			t.Errorf("of %s: %+v", field, v.Samples)
		}
	}
	if x := r.samples("outcome=invalid&field=url").Samples[0]; x.Field != "url" || len(x.Errors) != 3 || x.Errors[2].Message == "" {
		t.Errorf("%+v", x)
	}
	if v := r.samples("outcome=invalid&field="); len(v.Samples) != 0 {
		t.Errorf("of the event as a whole: %+v", v.Samples)
	}
	if all := r.refused(""); all.Events != 61 || len(all.Rows) != 5 {
		t.Errorf("of all sites: %+v", all)
	}
	r.ask(http.MethodGet, "/api/v1/ledger/samples?outcome=bot&field=name", "").wantError(t, http.StatusBadRequest, "bad_field")
}

// What was refused is told by its time, and by another process as well: a restart forgets nothing that is written.
func TestFaultsBySpanAndAfterARestart(t *testing.T) {
	first := newRig(t, parts{})
	first.ask(http.MethodPost, "/v1/events", visit)
	first.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":7}`)
	noon := first.clock.now()
	first.clock.forward(3 * time.Hour)
	first.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n","url":7}`)
	first.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n","url":7}`)
	if err := first.accounts.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := newRig(t, parts{store: first.store})
	next.clock.forward(4 * time.Hour)
	next.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n","url":7}`)
	for query, want := range map[string]map[string]uint64{
		"site=shop": {"name type": 1, "url type": 3},
		"site=shop&from=" + noon.Add(time.Hour).UTC().Format(time.RFC3339):                                                               {"url type": 3},
		"site=shop&to=" + noon.Add(time.Hour).UTC().Format(time.RFC3339):                                                                 {"name type": 1},
		"from=" + noon.Add(time.Hour).UTC().Format(time.RFC3339) + "&to=" + noon.Add(3*time.Hour+time.Minute).UTC().Format(time.RFC3339): {"url type": 2},
	} {
		if got := byKind(next.refused(query).Rows); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// A sender who may not write to a site, or names none, gives it no accounts: what he sends is counted with those of no site, however many names he makes up.
func TestFaultsOfStrangers(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.CreateSites = false }})
	for _, body := range []string{`{"site":"nobody","name":7}`, `{"site":"nobody","name":"n"}`, `{"site":"else","name":7}`, `{"site":"No Site"}`, `{"site":"nobody",`} {
		r.ask(http.MethodPost, "/v1/events", body)
	}
	all := r.refused("")
	want := map[string]uint64{"name type": 2, "site unknown_site": 1, "site format": 1, "name required": 1, " malformed": 1}
	if got := byKind(all.Rows); all.Events != 5 || !maps.Equal(got, want) {
		t.Errorf("%d events, %v", all.Events, got)
	}
	if of := storedAccounts(t, r, "_"); strings.Count(of, `"invalid":`) != 1 {
		t.Errorf("accounts of no site: %s", of)
	}
	if of := storedAccounts(t, r, "nobody") + storedAccounts(t, r, "else"); of != "" {
		t.Errorf("accounts of sites that there are not: %s", of)
	}
}

// A request of which no event can be told from the others counts as one, with the code of its answer.
func TestRefusedRequestsAreCounted(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", ``)
	r.ask(http.MethodPost, "/v1/events", `{"site":`)
	r.ask(http.MethodPost, "/v1/events", `[]`)
	all := r.refused("")
	if all.Events != 3 || byKind(all.Rows)[" empty"] != 2 {
		t.Errorf("%+v", all)
	}
}

// What is certain to hide nothing is not searched, and what is not certain is.
func TestShownFields(t *testing.T) {
	const key = "secret-key-of-a-site"
	for field, want := range map[string]string{
		"url": "url", "props.size": "props.size", "props.10.0.0.7": "props.[address]", "props.a::7": "props.[address]", "props.?token=x": "props.?token=[key]",
		"props." + key: "props." + hiddenKey, "props.<b>ä": "props.<b>ä",
	} {
		if got := shownField(field, key); got != want || got != redactedField(field, key) {
			t.Errorf("%s is shown as %s", field, got)
		}
	}
}

func redactedField(path, key string) string {
	if path == "url" {
		return path
	}
	return redact(path, key)
}

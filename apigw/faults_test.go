package apigw

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// Every fault of every refused event is counted, where samples are a few; a field narrows the samples, also where it is not the first that failed.
func TestFaultsByField(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) { o.Samples = NewSamples(o.Now, true) }})
	r.ask(http.MethodPost, "/v1/events", visit)
	for range 30 { // within a second, in which one sample of a kind is taken
		r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":7,"id":"n"},{"site":"shop","name":"ok"},{"site":"shop","name":"p","id":"p","url":7,"props":{"x":[],"203.0.113.7":[]}}]`)
	}
	r.ask(http.MethodPost, "/v1/events", `{"site":"No Site","name":"n"}`)
	v := r.samples("outcome=invalid&site=shop")
	got := map[string]uint64{}
	for _, f := range v.Faults.Rows {
		got[f.Field+" "+f.Reason] = f.N
		if f.Last == 0 {
			t.Errorf("%+v", f)
		}
	}
	want := map[string]uint64{"name type": 30, "url type": 30, "props.x type": 30, "props.[address] type": 30}
	if !maps.Equal(got, want) || v.Faults.Events != 60 || v.Faults.Since == 0 {
		t.Errorf("%d events, %v", v.Faults.Events, got)
	}
	if len(v.Samples) != 2 {
		t.Errorf("%d samples of two kinds of events", len(v.Samples))
	}
	for field, id := range map[string]string{"name": "n", "url": "p", "props.x": "p", "props.%5Baddress%5D": "p"} {
		v := r.samples("outcome=invalid&site=shop&field=" + field)
		if len(v.Samples) != 1 || v.Samples[0].ID != id || len(v.Faults.Rows) != 4 {
			t.Errorf("of %s: %+v", field, v.Samples)
		}
	}
	if x := r.samples("outcome=invalid&field=url").Samples[0]; x.Field != "url" || len(x.Errors) != 3 || x.Errors[2].Message == "" {
		t.Errorf("%+v", x)
	}
	if v := r.samples("outcome=invalid&field="); len(v.Samples) != 0 {
		t.Errorf("of the event as a whole: %+v", v.Samples)
	}
	if all := r.samples("outcome=invalid").Faults; all.Events != 61 || len(all.Rows) != 5 {
		t.Errorf("of all sites: %+v", all)
	}
	if v := r.samples("outcome=late"); v.Faults != nil {
		t.Errorf("of what is late: %+v", v.Faults)
	}
	r.ask(http.MethodGet, "/api/v1/ledger/samples?outcome=bot&field=name", "").wantError(t, http.StatusBadRequest, "bad_field")
}

// A sender who may not write to a site gives it no counts of its own: they are those of no site.
func TestFaultsOfStrangers(t *testing.T) {
	r := newRig(t, parts{options: func(o *Options) {
		o.Samples, o.CreateSites = NewSamples(o.Now, true), false
	}})
	r.ask(http.MethodPost, "/v1/events", `{"site":"nobody","name":7}`)
	r.ask(http.MethodPost, "/v1/events", `{"site":"nobody","name":"n"}`)
	all := r.samples("outcome=invalid").Faults
	if all.Events != 2 || len(all.Rows) != 2 {
		t.Errorf("%+v", all)
	}
	if _, own := r.server.o.Samples.refused.sites["nobody"]; own {
		t.Error("a site that is not known has counts")
	}
}

// Against a naive count: whatever comes, of all sites together no event and no fault is lost, a site has no more kinds than are kept, and those that are kept
// for a site that was never forgotten have their true counts, unless they were among the others for a while.
func TestFaultCountsAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := newFaultCounts(time.Now())
	truth := map[string]map[faultKind]uint64{}
	var events, faults uint64
	for i := range 40_000 {
		site := fmt.Sprint("site-", rng.IntN(1+i/100))
		known := rng.IntN(10) > 0
		var all []event.FieldError
		for range 1 + rng.IntN(3) {
			all = append(all, event.FieldError{Field: fmt.Sprint("props.", rng.IntN(1+rng.IntN(200))), Code: []string{"type", "range"}[rng.IntN(2)]})
		}
		c.add(site, known, int64(i), all, "")
		events++
		for _, f := range all {
			if truth[site] == nil {
				truth[site] = map[faultKind]uint64{}
			}
			truth[site][faultKind{f.Field, f.Code}]++
			faults++
		}
	}
	var seen uint64
	for id, s := range c.sites {
		if len(s.kinds) > faultKinds+1 {
			t.Errorf("%s has %d kinds", id, len(s.kinds))
		}
		for _, f := range s.kinds {
			seen += f.N
			if id != "" && f.Reason != otherFaults && f.N > truth[id][faultKind{f.Field, f.Reason}] {
				t.Errorf("%s: %+v, in truth %d", id, f, truth[id][faultKind{f.Field, f.Reason}])
			}
		}
	}
	if all := c.view(""); seen != faults || all.Events != events || len(all.Rows) > faultKinds {
		t.Errorf("%d faults of %d, %d events of %d, %d rows", seen, faults, all.Events, events, len(all.Rows))
	}
	if len(c.sites) > faultSites+1 {
		t.Errorf("%d sites have counts", len(c.sites))
	}
	if rows := c.view("").Rows; !slices.IsSortedFunc(rows, func(a, b FaultCount) int { return int(b.N) - int(a.N) }) {
		t.Error("the most frequent is not the first")
	}
}

package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

func (r *rig) samples(query string) (v samplesView) {
	r.t.Helper()
	a := r.ask(http.MethodGet, "/api/v1/ledger/samples?"+query, "")
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != http.StatusOK || v.Samples == nil {
		r.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return v
}

func TestSamples(t *testing.T) {
	var s *Samples
	r := newRig(t, parts{options: func(o *Options) {
		s = NewSamples(o.Now, true)
		o.Samples = s
	}})
	r.ask(http.MethodPost, "/v1/events", visit)
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"buy","url":"https://shop.example/pay","id":"bad","props":{"ip":"203.0.113.7","x":[]}}`)
	v := r.samples("site=shop&outcome=invalid")
	if len(v.Samples) != 1 || !v.Available {
		t.Fatalf("%+v", v)
	}
	if x := v.Samples[0]; x.Reason != "type" || x.Field != "props.x" || x.ID != "bad" || x.Page != "/pay" || x.At == 0 ||
		x.Event != `{"site":"shop","name":"buy","url":"https://shop.example/pay","id":"bad","props":{"ip":"[address]","x":[]}}` {
		t.Errorf("%+v", x)
	}
	if v := r.samples("site=shop&outcome=invalid&reason=required"); len(v.Samples) != 0 {
		t.Errorf("of another reason: %+v", v)
	}
	for i := range 3 * samplesKept {
		r.clock.forward(time.Second)
		if !s.Wants("shop", aggregate.Bot, "agent") {
			t.Fatal("none is wanted a second later")
		}
		s.Add("shop", aggregate.Bot, Sample{ID: fmt.Sprint(i), Reason: "agent", Shard: "shard", SequenceNumber: "7"}, []byte("{}"))
		if s.Wants("shop", aggregate.Bot, "agent") {
			t.Fatal("another is wanted in the same second")
		}
	}
	v = r.samples("outcome=bot")
	if len(v.Samples) != samplesKept || v.Samples[0].ID != fmt.Sprint(3*samplesKept-1) || v.Samples[0].SequenceNumber != "7" {
		t.Errorf("%d, first %+v", len(v.Samples), v.Samples[0])
	}
	for _, query := range []string{"", "outcome=received", "outcome=%00"} {
		r.ask(http.MethodGet, "/api/v1/ledger/samples?"+query, "").wantError(t, http.StatusBadRequest, "bad_outcome")
	}
	r.ask(http.MethodGet, "/api/v1/ledger/samples?outcome=late&site=nobody", "").wantError(t, http.StatusNotFound, "unknown_site")
}

// Where no consumer is, there are no samples of what it does; those of quarantine are in the store.
func TestSamplesElsewhere(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", visit)
	for _, outcome := range []string{"counted", "duplicate", "bot", "late", "invalid"} {
		if v := r.samples("outcome=" + outcome); v.Available || len(v.Samples) != 0 {
			t.Errorf("%s: %+v", outcome, v)
		}
	}
	door := newRig(t, parts{options: func(o *Options) { o.Samples = NewSamples(o.Now, false) }})
	if !door.samples("outcome=invalid").Available || door.samples("outcome=late").Available {
		t.Error("a door without a consumer has samples of what is invalid, and of nothing else")
	}
	kept := aggregate.NewQuarantine(r.store, r.clock.now)
	for i := range 30 {
		reason := []string{"invalid", "expired"}[i%2]
		c := aggregate.QuarantinedCopy{
			Site: "shop", Reason: reason, Position: aggregate.Position{Stream: "s", Shard: "shard-1", SequenceNumber: fmt.Sprint(i)}, Arrival: int64(1000 + i),
			Data: []byte(`{"site":"shop","name":"buy","url":"https://shop.example/pay","ua":"203.0.113.7"}`),
		}
		if _, err := kept.Keep(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	v := r.samples("site=shop&outcome=quarantined&reason=expired")
	if !v.Available || len(v.Samples) != 15 || v.Samples[0].SequenceNumber != "29" || v.Samples[0].Page != "/pay" || v.Samples[0].Shard != "shard-1" {
		t.Errorf("%d, %+v", len(v.Samples), v)
	}
	if v := r.samples("outcome=quarantined"); len(v.Samples) != samplesKept {
		t.Errorf("%d of all", len(v.Samples))
	}
}

// Samples are bounded: in a second, and in kinds.
func TestSamplesAreBounded(t *testing.T) {
	now := time.Now()
	s := NewSamples(func() time.Time { return now }, true)
	taken := 0
	for i := range 1000 {
		if site := fmt.Sprint("site-", i); s.Wants(site, aggregate.Counted, "") {
			s.Add(site, aggregate.Counted, Sample{}, nil)
			taken++
		}
	}
	if taken != samplesPerSecond {
		t.Errorf("%d taken in a second", taken)
	}
	for i := range 2 * sampleKinds {
		now = now.Add(time.Second)
		s.Add(fmt.Sprint("site-", i), aggregate.Counted, Sample{}, nil)
	}
	if len(s.kinds) != sampleKinds {
		t.Errorf("%d kinds are kept", len(s.kinds))
	}
}

package apigw

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
)

func TestRedrive(t *testing.T) {
	r := newRig(t, parts{})
	r.server.o.Redrive = func(_ context.Context, key string) (aggregate.Outcome, error) {
		switch key {
		case "good":
			return aggregate.Counted, nil
		case "old":
			return 0, &aggregate.RefusedError{Reason: "expired", Message: "it is too old"}
		case "broken":
			return 0, errors.New("the store is down")
		}
		return 0, aggregate.ErrNotKept
	}
	got := r.ask(http.MethodPost, "/api/v1/redrive", `{"keys":["good","old","none"]}`, asJSON)
	const want = `{"results":[{"key":"good","outcome":"counted"},{"key":"old","code":"expired","message":"it is too old"},` +
		`{"key":"none","code":"not_found","message":"no such copy in quarantine"}]}`
	if got.status != http.StatusOK || got.body != want {
		t.Errorf("%d %s\nwant %s", got.status, got.body, want)
	}
	r.ask(http.MethodPost, "/api/v1/redrive", `{"keys":[]}`, asJSON).wantError(t, http.StatusBadRequest, "bad_keys")
	r.ask(http.MethodPost, "/api/v1/redrive", `{"keys":["`+strings.Repeat(`x","`, 100)+`x"]}`, asJSON).wantError(t, http.StatusBadRequest, "bad_keys")
	r.ask(http.MethodPost, "/api/v1/redrive", `[]`, asJSON).wantError(t, http.StatusBadRequest, "malformed")
	r.ask(http.MethodPost, "/api/v1/redrive", ``, asJSON).wantError(t, http.StatusBadRequest, "empty")
	r.ask(http.MethodPost, "/api/v1/redrive", `{"keys":["broken"]}`, asJSON).wantError(t, http.StatusInternalServerError, "internal")
	r.wantFaults(1)
}

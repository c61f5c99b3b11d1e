package apigw

import (
	"net/http"
	"slices"
	"testing"
)

// The properties that events of the range have are listed, and those alone; what else a question may have is refused.
func TestPropertiesOfASite(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", `[{"site":"shop","name":"buy","visitor":"a","props":{"plan":"free","size":2}},{"site":"shop","name":"buy","visitor":"b","props":{"plan":"pro"}},{"site":"other","name":"n","props":{"theirs":"x"}}]`)
	r.consume()
	r.settle()
	ask := func(body string) reply { return r.ask(http.MethodPost, "/api/v2/properties", body, asJSON) }
	got := decode[struct {
		Results []string
		Meta    struct{ Exact bool }
	}](t, ask(`{"site_id":"shop","date_range":"day"}`))
	if !slices.Equal(got.Results, []string{"plan", "size"}) || !got.Meta.Exact {
		t.Errorf("%+v", got)
	}
	if got := decode[struct{ Results []string }](t, ask(`{"site_id":"shop","date_range":["2020-01-01","2020-01-02"]}`)); got.Results == nil || len(got.Results) > 0 {
		t.Errorf("of other days: %v", got.Results)
	}
	for body, code := range map[string]int{
		`{"date_range":"day"}`: http.StatusBadRequest, `{"site_id":"shop"}`: http.StatusBadRequest, `{"site_id":"nobody","date_range":"day"}`: http.StatusNotFound,
		`{"site_id":"shop","date_range":"day","filters":[["is","event:name",["buy"]]]}`: http.StatusBadRequest, `{"site_id":"shop","date_range":"day","unit":"day"}`: http.StatusBadRequest,
	} {
		if a := ask(body); a.status != code {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

package apigw

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const asText = "Content-Type: text/plain"

type idsAnswer struct {
	Site    string
	Windows []struct {
		T        int64
		IDs      []string
		Outcomes map[string]uint64
	}
}

func TestLedgerIDs(t *testing.T) {
	r := newRig(t, parts{})
	at := r.clock.now().Add(-2 * time.Minute)
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(`[{"site":"shop","name":"n","id":"one","ts":%[1]d},{"site":"shop","name":"n","id":"one","ts":%[1]d},{"site":"shop","name":"n","id":"two","ts":%[1]d}]`, at.UnixMilli()))
	r.consume()
	r.settle()
	span := fmt.Sprintf("&from=%s&to=%s", at.Add(-time.Minute).UTC().Format(time.RFC3339), at.Add(time.Minute).UTC().Format(time.RFC3339))
	a := decode[idsAnswer](t, r.ask(http.MethodGet, "/api/v1/ledger/ids?site=shop"+span, ""))
	var ids []string
	outcomes := map[string]uint64{}
	for _, w := range a.Windows {
		ids = append(ids, w.IDs...)
		for o, n := range w.Outcomes {
			outcomes[o] += n
		}
	}
	type hashes struct{ Hashes []string }
	want := decode[hashes](t, r.ask(http.MethodPost, "/api/v1/ledger/ids?site=shop", "one\ntwo\n", asText)).Hashes
	slices.Sort(ids)
	slices.Sort(want)
	if a.Site != "shop" || !slices.Equal(ids, want) || len(ids) != 2 || outcomes["counted"] != 2 || outcomes["duplicate"] != 1 {
		t.Errorf("ids %q of %+v, want %q", ids, a, want)
	}
	if a := decode[idsAnswer](t, r.ask(http.MethodGet, "/api/v1/ledger/ids?site=shop&from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z", "")); len(a.Windows) != 0 || a.Site != "shop" {
		t.Errorf("an hour without events: %+v", a)
	}
	for query, code := range map[string]string{
		"": "required", "&from=2026-01-01T00:00:00Z": "required", "&from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:01Z": "bad_time",
		"&from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z": "bad_time", "&from=yesterday&to=now": "bad_time",
	} {
		r.ask(http.MethodGet, "/api/v1/ledger/ids?site=shop"+query, "").wantError(t, http.StatusBadRequest, code)
	}
	r.ask(http.MethodGet, "/api/v1/ledger/ids?site=nobody"+span, "").wantError(t, http.StatusNotFound, "unknown_site")
	r.ask(http.MethodPost, "/api/v1/ledger/ids?site=nobody", "x", asText).wantError(t, http.StatusNotFound, "unknown_site")
	for body, code := range map[string]string{"": "empty", "a\n\nb": "bad_id", strings.Repeat("x", 301): "bad_id"} {
		r.ask(http.MethodPost, "/api/v1/ledger/ids?site=shop", body, asText).wantError(t, http.StatusBadRequest, code)
	}
	r.ask(http.MethodPost, "/api/v1/ledger/ids?site=shop", strings.Repeat("x\n", maxHashedIDs+1), asText).wantError(t, http.StatusRequestEntityTooLarge, "too_many_ids")
	r.wantFaults(0)
}

package apigw

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/store/storetest"
)

// Refused events that name a site that there is not cost a read of the store every ten seconds, not one each; a site that comes into being is accounted to after that, and takes events at
// once.
func TestMissingSitesAreReadOnce(t *testing.T) {
	var reads atomic.Int32
	r := newRig(t, parts{store: storetest.Faulty(storetest.NewMemory(), func(op storetest.Op) storetest.Fault {
		if op.Method == "Get" && op.Sort == "shop" {
			reads.Add(1)
		}
		return storetest.Pass
	})})
	bad := "[" + strings.Repeat(`{"site":"shop","name":""},`, 50) + `{"site":"shop","name":7}]`
	for range 5 {
		r.ask(http.MethodPost, "/v1/events", bad, asJSON)
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("%d reads for 255 refused events", n)
	}
	if got := r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"pageview"}`, asJSON); got.status != http.StatusAccepted || !strings.Contains(got.body, `"accepted":1`) {
		t.Errorf("an event that creates it: %+v", got)
	}
	r.clock.forward(missingFor)
	r.ask(http.MethodPost, "/v1/events", bad, asJSON)
	if err := r.accounts.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := storedAccounts(t, r, "shop"); !strings.Contains(got, `"invalid":51`) {
		t.Errorf("accounts %s", got)
	}
}

// However many names are made up, few are remembered, and each for a while only.
func TestMissingSitesAreBounded(t *testing.T) {
	var m missingSites
	now := time.Now()
	for i := range 3 * maxMissing {
		m.note(fmt.Sprint("site-", i), now)
		if len(m.until) > maxMissing || !m.has(fmt.Sprint("site-", i), now) {
			t.Fatalf("%d are remembered after %d", len(m.until), i+1)
		}
	}
	if last := fmt.Sprint("site-", 3*maxMissing-1); m.has(last, now.Add(missingFor)) || m.has("another", now) {
		t.Error("one is remembered for too long, or was never noted")
	}
}

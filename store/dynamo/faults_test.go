package dynamo

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/e2e/faults"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// impatient waits a tenth of the time.
func impatient(ctx context.Context, d time.Duration) error { return wait(ctx, d/10) }

// inDoubt are the cases that cannot pass where answers are lost: a call that is refused, or finds nothing to delete, cannot be told from one that was applied and
// overtaken when the first answer was lost. The contract leaves that open, and these cases do not. They meet throttles only.
var inDoubt = []string{"Item/Delete", "Item/RevisionsAreFresh", "Item/CompareAndSwap", "Model/RandomOperations"}

// The whole suite while a fifth of the calls fail, half of them after they were applied.
func TestConformanceWithFaults(t *testing.T) {
	dynalite := npm.Start(t, "dynalite")
	faulty, throttling := faults.Start(t, dynalite, false), faults.Start(t, dynalite, true)
	server := &tables{client: client(dynalite)}
	storetest.Run(t, func(t *testing.T) store.Store {
		url := faulty.URL
		if _, name, _ := strings.Cut(t.Name(), "/"); slices.Contains(inDoubt, name) {
			url = throttling.URL
		}
		return open(t, client(url), Options{Table: server.create(t), Wait: impatient})
	})
	before, after := faulty.Failed()
	throttled, _ := throttling.Failed()
	if before < 100 || after < 100 || throttled < 100 {
		t.Errorf("few calls failed: %d before they were applied, %d after, %d throttled", before, after, throttled)
	}
}

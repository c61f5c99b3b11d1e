package aggregate

import (
	"context"
	"fmt"

	"github.com/streamgauge/streamgauge/store"
)

// eachEntry calls f for the deltas of all logs in the partition of the log "in" whose windows begin within the span, those of one log in order and without a gap. A
// scan is no snapshot: where delta n was appended behind its back and n+1 before it, it finds n+1 alone. Both are
// newer than the scan then, and neither is taken.
func eachEntry(ctx context.Context, s logStore, in Log, sp span, parts store.Parts, f func(child, store.Entry) error) error {
	rng := store.Range{Partition: in.hourPartition(), From: timeKey(sp.from), To: timeKey(sp.to)}
	var last child
	var n uint32
	for e, err := range s.ScanLogs(ctx, rng, parts) {
		if err != nil {
			return fmt.Errorf("read logs of site %q: %w", in.Site, err)
		}
		window, err := parseTimeKey(e.Log.Log)
		if err != nil {
			return err
		}
		k := child{window, in.Cell}
		if k != last {
			last, n = k, 0
		}
		if e.N != n+1 {
			continue
		}
		n = e.N
		if err := f(k, e); err != nil {
			return fmt.Errorf("delta %d of %v: %w", e.N, Log{in.Gen, in.Site, window, in.Cell}, err)
		}
	}
	return nil
}

package e2e

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/klauspost/compress/zstd"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/kpl"
)

// eventsOf takes a record of a producer apart, whatever it is packed in.
func eventsOf(t *testing.T, data []byte) (all []event.Event) {
	t.Helper()
	users := []kpl.Record{{Data: data}}
	var err error
	switch {
	case kpl.IsAggregated(data):
		users, err = kpl.Decode(data)
	case bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		var d *zstd.Decoder
		if d, err = zstd.NewReader(nil); err == nil {
			users[0].Data, err = d.DecodeAll(data, nil)
			d.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		for _, line := range event.Lines(u.Data) {
			var e event.Event
			if bad, err := e.Decode(line); err != nil || len(bad) > 0 {
				t.Fatalf("%.200s: %v %v", line, bad, err)
			}
			e.ID, e.Visitor = string([]byte(e.ID)), string([]byte(e.Visitor))
			all = append(all, e)
		}
	}
	return all
}

// middle is the hash key in the middle of a range, as SplitShard wants it.
func middle(r *types.HashKeyRange) string {
	from, _ := new(big.Int).SetString(*r.StartingHashKey, 10)
	to, _ := new(big.Int).SetString(*r.EndingHashKey, 10)
	return from.Add(from, to).Rsh(from, 1).String()
}

package mapping

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestCheckpointOfPosition(t *testing.T) {
	at := time.Date(2026, 5, 4, 3, 2, 1, 987654321, time.UTC)
	tests := map[string]struct {
		position   position
		checkpoint string
		back       position
	}{
		"end":       {shardEnd, "SHARD_END", shardEnd},
		"beginning": {beginning, "TRIM_HORIZON", beginning},
		"record":    {after("4957"), "4957", after("4957")},
		"time":      {atTimestamp(at), "AT_TIMESTAMP 2026-05-04T03:02:01.987654321Z", atTimestamp(at)},
		"tip":       {position{kind: types.ShardIteratorTypeLatest, at: at}, "AT_TIMESTAMP 2026-05-04T03:02:01.987654321Z", atTimestamp(at)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.position.checkpoint(); got != test.checkpoint {
				t.Errorf("checkpoint %q, want %q", got, test.checkpoint)
			}
			if got, err := parsePosition(test.checkpoint); err != nil || got != test.back {
				t.Errorf("position %+v (%v), want %+v", got, err, test.back)
			}
		})
	}
}

func TestParsePositionRefuses(t *testing.T) {
	for _, text := range []string{"", "-1", "12a", "shard_end", "LATEST", "AT_TIMESTAMP", "AT_TIMESTAMP soon", " 1"} {
		if p, err := parsePosition(text); err == nil {
			t.Errorf("%q is taken as %+v", text, p)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	for _, seed := range []string{ShardEnd, "TRIM_HORIZON", "4957", "AT_TIMESTAMP 2026-05-04T03:02:01.9Z", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil {
			return
		}
		again, err := parsePosition(p.checkpoint())
		if err != nil || again.checkpoint() != p.checkpoint() {
			t.Errorf("%q is %+v, which is saved as %q: %v", text, p, p.checkpoint(), err)
		}
	})
}

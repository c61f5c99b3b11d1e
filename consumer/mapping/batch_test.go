package mapping

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"pgregory.net/rapid"
)

func testBatcher(size int) batcher {
	return newBatcher(Config{
		StreamARN:         "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
		InvokeIdentityARN: "arn:aws:iam::123456789012:role/lambda-role",
		BatchSize:         size,
	}, "shardId-000000000006")
}

// testdata/event.json holds the facts of the event that Lambda's documentation shows: every key and the form of every value.
func TestEventIsLambdas(t *testing.T) {
	var got, want any
	golden, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(testBatcher(10).event([]types.Record{{
		ApproximateArrivalTimestamp: new(time.UnixMilli(1545084650987)),
		Data:                        []byte("pageview of /"),
		EncryptionType:              types.EncryptionTypeKms,
		PartitionKey:                new("1"),
		SequenceNumber:              new("49590338271490256608559692538361571095921575989136588898"),
	}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("event\n got %s\nwant %s", text, golden)
	}
}

// A server that leaves fields out must not bring the mapping down.
func TestEventOfAnEmptyRecord(t *testing.T) {
	b := testBatcher(10)
	records := []types.Record{{}}
	if n, _ := b.cut(records); n != 1 || len(b.event(records).Records) != 1 {
		t.Error("an empty record was not taken")
	}
}

func TestCutBySize(t *testing.T) {
	tests := map[string]struct {
		records, size, want int
		full                bool
	}{
		"none":     {0, 3, 0, false},
		"fewer":    {2, 3, 2, false},
		"as many":  {3, 3, 3, true},
		"more":     {4, 3, 3, true},
		"only one": {4, 1, 1, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n, full := testBatcher(test.size).cut(make([]types.Record, test.records))
			if n != test.want || full != test.full {
				t.Errorf("cut %d, full %v", n, full)
			}
		})
	}
}

// One record that is too large for any event is sent alone: Lambda would refuse it, and it must not block the shard.
func TestCutTakesAnOversizedRecordAlone(t *testing.T) {
	large := types.Record{Data: make([]byte, 10<<20)}
	if n, full := testBatcher(10).cut([]types.Record{large, {}}); n != 1 || !full {
		t.Errorf("cut %d, full %v", n, full)
	}
}

// The events of cut batches fit a Lambda invocation, and are not much smaller than they could be.
func TestCutByBytes(t *testing.T) {
	key := rapid.OneOf(rapid.StringN(0, 256, 1024), rapid.SampledFrom([]string{strings.Repeat("<", 256), strings.Repeat("\x00\u2028", 128)}))
	rapid.Check(t, func(t *rapid.T) {
		b := testBatcher(MaxBatchSize)
		partitionKey, bytes := key.Draw(t, "key"), rapid.IntRange(0, 1<<16).Draw(t, "bytes")
		arrival := time.UnixMicro(rapid.Int64Range(0, 9e15).Draw(t, "arrival"))
		digits := rapid.IntRange(1, 128).Draw(t, "digits")
		record := types.Record{
			ApproximateArrivalTimestamp: &arrival,
			Data:                        make([]byte, bytes),
			PartitionKey:                &partitionKey,
			SequenceNumber:              new(strings.Repeat("4", digits)),
		}
		text, _ := json.Marshal(b.record(record))
		actual, size, escapes := len(text)+len(","), b.size(&record), 5*len(partitionKey)
		if size < actual || size > actual+20+escapes {
			t.Fatalf("size of a record taken as %d, is %d", size, actual)
		}
		records := slices.Repeat([]types.Record{record}, min(MaxPayload/actual+2, MaxBatchSize))
		if n, full := b.cut(records); !full || n*actual > MaxPayload {
			t.Fatalf("cut %d of %d records of %d bytes each, full %v", n, len(records), actual, full)
		}
	})
}

package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
)

// A stream target answers with what the producer says of every event.
func TestStreamTarget(t *testing.T) {
	var mu sync.Mutex
	lines := map[string]string{} // key of each
	throttles := 0
	put := func(in *kinesis.PutRecordsInput) *kinesis.PutRecordsOutput {
		mu.Lock()
		defer mu.Unlock()
		out := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0)}
		for _, r := range in.Records {
			entry := types.PutRecordsResultEntry{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String("1")}
			if strings.HasSuffix(*r.PartitionKey, "0") { // these are throttled for ever
				entry = types.PutRecordsResultEntry{ErrorCode: aws.String("ProvisionedThroughputExceededException"), ErrorMessage: aws.String("slow down")}
				*out.FailedRecordCount++
				throttles++
			} else {
				for _, l := range event.Lines(r.Data) {
					lines[string(l)] = *r.PartitionKey
				}
			}
			out.Records = append(out.Records, entry)
		}
		return out
	}
	p := complete(t, Plan{Seed: 3, Start: time.Now(), Rate: 2000, For: 300 * time.Millisecond, People: 60, Batch: 5, Keys: true, Agents: true})
	s, err := p.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	rec := NewRecorder(p.Start, time.Second)
	run, err := NewRunner(s, rec, Limits{}, func(done Done) (Target, error) {
		pr, err := producer.New(putRecords(put), "clicks", producer.Options{MaxAttempts: 2, BackoffBase: time.Millisecond, OnFull: producer.Fail})
		return NewStream(pr, time.Second, done), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := rec.Totals()
	if throttles == 0 || r.Errors["throttled"] != r.Failed || r.Accepted != uint64(len(lines)) || r.Accepted+r.Failed != r.Due {
		t.Errorf("%+v, %d lines, %d throttles", r, len(lines), throttles)
	}
	for line, key := range lines {
		var e event.Event
		if problems, err := e.Decode([]byte(line)); err != nil || len(problems) > 0 || e.PartitionKey() != key || e.UserAgent == "" {
			t.Fatalf("%s under %s: %v %v", line, key, problems, err)
		}
	}
}

type putRecords func(*kinesis.PutRecordsInput) *kinesis.PutRecordsOutput

func (p putRecords) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	return p(in), nil
}

// What is written are the events of the plan, one a line; an error of the writer ends all that follows.
func TestLinesTarget(t *testing.T) {
	p := complete(t, Plan{Seed: 4, Start: time.Now().Add(-time.Hour), Rate: 1000, For: time.Second, Batch: 10, People: 20})
	var want []string
	for c := range p.Copies() {
		want = append(want, string(c.JSON))
	}
	play := func(w io.Writer) (Totals, error) {
		s, err := p.Prepare()
		if err != nil {
			t.Fatal(err)
		}
		rec := NewRecorder(p.Start, time.Hour)
		run, err := NewRunner(s, rec, Limits{}, func(done Done) (Target, error) { return NewLines(w, done), nil })
		if err != nil {
			t.Fatal(err)
		}
		err = run.Run(t.Context())
		return rec.Totals(), err
	}
	var out bytes.Buffer
	if r, err := play(&out); err != nil || r.Accepted != r.Due || !slices.Equal(strings.Split(strings.TrimSpace(out.String()), "\n"), want) {
		t.Errorf("%+v, %v", r, err)
	}
	full := errors.New("disk full")
	if r, err := play(fails{full}); !errors.Is(err, full) || r.Failed == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

type fails struct{ err error }

func (f fails) Write([]byte) (int, error) { return 0, f.err }

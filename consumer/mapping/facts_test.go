package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// What Lambda was recorded to do, replayed. The destination's records are compared as JSON.

// discards collects what is given up: "condition attempts: names".
type discards struct {
	all   []Discard
	lines []string
}

func (d *discards) take(_ context.Context, one Discard) error {
	d.all = append(d.all, one)
	d.lines = append(d.lines, fmt.Sprintf("%s %d: %s", one.Condition, one.Attempts, strings.Join(namesOf(one.Event), " ")))
	return nil
}

func (d *discards) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(d.lines, lines) {
		t.Errorf("discarded %q, want %q", d.lines, lines)
	}
}

// failing is a function that returns an error for every batch with one of these names in it.
func failing(poison ...string) answer {
	return func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
		if slices.ContainsFunc(names, func(n string) bool { return slices.Contains(poison, n) }) {
			return events.KinesisEventResponse{}, errFunction
		}
		return events.KinesisEventResponse{}, nil
	}
}

// Six records in batches of three, of which the last is always reported: 1 to 5 come once and 6 five times, once in its batch and
// four times alone; those four are what the destination is told.
func TestReportedRecordIsExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		r.cfg.BatchSize, r.cfg.MaximumRetryAttempts, r.cfg.OnDiscard = 3, new(3), given.take
		r.cfg.FunctionARN = "arn:aws:lambda:eu-central-1:123456789012:function:consume"
		r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
			if slices.Contains(names, "6") {
				return ParseResponse([]byte(`{"batchItemFailures":[{"itemIdentifier":"` + sequence(6) + `"}]}`))
			}
			return events.KinesisEventResponse{}, nil
		}
		arrived := time.Now()
		r.model.put(0, "1", "2", "3", "4", "5", "6")
		r.consume()
		r.want("1 2 3", "4 5 6", "6", "6", "6", "6")
		given.want(t, "RetryAttemptsExhausted 4: 6")
		d := given.all[0]
		wantRecord(t, must(d.Record()), map[string]any{
			"requestContext": map[string]any{
				"requestId": d.RequestID, "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:consume",
				"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 4.0,
			},
			"responseContext": map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST"},
			"version":         "1.0",
			"timestamp":       instant(d.At),
			"KinesisBatchInfo": map[string]any{
				"shardId": shardID(0), "startSequenceNumber": sequence(6), "endSequenceNumber": sequence(6),
				"approximateArrivalOfFirstRecord": instant(arrived), "approximateArrivalOfLastRecord": instant(arrived),
				"batchSize": 1.0, "streamArn": "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks",
			},
		})
	})
}

// A batch that fails with one retry is delivered twice, and the S3 record of it has the whole event.
func TestFailedBatchIsExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		r.cfg.MaximumRetryAttempts, r.cfg.OnDiscard, r.answer = new(1), given.take, failing("b")
		r.model.put(0, "a", "b")
		r.consume()
		r.want("a b", "a b")
		given.want(t, "RetryAttemptsExhausted 2: a b")
		var record struct {
			ResponseContext map[string]any
			Payload         string
		}
		mustDo(json.Unmarshal(must(given.all[0].RecordWithPayload()), &record))
		var payload events.KinesisEvent
		mustDo(json.Unmarshal([]byte(record.Payload), &payload))
		if record.ResponseContext["functionError"] != "Unhandled" || !slices.Equal(namesOf(payload), []string{"a", "b"}) {
			t.Errorf("record %+v", record)
		}
	})
}

// The two records in the middle are poison: each is found by halving, and has its retries for itself; halving uses up none.
func TestBisectDoesNotConsumeAttempts(t *testing.T) {
	for retries := range 3 {
		t.Run(fmt.Sprint("retries=", retries), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				var given discards
				r.cfg.MaximumRetryAttempts, r.cfg.OnDiscard, r.answer = &retries, given.take, failing("4", "5")
				r.cfg.BisectBatchOnFunctionError = true
				r.model.put(0, "1", "2", "3", "4", "5", "6", "7")
				r.consume()
				four, five := slices.Repeat([]string{"4"}, retries), slices.Repeat([]string{"5"}, retries)
				want := []string{"1 2 3 4 5 6 7", "1 2 3", "4 5 6 7", "4 5", "4"}
				want = append(append(want, four...), "5")
				want = append(append(want, five...), "6 7")
				r.want(want...)
				given.want(t, fmt.Sprintf("RetryAttemptsExhausted %d: 4", retries+1), fmt.Sprintf("RetryAttemptsExhausted %d: 5", retries+1))
				if got := r.checkpoints.of(0); got != sequence(7) {
					t.Errorf("checkpoint %s, want that of record 7", got)
				}
			})
		})
	}
}

// With both, a batch is cut at the record that is reported, and not halved.
func TestBisectLeavesReportsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		r.cfg.MaximumRetryAttempts, r.cfg.OnDiscard, r.cfg.BisectBatchOnFunctionError = new(1), given.take, true
		r.answer = func(_ context.Context, _ int, names []string) (events.KinesisEventResponse, error) {
			if slices.Contains(names, "3") {
				return failed(sequence(3))
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "1", "2", "3", "4")
		r.consume()
		r.want("1 2 3 4", "3 4", "3 4")
		given.want(t, "RetryAttemptsExhausted 2: 3 4")
	})
}

// What has expired before it is delivered goes to the destination without a response, for there was none; the rest is delivered.
func TestExpiredPrefixIsDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		r.cfg.MaximumRecordAge, r.cfg.OnDiscard = time.Minute, given.take
		r.model.put(0, "1", "2")
		time.Sleep(time.Minute + time.Millisecond)
		r.model.put(0, "3")
		r.consume()
		r.want("3")
		given.want(t, "RecordAgeExceeded 0: 1 2")
		var record map[string]any
		mustDo(json.Unmarshal(must(given.all[0].Record()), &record))
		if _, has := record["responseContext"]; has || record["requestContext"].(map[string]any)["condition"] != "RecordAgeExceeded" {
			t.Errorf("record %v", record)
		}
	})
}

// A record grows too old while it is delivered again and again; those behind it stay.
func TestAgeBoundsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		r.cfg.MaximumRecordAge, r.cfg.OnDiscard, r.answer = time.Minute, given.take, failing("1")
		r.cfg.FunctionTimeout = time.Hour
		began := time.Now()
		r.model.put(0, "1")
		time.Sleep(40 * time.Second)
		r.model.put(0, "2")
		r.consume()
		if took := time.Since(began); took < time.Minute || took > 2*time.Minute {
			t.Errorf("given up after %v", took)
		}
		got := r.delivered()
		if last := got[len(got)-1]; last != "2" || len(given.all) != 1 || given.all[0].Attempts != len(got)-1 {
			t.Errorf("delivered %q, discarded %q", got, given.lines)
		}
	})
}

// However often an invocation is throttled, it is no attempt, and nothing is halved for it.
func TestThrottlesDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		var attempts []int
		r.cfg.MaximumRetryAttempts, r.cfg.OnDiscard, r.cfg.BisectBatchOnFunctionError = new(0), given.take, true
		r.cfg.Events.Invoked = func(i Invocation) { attempts = append(attempts, i.Attempt) }
		r.answer = func(_ context.Context, n int, _ []string) (events.KinesisEventResponse, error) {
			if n < 20 {
				return events.KinesisEventResponse{}, fmt.Errorf("invoke: %w", ErrThrottled)
			}
			return events.KinesisEventResponse{}, nil
		}
		r.model.put(0, "a", "b")
		r.consume()
		r.want(slices.Repeat([]string{"a b"}, 20)...)
		given.want(t)
		if slices.Max(attempts) != 1 {
			t.Errorf("attempts %v", attempts)
		}
	})
}

// Filters take records out before they are batched; the checkpoint passes them, also where none is left to deliver.
func TestFilteredRecordsArePassedOver(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		t.Run(fmt.Sprint("lanes=", lanes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1)
				r.cfg.ParallelizationFactor = lanes
				r.cfg.Filters = []string{`{"partitionKey":["b"]}`, `{"partitionKey":["d"]}`}
				r.model.put(0, "a", "b", "c")
				r.consume()
				r.want("b")
				if got := r.checkpoints.of(0); got != sequence(3) {
					t.Errorf("checkpoint %s, want that of record 3", got)
				}
				r.model.put(0, "e", "f")
				r.consume()
				r.want()
				if got := r.checkpoints.of(0); got != sequence(5) {
					t.Errorf("checkpoint %s, want that of record 5", got)
				}
			})
		})
	}
}

func wantRecord(t *testing.T, record []byte, want map[string]any) {
	t.Helper()
	var got map[string]any
	mustDo(json.Unmarshal(record, &got))
	if g, w := must(json.Marshal(got)), must(json.Marshal(want)); string(g) != string(w) {
		t.Errorf("record\n got %s\nwant %s", g, w)
	}
}

func must[T any](v T, err error) T {
	mustDo(err)
	return v
}

func mustDo(err error) {
	if err != nil {
		panic(err)
	}
}

// A record that was given up while the mapping ends is given up again by the next run, and the shard goes on behind it.
func TestDiscardThatFailsAtTheEndIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		var given discards
		down := true
		r.cfg.MaximumRetryAttempts, r.answer = new(0), failing("a")
		r.cfg.OnDiscard = func(ctx context.Context, d Discard) error {
			if down {
				return errors.New("destination is down")
			}
			return given.take(ctx, d)
		}
		r.model.put(0, "a")
		run := r.start()
		time.Sleep(time.Minute)
		if err := run.stop(); err == nil || !strings.Contains(err.Error(), "destination is down") {
			t.Errorf("stopped with %v", err)
		}
		down = false
		r.model.put(0, "b")
		r.consume()
		r.want("a", "a b")
		given.want(t, "RetryAttemptsExhausted 1: a b")
	})
}

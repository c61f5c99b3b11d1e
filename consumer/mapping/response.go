package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// judge says how many records of a batch, from the first, an invocation's outcome makes done, and why it is not all of them. An item
// identifier that names no record of the batch leaves none done: whoever sends one cannot be believed about the others.
func (s *shard) judge(records []types.Record, response events.KinesisEventResponse, err error) (done int, _ failure) {
	switch {
	case errors.Is(err, ErrThrottled):
		return 0, failure{throttled, err}
	case err != nil:
		return 0, failure{broken, err}
	case !s.cfg.ReportBatchItemFailures:
		return len(records), failure{}
	}
	done, known, err := lowestFailed(records, response.BatchItemFailures)
	switch {
	case err == nil:
		return done, failure{}
	case !known:
		return 0, failure{broken, err}
	}
	return done, failure{reported, err}
}

// lowestFailed returns the index of the first record that failed. known is false where a name is none of the batch.
func lowestFailed(records []types.Record, failures []events.KinesisBatchItemFailure) (lowest int, known bool, _ error) {
	if len(failures) == 0 {
		return len(records), true, nil
	}
	index := indexBySequenceNumber(records)
	lowest = len(records)
	for _, failure := range failures {
		i, ok := index[failure.ItemIdentifier]
		if !ok {
			return 0, false, fmt.Errorf("batch item failure %q names no record of the batch", failure.ItemIdentifier)
		}
		lowest = min(lowest, i)
	}
	return lowest, true, fmt.Errorf("function reported record %s as failed", aws.ToString(records[lowest].SequenceNumber))
}

func indexBySequenceNumber(records []types.Record) map[string]int {
	index := make(map[string]int, len(records))
	for i := range records {
		index[aws.ToString(records[i].SequenceNumber)] = i
	}
	return index
}

// ParseResponse reads the body of a function's response as Lambda does where batch item failures are reported: nothing, "", null, [], {},
// and an empty or null list are success. An item whose identifier is missing, null or no text is one that names no record. A body that
// has not this shape is an error, which fails the batch.
func ParseResponse(body []byte) (events.KinesisEventResponse, error) {
	var none events.KinesisEventResponse
	switch text := bytes.TrimSpace(body); string(text) {
	case "", `""`, "null", "[]":
		return none, nil
	}
	var envelope map[string]json.RawMessage // the names of fields are exact, as a struct's are not
	if err := json.Unmarshal(body, &envelope); err != nil {
		return none, fmt.Errorf("read batch item failures: %w", err)
	}
	list, ok := envelope["batchItemFailures"]
	if !ok {
		return none, nil
	}
	var items []map[string]any
	if err := json.Unmarshal(list, &items); err != nil {
		return none, fmt.Errorf("read batch item failures: %w", err)
	}
	var out events.KinesisEventResponse
	for _, item := range items {
		id, _ := item["itemIdentifier"].(string)
		out.BatchItemFailures = append(out.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: id})
	}
	return out, nil
}

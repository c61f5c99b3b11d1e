package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// What the function's answer makes of a batch of five. The bodies are those that Lambda gets to see.
func TestJudge(t *testing.T) {
	m := newModel(1)
	m.put(0, "1", "2", "3", "4", "5")
	item := func(n int) string { return `{"itemIdentifier":"` + sequence(n) + `"}` }
	tests := map[string]struct {
		body string
		done int
	}{
		"null":                      {`null`, 5},
		"empty object":              {`{}`, 5},
		"empty list":                {`{"batchItemFailures":[]}`, 5},
		"null list":                 {`{"batchItemFailures":null}`, 5},
		"other keys":                {`{"batch_item_failures":[` + item(1) + `]}`, 5},
		"first":                     {`{"batchItemFailures":[` + item(1) + `]}`, 0},
		"third":                     {`{"batchItemFailures":[` + item(3) + `]}`, 2},
		"last":                      {`{"batchItemFailures":[` + item(5) + `]}`, 4},
		"lowest of several":         {`{"batchItemFailures":[` + item(5) + `,` + item(2) + `,` + item(4) + `]}`, 1},
		"twice":                     {`{"batchItemFailures":[` + item(4) + `,` + item(4) + `]}`, 3},
		"empty identifier":          {`{"batchItemFailures":[{"itemIdentifier":""}]}`, 0},
		"null identifier":           {`{"batchItemFailures":[{"itemIdentifier":null}]}`, 0},
		"no identifier":             {`{"batchItemFailures":[{}]}`, 0},
		"null item":                 {`{"batchItemFailures":[null]}`, 0},
		"wrong key":                 {`{"batchItemFailures":[{"identifier":"` + sequence(3) + `"}]}`, 0},
		"foreign identifier":        {`{"batchItemFailures":[` + item(9) + `]}`, 0},
		"event id for identifier":   {`{"batchItemFailures":[{"itemIdentifier":"` + shardID(0) + `:` + sequence(3) + `"}]}`, 0},
		"foreign beside known":      {`{"batchItemFailures":[` + item(3) + `,` + item(9) + `]}`, 0},
		"identifier is not trimmed": {`{"batchItemFailures":[{"itemIdentifier":" ` + sequence(3) + `"}]}`, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var response events.KinesisEventResponse
			if err := json.Unmarshal([]byte(test.body), &response); err != nil {
				t.Fatal(err)
			}
			done, err := judge(m.shards[0].records, response, nil)
			if done != test.done || (err == nil) != (done == 5) {
				t.Errorf("done %d (%v), want %d", done, err, test.done)
			}
		})
	}
}

func TestJudgeNamesTheForeignIdentifier(t *testing.T) {
	m := newModel(1)
	m.put(0, "1")
	response, _ := failed("4958")
	if _, err := judge(m.shards[0].records, response, nil); err == nil || !strings.Contains(err.Error(), `"4958" names no record`) {
		t.Errorf("error %v", err)
	}
}

func TestJudgeBelievesTheErrorBeforeTheResponse(t *testing.T) {
	m := newModel(1)
	m.put(0, "1", "2")
	response, _ := failed(sequence(2))
	if done, err := judge(m.shards[0].records, response, errFunction); done != 0 || !errors.Is(err, errFunction) {
		t.Errorf("done %d, %v", done, err)
	}
}

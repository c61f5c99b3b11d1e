package mapping

import (
	"errors"
	"strings"
	"testing"
)

// judging is a shard that can judge.
func judging() *shard { return &shard{cfg: &Config{ReportBatchItemFailures: true}} }

// What the function's answer makes of a batch of five. The bodies are those that Lambda gets to see.
func TestJudge(t *testing.T) {
	m := newModel(1)
	m.put(0, "1", "2", "3", "4", "5")
	item := func(n int) string { return `{"itemIdentifier":"` + sequence(n) + `"}` }
	tests := map[string]struct {
		body string
		done int
	}{
		"nothing":                   {``, 5},
		"empty string":              {`""`, 5},
		"empty array":               {`[]`, 5},
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
		"identifier is a number":    {`{"batchItemFailures":[{"itemIdentifier":123}]}`, 0},
		"another case":              {`{"BatchItemFailures":[` + item(1) + `]}`, 5},
		"no JSON":                   {`{"batchItemFailures":`, 0},
		"no list":                   {`{"batchItemFailures":"all"}`, 0},
		"a string":                  {`"all is well"`, 0},
		"foreign beside known":      {`{"batchItemFailures":[` + item(3) + `,` + item(9) + `]}`, 0},
		"identifier is not trimmed": {`{"batchItemFailures":[{"itemIdentifier":" ` + sequence(3) + `"}]}`, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			response, err := ParseResponse([]byte(test.body))
			done, f := judging().judge(m.shards[0].records, response, err)
			if done != test.done || (f.err == nil) != (done == 5) {
				t.Errorf("done %d (%v), want %d", done, f.err, test.done)
			}
		})
	}
}

func TestJudgeNamesTheForeignIdentifier(t *testing.T) {
	m := newModel(1)
	m.put(0, "1")
	response, _ := failed("4958")
	if _, f := judging().judge(m.shards[0].records, response, nil); f.err == nil || !strings.Contains(f.err.Error(), `"4958" names no record`) {
		t.Errorf("error %v", f.err)
	}
}

func TestJudgeBelievesTheErrorBeforeTheResponse(t *testing.T) {
	m := newModel(1)
	m.put(0, "1", "2")
	response, _ := failed(sequence(2))
	if done, f := judging().judge(m.shards[0].records, response, errFunction); done != 0 || f.kind != broken || !errors.Is(f.err, errFunction) {
		t.Errorf("done %d, %+v", done, f)
	}
}

// Without ReportBatchItemFailures what the function answers is nobody's concern.
func TestJudgeAsksForReports(t *testing.T) {
	m := newModel(1)
	m.put(0, "1", "2")
	response, _ := failed(sequence(1))
	if done, f := (&shard{cfg: &Config{}}).judge(m.shards[0].records, response, nil); done != 2 || f.err != nil {
		t.Errorf("done %d, %v", done, f.err)
	}
}

package mapping

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// judge says how many records of a batch, from the first, an invocation's outcome makes done. The error says why it is not all
// of them. An item identifier that names no record of the batch leaves none done: whoever sends one cannot be believed about
// the others.
func judge(records []types.Record, response events.KinesisEventResponse, err error) (done int, _ error) {
	if err != nil {
		return 0, err
	}
	failures := response.BatchItemFailures
	if len(failures) == 0 {
		return len(records), nil
	}
	index := indexBySequenceNumber(records)
	lowest := len(records)
	for _, failure := range failures {
		i, known := index[failure.ItemIdentifier]
		if !known {
			return 0, fmt.Errorf("batch item failure %q names no record of the batch", failure.ItemIdentifier)
		}
		lowest = min(lowest, i)
	}
	return lowest, fmt.Errorf("function reported record %s as failed", aws.ToString(records[lowest].SequenceNumber))
}

func indexBySequenceNumber(records []types.Record) map[string]int {
	index := make(map[string]int, len(records))
	for i := range records {
		index[aws.ToString(records[i].SequenceNumber)] = i
	}
	return index
}

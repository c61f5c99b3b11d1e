package mapping

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// position is a place in a shard from which it can be read, or the end of the shard.
type position struct {
	kind     types.ShardIteratorType // "" is the end of the shard
	sequence string                  // of AFTER_SEQUENCE_NUMBER
	at       time.Time               // of AT_TIMESTAMP; of LATEST: when that was decided
}

var (
	beginning = position{kind: types.ShardIteratorTypeTrimHorizon}
	shardEnd  = position{}
)

func after(sequence string) position {
	return position{kind: types.ShardIteratorTypeAfterSequenceNumber, sequence: sequence}
}

func atTimestamp(t time.Time) position {
	return position{kind: types.ShardIteratorTypeAtTimestamp, at: t}
}

// settled is the position from which to read if nothing was read yet and the iterator is lost. LATEST asked a second time would
// skip what came in between, so it becomes the time at which it was asked first.
func (p position) settled() position {
	if p.kind == types.ShardIteratorTypeLatest {
		return atTimestamp(p.at)
	}
	return p
}

// input is the request for an iterator at p.
func (p position) input(stream, shard string) *kinesis.GetShardIteratorInput {
	in := &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: &shard, ShardIteratorType: p.kind}
	switch p.kind {
	case types.ShardIteratorTypeAfterSequenceNumber:
		in.StartingSequenceNumber = &p.sequence
	case types.ShardIteratorTypeAtTimestamp:
		in.Timestamp = &p.at
	}
	return in
}

const timestampPrefix = "AT_TIMESTAMP "

// checkpoint is the text of p for Checkpoints.
func (p position) checkpoint() string {
	switch p.kind {
	case types.ShardIteratorTypeAfterSequenceNumber:
		return p.sequence
	case types.ShardIteratorTypeAtTimestamp, types.ShardIteratorTypeLatest:
		return timestampPrefix + p.at.UTC().Format(time.RFC3339Nano)
	case types.ShardIteratorTypeTrimHorizon:
		return string(p.kind)
	default:
		return ShardEnd
	}
}

// parsePosition is the inverse of checkpoint.
func parsePosition(checkpoint string) (position, error) {
	if checkpoint == ShardEnd {
		return shardEnd, nil
	}
	if checkpoint == string(types.ShardIteratorTypeTrimHorizon) {
		return beginning, nil
	}
	if text, ok := strings.CutPrefix(checkpoint, timestampPrefix); ok {
		at, err := time.Parse(time.RFC3339Nano, text)
		return atTimestamp(at), err
	}
	if checkpoint == "" || strings.Trim(checkpoint, "0123456789") != "" {
		return position{}, fmt.Errorf("%q is not a checkpoint", checkpoint)
	}
	return after(checkpoint), nil
}

package stream

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func decodeListStreamConsumers(body []byte, in *kinesis.ListStreamConsumersInput) error {
	wire := struct {
		*kinesis.ListStreamConsumersInput
		StreamCreationTimestamp *epoch // hides the embedded one
	}{ListStreamConsumersInput: in}
	err := unmarshal(body, &wire)
	in.StreamCreationTimestamp = wire.StreamCreationTimestamp.time()
	return err
}

func decodeSubscribeToShard(body []byte, in *kinesis.SubscribeToShardInput) error {
	wire := struct {
		*kinesis.SubscribeToShardInput
		StartingPosition *struct {
			types.StartingPosition
			Timestamp *epoch // hides the embedded one
		}
	}{SubscribeToShardInput: in}
	if err := unmarshal(body, &wire); err != nil {
		return err
	}
	if p := wire.StartingPosition; p != nil {
		p.StartingPosition.Timestamp = p.Timestamp.time()
		in.StartingPosition = &p.StartingPosition
	}
	return nil
}

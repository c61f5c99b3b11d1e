package stream

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	maxShards        = 10_000 // of all streams together
	onDemandShards   = 4      // what Kinesis gives a new on-demand stream
	defaultRetention = 24     // hours
	defaultRecordKiB = 1024
	maxRecordKiB     = 10 * 1024
)

// CreateStream makes a stream, which is active at once. See kinesis.Client.CreateStream.
func (c *Client) CreateStream(ctx context.Context, in *kinesis.CreateStreamInput, _ ...options) (*kinesis.CreateStreamOutput, error) {
	return call(ctx, c.b, in, c.b.createStream)
}

func (b *Broker) createStream(_ context.Context, in *kinesis.CreateStreamInput) (*kinesis.CreateStreamOutput, error) {
	mode, shards, err := checkCreateStream(in)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streams[*in.StreamName] != nil {
		message := fmt.Sprintf("Stream %s under account %s already exists.", *in.StreamName, b.opt.Account)
		return nil, &types.ResourceInUseException{Message: &message}
	}
	if have := b.shardCount(); have+shards > maxShards {
		return nil, b.shardLimit(have, shards)
	}
	s, err := b.makeStream(b.newSettings(in, mode, shards))
	if err != nil {
		return nil, internalError(err)
	}
	b.streams[s.Name] = s
	return &kinesis.CreateStreamOutput{}, nil
}

func checkCreateStream(in *kinesis.CreateStreamInput) (types.StreamMode, int, error) {
	var v violations
	v.number("shardCount", in.ShardCount, 1, 1<<31-1)
	v.required("streamName", in.StreamName != nil)
	v.text("streamName", in.StreamName, 1, 128, namePattern)
	v.number("maxRecordSizeInKiB", in.MaxRecordSizeInKiB, defaultRecordKiB, maxRecordKiB)
	mode := types.StreamModeProvisioned
	if in.StreamModeDetails != nil {
		v.required("streamModeDetails.streamMode", in.StreamModeDetails.StreamMode != "")
		enum(&v, "streamModeDetails.streamMode", in.StreamModeDetails.StreamMode, mode.Values())
		mode = in.StreamModeDetails.StreamMode
	}
	v.tags("tags", in.Tags)
	if err := v.err(); err != nil {
		return "", 0, err
	}
	if err := checkNewStream(in, mode); err != nil {
		return "", 0, err
	}
	switch {
	case in.ShardCount != nil:
		return mode, int(*in.ShardCount), nil
	case mode == types.StreamModeOnDemand:
		return mode, onDemandShards, nil
	}
	return "", 0, invalidArgument("ShardCount must be provided for a stream in PROVISIONED mode.")
}

// checkNewStream checks what depends on the mode of the stream.
func checkNewStream(in *kinesis.CreateStreamInput, mode types.StreamMode) error {
	if in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto {
		return invalidArgument("RecordDistributionStrategy %s is not supported.", in.RecordDistributionStrategy)
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if in.WarmThroughputMiBps != nil && mode != types.StreamModeOnDemand {
		return warmNeedsOnDemand(*in.StreamName)
	}
	return nil
}

func (b *Broker) newSettings(in *kinesis.CreateStreamInput, mode types.StreamMode, shards int) settings {
	set := settings{
		Format:         settingsFormat,
		identity:       identity{Name: *in.StreamName, ID: rand.Uint64(), CreatedMS: b.now()},
		Mode:           mode,
		RetentionHours: defaultRetention,
		MaxRecordKiB:   defaultRecordKiB,
	}
	if in.MaxRecordSizeInKiB != nil {
		set.MaxRecordKiB = *in.MaxRecordSizeInKiB
	}
	if in.WarmThroughputMiBps != nil {
		set.WarmMiBps = *in.WarmThroughputMiBps
	}
	set.Tags = maps.Clone(in.Tags)
	for i, r := range splitEvenly(shards) {
		set.Shards = append(set.Shards, shardSettings{
			Number: uint32(i), CreatedMS: set.CreatedMS, StartHashKey: r[0], EndHashKey: r[1],
		})
	}
	return set
}

// shardCount is the number of open shards of all streams. The caller holds mu.
func (b *Broker) shardCount() int {
	n := 0
	for _, s := range b.streams {
		n += len(s.version().open)
	}
	return n
}

func (b *Broker) shardLimit(have, more int) error {
	message := fmt.Sprintf("This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. "+
		"Limit: %d. Number of additional shards that would have resulted from this request: %d.",
		b.opt.Account, b.opt.Region, have, maxShards, more)
	return &types.LimitExceededException{Message: &message}
}

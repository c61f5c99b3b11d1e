package stream

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// maxConsumers is how many consumers Kinesis lets a stream have.
const maxConsumers = 20

// RegisterStreamConsumer registers a consumer, which is active at once and may subscribe to the shards of its stream.
// See kinesis.Client.RegisterStreamConsumer.
func (c *Client) RegisterStreamConsumer(
	ctx context.Context, in *kinesis.RegisterStreamConsumerInput, _ ...options,
) (*kinesis.RegisterStreamConsumerOutput, error) {
	return call(ctx, c.b, in, c.b.registerStreamConsumer)
}

func (b *Broker) registerStreamConsumer(_ context.Context, in *kinesis.RegisterStreamConsumerInput) (*kinesis.RegisterStreamConsumerOutput, error) {
	if err := checkRegisterStreamConsumer(in); err != nil {
		return nil, err
	}
	s, err := b.lookup(nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	var registered types.Consumer
	err = b.change(s, func(_ *version, set *settings) error {
		c, err := b.register(set, *in.ConsumerName)
		if err != nil {
			return err
		}
		c.Tags = maps.Clone(in.Tags)
		registered = c.describe(s.arn)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.RegisterStreamConsumerOutput{Consumer: &registered}, nil
}

func checkRegisterStreamConsumer(in *kinesis.RegisterStreamConsumerInput) error {
	var v violations
	v.required("streamARN", in.StreamARN != nil)
	v.stream(nil, in.StreamARN)
	v.required("consumerName", in.ConsumerName != nil)
	v.text("consumerName", in.ConsumerName, 1, 128, namePattern)
	v.tags("tags", in.Tags)
	if err := v.err(); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// register adds a consumer to the settings of a stream.
func (b *Broker) register(set *settings, name string) (*consumer, error) {
	place, found := set.consumerNamed(name)
	if found {
		message := fmt.Sprintf("Consumer %s of stream %s under account %s already exists.", name, set.Name, b.opt.Account)
		return nil, &types.ResourceInUseException{Message: &message}
	}
	if len(set.Consumers) >= maxConsumers {
		message := fmt.Sprintf("Stream %s under account %s already has %d consumers, the most that are allowed.", set.Name, b.opt.Account, maxConsumers)
		return nil, &types.LimitExceededException{Message: &message}
	}
	now := b.now()
	set.LastConsumer = max(now/1000, set.LastConsumer+1)
	set.Consumers = slices.Insert(set.Consumers, place, consumer{Name: name, CreatedMS: now, Stamp: set.LastConsumer})
	return &set.Consumers[place], nil
}

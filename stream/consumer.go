package stream

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// consumer is a registered consumer of a stream, one of the stream's settings.
type consumer struct {
	Name      string `json:"name"`
	CreatedMS int64  `json:"created_ms"`
	// Stamp ends the ARN. It is the creation in Unix seconds, or later, so that no two consumers of a stream ever have the
	// same ARN.
	Stamp int64 `json:"stamp"`
	annotations
}

// consumerInfix is what an ARN of a consumer has between the ARN of its stream and its own name.
const consumerInfix = "/consumer/"

// id is the consumer's part of its ARN.
func (c *consumer) id() string { return fmt.Sprintf("%s:%d", c.Name, c.Stamp) }

func (c *consumer) arn(streamARN string) string { return streamARN + consumerInfix + c.id() }

// describe returns a consumer as the API shows it. It is active as soon as it is registered.
func (c *consumer) describe(streamARN string) types.Consumer {
	arn, name := c.arn(streamARN), c.Name
	return types.Consumer{
		ConsumerARN: &arn, ConsumerName: &name, ConsumerCreationTimestamp: timeOf(c.CreatedMS), ConsumerStatus: types.ConsumerStatusActive,
	}
}

// consumerNamed finds the place of a consumer, or where it would be.
func (set *settings) consumerNamed(name string) (place int, found bool) {
	return slices.BinarySearchFunc(set.Consumers, name, func(c consumer, name string) int { return cmp.Compare(c.Name, name) })
}

// consumer finds the place of the consumer that has an ARN.
func (set *settings) consumer(arn string) (int, error) {
	_, id, _ := strings.Cut(arn, consumerInfix)
	name, _, _ := strings.Cut(id, ":")
	i, found := set.consumerNamed(name)
	if !found || set.Consumers[i].id() != id {
		return 0, consumerNotFound(arn)
	}
	return i, nil
}

func consumerNotFound(consumer string) error {
	message := fmt.Sprintf("Consumer %s not found.", consumer)
	return &types.ResourceNotFoundException{Message: &message}
}

// consumerRef is how requests name a consumer: by its ARN, or by its name and the ARN of its stream.
type consumerRef struct{ streamARN, consumerARN, name *string }

func (r consumerRef) check() error {
	var v violations
	v.stream(nil, r.streamARN)
	v.text("consumerName", r.name, 1, 128, namePattern)
	v.text("consumerARN", r.consumerARN, 1, 2048, consumerPattern)
	if err := v.err(); err != nil {
		return err
	}
	if r.consumerARN == nil && (r.streamARN == nil || r.name == nil) {
		return invalidArgument("Either ConsumerARN or both StreamARN and ConsumerName must be provided.")
	}
	return nil
}

// stream finds the stream of the consumer.
func (r consumerRef) stream(b *Broker) (*dataStream, error) {
	if r.consumerARN != nil {
		return b.streamOf(*r.consumerARN)
	}
	return b.lookup(nil, r.streamARN)
}

// place finds the consumer among those of its stream.
func (r consumerRef) place(set *settings) (int, error) {
	if r.consumerARN != nil {
		return set.consumer(*r.consumerARN)
	}
	i, found := set.consumerNamed(*r.name)
	if !found {
		return 0, consumerNotFound(*r.name)
	}
	return i, nil
}

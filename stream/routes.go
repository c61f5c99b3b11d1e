package stream

import "context"

// actions are what the API can do, by name. What the API has beyond these answers UnknownOperationException.
var actions = map[string]func(*Broker) route{
	"AddTagsToStream":               of((*Broker).addTagsToStream),
	"CreateStream":                  of((*Broker).createStream),
	"DecreaseStreamRetentionPeriod": of((*Broker).decreaseStreamRetentionPeriod),
	"DeleteResourcePolicy":          of((*Broker).deleteResourcePolicy),
	"DeleteStream":                  of((*Broker).deleteStream),
	"DeregisterStreamConsumer":      of((*Broker).deregisterStreamConsumer),
	"DescribeAccountSettings":       of((*Broker).describeAccountSettings),
	"DescribeLimits":                of((*Broker).describeLimits),
	"DescribeStream":                of((*Broker).describeStream),
	"DescribeStreamConsumer":        of((*Broker).describeStreamConsumer),
	"DescribeStreamSummary":         of((*Broker).describeStreamSummary),
	"DisableEnhancedMonitoring":     of((*Broker).disableEnhancedMonitoring),
	"EnableEnhancedMonitoring":      of((*Broker).enableEnhancedMonitoring),
	"GetRecords":                    func(b *Broker) route { return b.serveGetRecords },
	"GetResourcePolicy":             of((*Broker).getResourcePolicy),
	"GetShardIterator":              of((*Broker).getShardIterator),
	"IncreaseStreamRetentionPeriod": of((*Broker).increaseStreamRetentionPeriod),
	"ListShards":                    of((*Broker).listShards),
	"ListStreamConsumers":           of((*Broker).listStreamConsumers),
	"ListStreams":                   of((*Broker).listStreams),
	"ListTagsForResource":           of((*Broker).listTagsForResource),
	"ListTagsForStream":             of((*Broker).listTagsForStream),
	"MergeShards":                   of((*Broker).mergeShards),
	"PutRecord":                     of((*Broker).putRecord),
	"PutRecords":                    of((*Broker).putRecords),
	"PutResourcePolicy":             of((*Broker).putResourcePolicy),
	"RegisterStreamConsumer":        of((*Broker).registerStreamConsumer),
	"RemoveTagsFromStream":          of((*Broker).removeTagsFromStream),
	"SplitShard":                    of((*Broker).splitShard),
	"StartStreamEncryption":         of((*Broker).startStreamEncryption),
	"StopStreamEncryption":          of((*Broker).stopStreamEncryption),
	"SubscribeToShard":              func(b *Broker) route { return b.serveSubscription },
	"TagResource":                   of((*Broker).tagResource),
	"UntagResource":                 of((*Broker).untagResource),
	"UpdateAccountSettings":         of((*Broker).updateAccountSettings),
	"UpdateMaxRecordSize":           of((*Broker).updateMaxRecordSize),
	"UpdateShardCount":              of((*Broker).updateShardCount),
	"UpdateStreamMode":              of((*Broker).updateStreamMode),
	"UpdateStreamWarmThroughput":    of((*Broker).updateStreamWarmThroughput),
}

// of is an action whose input and output are read and written as a whole.
func of[In, Out any, O serializable[Out]](action func(*Broker, context.Context, *In) (*Out, error)) func(*Broker) route {
	return func(b *Broker) route {
		return handle[In, Out, O](b, func(ctx context.Context, in *In) (*Out, error) { return action(b, ctx, in) })
	}
}

// route finds an action by its name.
func (b *Broker) route(name string) (route, bool) {
	action, known := actions[name]
	if !known {
		return nil, false
	}
	return action(b), true
}

package stream

// route finds an action by its name. What the API has beyond these answers UnknownOperationException.
func (b *Broker) route(action string) (route, bool) {
	switch action {
	case "AddTagsToStream":
		return handle(b, b.addTagsToStream), true
	case "CreateStream":
		return handle(b, b.createStream), true
	case "DecreaseStreamRetentionPeriod":
		return handle(b, b.decreaseStreamRetentionPeriod), true
	case "DeleteResourcePolicy":
		return handle(b, b.deleteResourcePolicy), true
	case "DeleteStream":
		return handle(b, b.deleteStream), true
	case "DeregisterStreamConsumer":
		return handle(b, b.deregisterStreamConsumer), true
	case "DescribeAccountSettings":
		return handle(b, b.describeAccountSettings), true
	case "DescribeLimits":
		return handle(b, b.describeLimits), true
	case "DescribeStream":
		return handle(b, b.describeStream), true
	case "DescribeStreamConsumer":
		return handle(b, b.describeStreamConsumer), true
	case "DescribeStreamSummary":
		return handle(b, b.describeStreamSummary), true
	case "DisableEnhancedMonitoring":
		return handle(b, b.disableEnhancedMonitoring), true
	case "EnableEnhancedMonitoring":
		return handle(b, b.enableEnhancedMonitoring), true
	case "GetRecords":
		return b.serveGetRecords, true
	case "GetResourcePolicy":
		return handle(b, b.getResourcePolicy), true
	case "GetShardIterator":
		return handle(b, b.getShardIterator), true
	case "IncreaseStreamRetentionPeriod":
		return handle(b, b.increaseStreamRetentionPeriod), true
	case "ListShards":
		return handle(b, b.listShards), true
	case "ListStreamConsumers":
		return handle(b, b.listStreamConsumers), true
	case "ListStreams":
		return handle(b, b.listStreams), true
	case "ListTagsForResource":
		return handle(b, b.listTagsForResource), true
	case "ListTagsForStream":
		return handle(b, b.listTagsForStream), true
	case "MergeShards":
		return handle(b, b.mergeShards), true
	case "PutRecord":
		return handle(b, b.putRecord), true
	case "PutRecords":
		return handle(b, b.putRecords), true
	case "PutResourcePolicy":
		return handle(b, b.putResourcePolicy), true
	case "RegisterStreamConsumer":
		return handle(b, b.registerStreamConsumer), true
	case "RemoveTagsFromStream":
		return handle(b, b.removeTagsFromStream), true
	case "SplitShard":
		return handle(b, b.splitShard), true
	case "StartStreamEncryption":
		return handle(b, b.startStreamEncryption), true
	case "StopStreamEncryption":
		return handle(b, b.stopStreamEncryption), true
	case "SubscribeToShard":
		return b.serveSubscription, true
	case "TagResource":
		return handle(b, b.tagResource), true
	case "UntagResource":
		return handle(b, b.untagResource), true
	case "UpdateAccountSettings":
		return handle(b, b.updateAccountSettings), true
	case "UpdateMaxRecordSize":
		return handle(b, b.updateMaxRecordSize), true
	case "UpdateShardCount":
		return handle(b, b.updateShardCount), true
	case "UpdateStreamMode":
		return handle(b, b.updateStreamMode), true
	case "UpdateStreamWarmThroughput":
		return handle(b, b.updateStreamWarmThroughput), true
	}
	return nil, false
}

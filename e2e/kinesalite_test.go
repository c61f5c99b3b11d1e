package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/stream/streamtest"
)

// settled is a client for a server whose streams take a moment to come, to change and to go.
type settled struct{ *kinesis.Client }

func (c settled) CreateStream(ctx context.Context, in *kinesis.CreateStreamInput, o ...func(*kinesis.Options)) (*kinesis.CreateStreamOutput, error) {
	out, err := c.Client.CreateStream(ctx, in, o...)
	return out, c.settle(ctx, in.StreamName, err)
}

func (c settled) DeleteStream(ctx context.Context, in *kinesis.DeleteStreamInput, o ...func(*kinesis.Options)) (*kinesis.DeleteStreamOutput, error) {
	out, err := c.Client.DeleteStream(ctx, in, o...)
	if err != nil {
		return out, err
	}
	wait := kinesis.NewStreamNotExistsWaiter(c.Client, func(o *kinesis.StreamNotExistsWaiterOptions) { o.MinDelay = 5 * time.Millisecond })
	return out, wait.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: in.StreamName}, patience)
}

func (c settled) SplitShard(ctx context.Context, in *kinesis.SplitShardInput, o ...func(*kinesis.Options)) (*kinesis.SplitShardOutput, error) {
	out, err := c.Client.SplitShard(ctx, in, o...)
	return out, c.settle(ctx, in.StreamName, err)
}

func (c settled) MergeShards(ctx context.Context, in *kinesis.MergeShardsInput, o ...func(*kinesis.Options)) (*kinesis.MergeShardsOutput, error) {
	out, err := c.Client.MergeShards(ctx, in, o...)
	return out, c.settle(ctx, in.StreamName, err)
}

// settle waits until a stream is active, if what was done to it went well.
func (c settled) settle(ctx context.Context, name *string, err error) error {
	if err != nil {
		return err
	}
	wait := kinesis.NewStreamExistsWaiter(c.Client, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay = 5 * time.Millisecond })
	return wait.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: name}, patience)
}

// TestConformanceOfKinesalite asks another implementation for a second opinion on the suite: what both do alike was not
// misread by one of them.
func TestConformanceOfKinesalite(t *testing.T) {
	t.Parallel()
	c := settled{kinesisClient(npm.Start(t, "kinesalite"))}
	streamtest.RunExcept(t, func(*testing.T) streamtest.API { return c }, kinesaliteDiffers)
}

// Why kinesalite differs, over and over.
const (
	older     = "it is older than this part of the API"
	noARN     = "it is older than StreamARN"
	noFilter  = "it ignores ShardFilter and MaxResults"
	noClosing = "it gives iterators behind the end of a closed shard, and no children; AWS ends with neither iterator nor records"
)

// kinesaliteDiffers is where kinesalite is not what AWS has published.
var kinesaliteDiffers = streamtest.Differences{
	"Streams/create,_describe_and_delete":           "it does not tell StreamModeDetails",
	"Streams/on_demand":                             older,
	"Streams/by_ARN":                                noARN,
	"ListStreams":                                   "it ignores NextToken, so paging by it never ends",
	"ListShards/first":                              noFilter,
	"ListShards/filter_after":                       noFilter,
	"ListShards/before_all":                         noFilter,
	"ListShards/by_creation":                        "it ignores StreamCreationTimestamp",
	"DryRun":                                        older,
	"GetRecords/goes_on_from_iterator_to_iterator":  "its MillisBehindLatest is always 0",
	"Limits/a_record_of_1_MiB,_its_key_included":    "it counts the data without the key",
	"Limits/10_MiB_in_a_PutRecords":                 "its limit is the 5 MiB of then",
	"Limits/10_MiB_in_a_GetRecords":                 "nothing was put by the case before it",
	"Refused/neither_name_nor_ARN":                  noARN,
	"Refused/name_and_ARN_differ":                   noARN,
	"Refused/not_an_ARN":                            noARN,
	"Refused/create_without_a_shard_count":          "a shard count was required then",
	"Refused/create_with_too_many_shards":           "its limits are those of then",
	"Refused/create_in_a_mode_that_is_none":         older,
	"Refused/put_with_a_hash_key_that_is_no_number": "it takes leading zeros",
	"Refused/shards_of_a_token_that_is_none":        "it crashes",
	"Refused/filter_without_its_id":                 noFilter,
	"Refused/filter_without_its_time":               noFilter,
	"Split/the_parent_is_readable_to_its_end":       noClosing,
	"Split/children_are_described_to_readers":       noClosing,
	"Split/an_iterator_from_before":                 noClosing,
	"Merge":                                         noClosing,
	"ShardFilter":                                   noFilter,
	"ReshardRefused":                                older,
	"Tags":                                          "it is older than tags of a resource and tags from CreateStream",
	"UpdateShardCount":                              older,
	"Settings":                                      older,
	"SettingsRefused":                               older,
	"Policies":                                      older,
	"Monitoring":                                    older,
	"Account":                                       older,
	"Consumers":                                     older,
}

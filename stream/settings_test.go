package stream_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// changes are what can be done to the stream "s", one after the other.
func changes(c *stream.Client) []func() error {
	ctx, name, arn := context.Background(), aws.String("s"), aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s")
	put := func(keys ...string) func() error {
		return func() error {
			for _, key := range keys {
				if _, err := putText(c, "s", key, "of "+key); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return []func() error{
		func() error {
			_, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1), Tags: map[string]string{"a": "1"}})
			return err
		},
		put("a"),
		func() error {
			_, err := c.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(2), ScalingType: "UNIFORM_SCALING"})
			return err
		},
		put("a"),
		put("b"),
		func() error {
			_, err := c.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: name, ShardToMerge: aws.String("1"), AdjacentShardToMerge: aws.String("2")})
			return err
		},
		put("a"),
		func() error {
			_, err := c.AddTagsToStream(ctx, &kinesis.AddTagsToStreamInput{StreamName: name, Tags: map[string]string{"b": "2"}})
			return err
		},
		func() error {
			_, err := c.IncreaseStreamRetentionPeriod(ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(48)})
			return err
		},
		func() error {
			_, err := c.UpdateMaxRecordSize(ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: aws.Int32(2048)})
			return err
		},
		func() error {
			_, err := c.EnableEnhancedMonitoring(ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: name, ShardLevelMetrics: []types.MetricsName{"ALL"}})
			return err
		},
		func() error {
			_, err := c.StartStreamEncryption(ctx, &kinesis.StartStreamEncryptionInput{StreamName: name, EncryptionType: "KMS", KeyId: aws.String("key")})
			return err
		},
		func() error {
			_, err := c.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("c"), Tags: map[string]string{"d": "3"}})
			return err
		},
		func() error {
			_, err := c.PutResourcePolicy(ctx, &kinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String("{}")})
			return err
		},
		func() error {
			_, err := c.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("c")})
			return err
		},
		func() error {
			_, err := c.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("c")})
			return err
		},
		func() error {
			_, err := c.UpdateStreamMode(ctx, &kinesis.UpdateStreamModeInput{StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: "ON_DEMAND"}})
			return err
		},
		func() error {
			_, err := c.UpdateStreamWarmThroughput(ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: name, WarmThroughputMiBps: aws.Int32(7)})
			return err
		},
		func() error {
			_, err := c.UpdateAccountSettings(ctx, &kinesis.UpdateAccountSettingsInput{
				MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: "ENABLED"},
			})
			return err
		},
		put("a", "b"),
	}
}

// everything is all that the API says of the stream "s" and the account, the records included.
func everything(t *testing.T, c *stream.Client) string {
	t.Helper()
	ctx, name, arn := t.Context(), aws.String("s"), aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s")
	var all []any
	add := func(out any, err error) {
		if err != nil && !strings.Contains(err.Error(), "not found") {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	d, err := c.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: name})
	add(d, err)
	add(c.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: name}))
	add(c.ListTagsForStream(ctx, &kinesis.ListTagsForStreamInput{StreamName: name}))
	add(c.GetResourcePolicy(ctx, &kinesis.GetResourcePolicyInput{ResourceARN: arn}))
	add(c.DescribeAccountSettings(ctx, nil))
	consumers, err := c.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: arn})
	add(consumers, err)
	if err != nil {
		return "no stream"
	}
	for _, consumer := range consumers.Consumers {
		add(c.ListTagsForResource(ctx, &kinesis.ListTagsForResourceInput{ResourceARN: consumer.ConsumerARN}))
	}
	for _, sh := range d.StreamDescription.Shards {
		it, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: name, ShardId: sh.ShardId, ShardIteratorType: "TRIM_HORIZON"})
		add(nil, err)
		out, err := c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
		add(out.ChildShards, err)
		add(out.Records, nil)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// histories makes all changes and returns what the API says before the first, and after each.
func histories(t *testing.T) []string {
	c := openBroker(t, stream.Options{Clock: newClock().now, SegmentBytes: 4 << 10}).Client()
	states := []string{everything(t, c)}
	for i, change := range changes(c) {
		if err := change(); err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
		states = append(states, everything(t, c))
		if states[i] == states[i+1] {
			t.Fatalf("change %d shows nowhere", i)
		}
	}
	return states
}

// TestSettingsOutliveRestarts restarts after every change.
func TestSettingsOutliveRestarts(t *testing.T) {
	opt := stream.Options{FS: disk.NewFake(), Clock: newClock().now, SegmentBytes: 4 << 10}
	for i, want := range histories(t) {
		b := openBroker(t, opt)
		if got := everything(t, b.Client()); got != want {
			t.Fatalf("after change %d:\n got %s\nwant %s", i, got, want)
		}
		if all := changes(b.Client()); i < len(all) {
			if err := all[i](); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPowerCutInAnyChange cuts the power at every operation of the changes. The change that was cut is there or is not, those
// before it are, and the stream takes records and another reshard.
func TestPowerCutInAnyChange(t *testing.T) {
	seed, states := rand.Uint64(), histories(t)
	t.Logf("seed %d", seed)
	for cut := 1; ; cut++ {
		fsys := disk.NewFake()
		fsys.CutPowerAt(cut)
		made := changeUntilCut(fsys)
		if made == len(states)-1 {
			t.Logf("%d crash points", cut-1)
			return
		}
		for _, survive := range []*rand.Rand{nil, rand.New(rand.NewPCG(seed, uint64(cut)))} {
			checkAfterCut(t, cut, made, states, fsys.Restart(survive))
		}
	}
}

// changeUntilCut returns how many changes were answered without error.
func changeUntilCut(fsys *disk.Fake) (made int) {
	b, err := stream.Open(stream.Options{Dir: "/data", FS: fsys, Clock: newClock().now, SegmentBytes: 4 << 10})
	if err != nil {
		return 0
	}
	defer b.Close()
	for _, change := range changes(b.Client()) {
		if change() != nil {
			return made
		}
		made++
	}
	return made
}

func checkAfterCut(t *testing.T, cut, made int, states []string, fsys *disk.Fake) {
	t.Helper()
	b, err := stream.Open(stream.Options{Dir: "/data", FS: fsys, Clock: newClock().now, SegmentBytes: 4 << 10})
	if err != nil {
		t.Fatalf("crash point %d: %v", cut, err)
	}
	defer b.Close()
	got := everything(t, b.Client())
	partly := made == len(states)-2 // the last change is of two records
	if got != states[made] && got != states[made+1] && !partly {
		t.Fatalf("crash point %d after change %d:\n got %s\nwant %s\n  or %s", cut, made, got, states[made], states[made+1])
	}
	if got == states[0] {
		return
	}
	_, err = b.Client().UpdateStreamMode(t.Context(), &kinesis.UpdateStreamModeInput{
		StreamARN:         aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s"),
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned},
	})
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, b.Client(), "more")
	scale(t, b.Client(), 2)
	mustPut(t, b.Client(), "and more")
}

package streamtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

type options = func(*kinesis.Options)

// API is the part of *kinesis.Client that the suite calls.
type API interface {
	CreateStream(context.Context, *kinesis.CreateStreamInput, ...options) (*kinesis.CreateStreamOutput, error)
	DeleteStream(context.Context, *kinesis.DeleteStreamInput, ...options) (*kinesis.DeleteStreamOutput, error)
	DescribeStream(context.Context, *kinesis.DescribeStreamInput, ...options) (*kinesis.DescribeStreamOutput, error)
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...options) (*kinesis.DescribeStreamSummaryOutput, error)
	ListStreams(context.Context, *kinesis.ListStreamsInput, ...options) (*kinesis.ListStreamsOutput, error)
	ListShards(context.Context, *kinesis.ListShardsInput, ...options) (*kinesis.ListShardsOutput, error)
	PutRecord(context.Context, *kinesis.PutRecordInput, ...options) (*kinesis.PutRecordOutput, error)
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...options) (*kinesis.PutRecordsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...options) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...options) (*kinesis.GetRecordsOutput, error)
	SplitShard(context.Context, *kinesis.SplitShardInput, ...options) (*kinesis.SplitShardOutput, error)
	MergeShards(context.Context, *kinesis.MergeShardsInput, ...options) (*kinesis.MergeShardsOutput, error)
	UpdateShardCount(context.Context, *kinesis.UpdateShardCountInput, ...options) (*kinesis.UpdateShardCountOutput, error)
	IncreaseStreamRetentionPeriod(context.Context, *kinesis.IncreaseStreamRetentionPeriodInput, ...options) (*kinesis.IncreaseStreamRetentionPeriodOutput, error)
	DecreaseStreamRetentionPeriod(context.Context, *kinesis.DecreaseStreamRetentionPeriodInput, ...options) (*kinesis.DecreaseStreamRetentionPeriodOutput, error)
	StartStreamEncryption(context.Context, *kinesis.StartStreamEncryptionInput, ...options) (*kinesis.StartStreamEncryptionOutput, error)
	StopStreamEncryption(context.Context, *kinesis.StopStreamEncryptionInput, ...options) (*kinesis.StopStreamEncryptionOutput, error)
	UpdateStreamMode(context.Context, *kinesis.UpdateStreamModeInput, ...options) (*kinesis.UpdateStreamModeOutput, error)
	UpdateMaxRecordSize(context.Context, *kinesis.UpdateMaxRecordSizeInput, ...options) (*kinesis.UpdateMaxRecordSizeOutput, error)
	UpdateStreamWarmThroughput(context.Context, *kinesis.UpdateStreamWarmThroughputInput, ...options) (*kinesis.UpdateStreamWarmThroughputOutput, error)
	AddTagsToStream(context.Context, *kinesis.AddTagsToStreamInput, ...options) (*kinesis.AddTagsToStreamOutput, error)
	RemoveTagsFromStream(context.Context, *kinesis.RemoveTagsFromStreamInput, ...options) (*kinesis.RemoveTagsFromStreamOutput, error)
	ListTagsForStream(context.Context, *kinesis.ListTagsForStreamInput, ...options) (*kinesis.ListTagsForStreamOutput, error)
	TagResource(context.Context, *kinesis.TagResourceInput, ...options) (*kinesis.TagResourceOutput, error)
	UntagResource(context.Context, *kinesis.UntagResourceInput, ...options) (*kinesis.UntagResourceOutput, error)
	ListTagsForResource(context.Context, *kinesis.ListTagsForResourceInput, ...options) (*kinesis.ListTagsForResourceOutput, error)
	PutResourcePolicy(context.Context, *kinesis.PutResourcePolicyInput, ...options) (*kinesis.PutResourcePolicyOutput, error)
	GetResourcePolicy(context.Context, *kinesis.GetResourcePolicyInput, ...options) (*kinesis.GetResourcePolicyOutput, error)
	DeleteResourcePolicy(context.Context, *kinesis.DeleteResourcePolicyInput, ...options) (*kinesis.DeleteResourcePolicyOutput, error)
	EnableEnhancedMonitoring(context.Context, *kinesis.EnableEnhancedMonitoringInput, ...options) (*kinesis.EnableEnhancedMonitoringOutput, error)
	DisableEnhancedMonitoring(context.Context, *kinesis.DisableEnhancedMonitoringInput, ...options) (*kinesis.DisableEnhancedMonitoringOutput, error)
	DescribeLimits(context.Context, *kinesis.DescribeLimitsInput, ...options) (*kinesis.DescribeLimitsOutput, error)
	DescribeAccountSettings(context.Context, *kinesis.DescribeAccountSettingsInput, ...options) (*kinesis.DescribeAccountSettingsOutput, error)
	UpdateAccountSettings(context.Context, *kinesis.UpdateAccountSettingsInput, ...options) (*kinesis.UpdateAccountSettingsOutput, error)
	RegisterStreamConsumer(context.Context, *kinesis.RegisterStreamConsumerInput, ...options) (*kinesis.RegisterStreamConsumerOutput, error)
	DeregisterStreamConsumer(context.Context, *kinesis.DeregisterStreamConsumerInput, ...options) (*kinesis.DeregisterStreamConsumerOutput, error)
	DescribeStreamConsumer(context.Context, *kinesis.DescribeStreamConsumerInput, ...options) (*kinesis.DescribeStreamConsumerOutput, error)
	ListStreamConsumers(context.Context, *kinesis.ListStreamConsumersInput, ...options) (*kinesis.ListStreamConsumersOutput, error)
}

// Run runs the suite. Open is called once for each group of cases.
func Run(t *testing.T, open func(*testing.T) API) { RunExcept(t, open, nil) }

// Differences are the cases in which an implementation differs from what AWS has published, by their names below the
// test's own, and how. A group of cases may stand for all of them.
type Differences map[string]string

// RunExcept runs the suite on an implementation that differs. The cases in which it does are left out, and log how it differs.
func RunExcept(t *testing.T, open func(*testing.T) API, differs Differences) {
	groups := []struct {
		name string
		run  func(*suite)
	}{
		{"Streams", (*suite).streams},
		{"ListStreams", (*suite).listStreams},
		{"Shards", (*suite).describedShards},
		{"ListShards", (*suite).listShards},
		{"Put", (*suite).puts},
		{"DryRun", (*suite).dryRun},
		{"Routing", (*suite).routing},
		{"Iterators", (*suite).iterators},
		{"GetRecords", (*suite).getRecords},
		{"Limits", (*suite).limits},
		{"Refused", (*suite).refused},
		{"Split", (*suite).split},
		{"Merge", (*suite).merge},
		{"UpdateShardCount", (*suite).updateShardCount},
		{"ShardFilter", (*suite).shardFilters},
		{"ReshardRefused", (*suite).reshardRefused},
		{"Settings", (*suite).settings},
		{"SettingsRefused", (*suite).settingsRefused},
		{"Tags", (*suite).tags},
		{"Policies", (*suite).policies},
		{"Monitoring", (*suite).monitoring},
		{"Account", (*suite).account},
		{"Consumers", (*suite).consumers},
	}
	for _, g := range groups {
		all := &suite{T: t, differs: differs, name: t.Name()}
		all.run(g.name, func(s *suite) {
			s.api = open(s.T)
			g.run(s)
		})
	}
}

// suite is a test with an implementation.
type suite struct {
	*testing.T
	api     API
	differs Differences
	name    string // of the whole suite's test
}

func (s *suite) run(name string, f func(*suite)) {
	s.Helper()
	s.T.Run(name, func(t *testing.T) {
		if how := s.differs[strings.TrimPrefix(t.Name(), s.name+"/")]; how != "" {
			t.Log("left out, for it differs here:", how)
			return
		}
		f(&suite{T: t, api: s.api, differs: s.differs, name: s.name})
	})
}

var streams atomic.Int64

// newName is a stream name that was not used before.
func newName() string { return fmt.Sprintf("streamtest-%06d", streams.Add(1)) }

// stream makes a stream and deletes it after the test.
func (s *suite) stream(shards int32) string {
	s.Helper()
	return s.create(&kinesis.CreateStreamInput{ShardCount: &shards})
}

// create makes a stream under a new name and deletes it after the test.
func (s *suite) create(in *kinesis.CreateStreamInput) string {
	s.Helper()
	name := newName()
	in.StreamName = &name
	_, err := s.api.CreateStream(s.Context(), in)
	s.must(err)
	s.Cleanup(func() {
		_, err := s.api.DeleteStream(context.Background(), &kinesis.DeleteStreamInput{StreamName: &name, EnforceConsumerDeletion: aws.Bool(true)})
		var gone *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &gone) {
			s.Error(err)
		}
	})
	return name
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) equal(got, want any) {
	s.Helper()
	if got != want {
		s.Errorf("%v, want %v", got, want)
	}
}

// wantError checks an error's code, and that its message holds a text.
func (s *suite) wantError(err error, code, text string) {
	s.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		s.Fatalf("%v, want %s", err, code)
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		s.Errorf("%s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), code, text)
	}
}

// The codes of the errors.
const (
	invalidArgument = "InvalidArgumentException"
	validation      = "ValidationException"
	notFound        = "ResourceNotFoundException"
	inUse           = "ResourceInUseException"
	limitExceeded   = "LimitExceededException"
)

// put puts one record and returns its sequence number.
func (s *suite) put(stream, key string, data []byte) string {
	s.Helper()
	out, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: data})
	s.must(err)
	return *out.SequenceNumber
}

// numbered puts n records with the data "0", "1", … one after the other, and returns their sequence numbers.
func (s *suite) numbered(stream string, n int) []string {
	s.Helper()
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = s.put(stream, "key", fmt.Append(nil, i))
	}
	return numbers
}

// iterator asks for an iterator of a stream's first shard.
func (s *suite) iterator(stream string, kind types.ShardIteratorType, sequence *string) *string {
	s.Helper()
	out, err := s.api.GetShardIterator(s.Context(), &kinesis.GetShardIteratorInput{
		StreamName: &stream, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: kind, StartingSequenceNumber: sequence,
	})
	s.must(err)
	return out.ShardIterator
}

// get reads up to limit records, as many as there may be if it is 0.
func (s *suite) get(iterator *string, limit int32) *kinesis.GetRecordsOutput {
	s.Helper()
	in := &kinesis.GetRecordsInput{ShardIterator: iterator}
	if limit > 0 {
		in.Limit = &limit
	}
	out, err := s.api.GetRecords(s.Context(), in)
	s.must(err)
	if out.NextShardIterator == nil || out.MillisBehindLatest == nil {
		s.Fatal("no NextShardIterator or no MillisBehindLatest")
	}
	return out
}

// data joins the data of records with spaces.
func data(records []types.Record) string {
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = string(r.Data)
	}
	return strings.Join(texts, " ")
}

package streamtest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (s *suite) summary(stream string) *types.StreamDescriptionSummary {
	s.Helper()
	out, err := s.api.DescribeStreamSummary(s.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	s.must(err)
	return out.StreamDescriptionSummary
}

func (s *suite) increase(stream string, hours int32) error {
	_, err := s.api.IncreaseStreamRetentionPeriod(s.Context(), &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &stream, RetentionPeriodHours: &hours})
	return err
}

func (s *suite) decrease(stream string, hours int32) error {
	_, err := s.api.DecreaseStreamRetentionPeriod(s.Context(), &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &stream, RetentionPeriodHours: &hours})
	return err
}

func (s *suite) maxRecordSize(stream string, kib int32) error {
	_, err := s.api.UpdateMaxRecordSize(s.Context(), &kinesis.UpdateMaxRecordSizeInput{StreamARN: s.summary(stream).StreamARN, MaxRecordSizeInKiB: &kib})
	return err
}

func (s *suite) mode(stream string, mode types.StreamMode) error {
	_, err := s.api.UpdateStreamMode(s.Context(), &kinesis.UpdateStreamModeInput{
		StreamARN: s.summary(stream).StreamARN, StreamModeDetails: &types.StreamModeDetails{StreamMode: mode},
	})
	return err
}

func (s *suite) warm(stream string, mibps int32) error {
	out, err := s.api.UpdateStreamWarmThroughput(s.Context(), &kinesis.UpdateStreamWarmThroughputInput{StreamName: &stream, WarmThroughputMiBps: &mibps})
	if err == nil {
		s.equal(*out.WarmThroughput.TargetMiBps, mibps)
	}
	return err
}

func (s *suite) settings() {
	name := s.stream(1)
	s.run("retention", func(s *suite) {
		s.must(s.increase(name, 8760))
		s.equal(*s.summary(name).RetentionPeriodHours, int32(8760))
		s.must(s.decrease(name, 24))
		s.equal(*s.summary(name).RetentionPeriodHours, int32(24))
		s.must(s.increase(name, 24))
	})
	s.run("encryption", func(s *suite) {
		s.put(name, "k", []byte("x"))
		key := aws.String("alias/aws/kinesis")
		_, err := s.api.StartStreamEncryption(s.Context(), &kinesis.StartStreamEncryptionInput{StreamName: &name, EncryptionType: types.EncryptionTypeKms, KeyId: key})
		s.must(err)
		d := s.summary(name)
		s.equal(d.EncryptionType, types.EncryptionTypeKms)
		s.equal(*d.KeyId, *key)
		put, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: entries("y")})
		s.must(err)
		s.equal(put.EncryptionType, types.EncryptionTypeKms)
		records, _ := s.drain(name, "0", types.ShardIteratorTypeTrimHorizon, nil)
		s.equal(records[1].EncryptionType, types.EncryptionTypeKms)
		_, err = s.api.StopStreamEncryption(s.Context(), &kinesis.StopStreamEncryptionInput{StreamName: &name, EncryptionType: types.EncryptionTypeKms, KeyId: key})
		s.must(err)
		d = s.summary(name)
		s.equal(d.EncryptionType, types.EncryptionTypeNone)
		s.equal(d.KeyId == nil, true)
	})
	s.run("max record size", func(s *suite) {
		large := strings.Repeat("x", 9<<20)
		put := func() error {
			_, err := s.api.PutRecord(s.Context(), &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k"), Data: []byte(large)})
			return err
		}
		s.wantError(put(), validation, "at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576")
		s.must(s.maxRecordSize(name, 10240))
		s.equal(*s.summary(name).MaxRecordSizeInKiB, int32(10240))
		s.must(put())
		_, err := s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: entries(large)})
		s.must(err)
		s.must(s.maxRecordSize(name, 1024))
		_, err = s.api.PutRecords(s.Context(), &kinesis.PutRecordsInput{StreamName: &name, Records: entries(large)})
		s.wantError(err, validation, "1048576")
	})
	s.run("mode and warm throughput", func(s *suite) {
		s.must(s.mode(name, types.StreamModeOnDemand))
		s.must(s.warm(name, 100))
		d := s.summary(name)
		s.equal(d.StreamModeDetails.StreamMode, types.StreamModeOnDemand)
		s.equal(*d.WarmThroughput.CurrentMiBps, int32(100))
		s.equal(d.RecordDistributionStrategy, types.RecordDistributionStrategyUserPartitionKey)
		s.must(s.mode(name, types.StreamModeProvisioned))
		s.must(s.scale(name, 2))
		s.equal(s.summary(name).WarmThroughput == nil, true)
	})
}

// settingsRefused holds one row for each thing that the operations on settings refuse.
func (s *suite) settingsRefused() {
	name, none := s.stream(1), newName()
	s.must(s.increase(name, 48))
	arn := s.summary(name).StreamARN
	encrypt := func(stream string, kind types.EncryptionType, key string) func() error {
		return func() error {
			_, err := s.api.StartStreamEncryption(s.Context(), &kinesis.StartStreamEncryptionInput{StreamName: &stream, EncryptionType: kind, KeyId: &key})
			return err
		}
	}
	for _, c := range []struct {
		name, code, text string
		call             func() error
	}{
		{"retention of what is not there", notFound, none, func() error { return s.increase(none, 48) }},
		{"retention too short", invalidArgument, "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
			func() error { return s.decrease(name, 23) }},
		{"retention too long", invalidArgument, "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
			func() error { return s.increase(name, 8761) }},
		{"increase to less", invalidArgument, "Requested retention period (47 hours) for stream " + name +
			" can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.", func() error { return s.increase(name, 47) }},
		{"decrease to more", invalidArgument, "Requested retention period (49 hours) for stream " + name +
			" can not be longer than existing retention period (48 hours). Use IncreaseRetentionPeriod API.", func() error { return s.decrease(name, 49) }},

		{"encrypt what is not there", notFound, none, encrypt(none, types.EncryptionTypeKms, "k")},
		{"encrypt by nothing", invalidArgument, "EncryptionType", encrypt(name, types.EncryptionTypeNone, "k")},
		{"encrypt by what is none", validation, "Member must satisfy enum value set: [NONE, KMS]", encrypt(name, "ROT13", "k")},
		{"encrypt with an empty key", validation, "at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
			encrypt(name, types.EncryptionTypeKms, "")},

		{"records below 1 MiB", validation, "Value '1023' at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value greater than or equal to 1024",
			func() error { return s.maxRecordSize(name, 1023) }},
		{"records above 10 MiB", validation, "Member must have value less than or equal to 10240", func() error { return s.maxRecordSize(name, 10_241) }},
		{"a mode that is none", validation, "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]", func() error { return s.mode(name, "FREE") }},
		{"warm throughput of shards", invalidArgument, "ON_DEMAND", func() error { return s.warm(name, 10) }},
		{"warm throughput in a provisioned mode", invalidArgument, "ON_DEMAND", func() error {
			_, err := s.api.UpdateStreamMode(s.Context(), &kinesis.UpdateStreamModeInput{
				StreamARN: arn, StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned}, WarmThroughputMiBps: aws.Int32(5),
			})
			return err
		}},
	} {
		s.run(c.name, func(s *suite) { s.wantError(c.call(), c.code, c.text) })
	}
	s.equal(*s.summary(name).RetentionPeriodHours, int32(48))
}

func (s *suite) monitoring() {
	name := s.stream(1)
	enable := func(metrics ...types.MetricsName) *kinesis.EnableEnhancedMonitoringOutput {
		out, err := s.api.EnableEnhancedMonitoring(s.Context(), &kinesis.EnableEnhancedMonitoringInput{StreamName: &name, ShardLevelMetrics: metrics})
		s.must(err)
		return out
	}
	disable := func(metrics ...types.MetricsName) *kinesis.DisableEnhancedMonitoringOutput {
		out, err := s.api.DisableEnhancedMonitoring(s.Context(), &kinesis.DisableEnhancedMonitoringInput{StreamName: &name, ShardLevelMetrics: metrics})
		s.must(err)
		return out
	}
	out := enable(types.MetricsNameOutgoingBytes, types.MetricsNameIncomingBytes)
	s.equal(len(out.CurrentShardLevelMetrics), 0)
	s.equal(fmt.Sprint(out.DesiredShardLevelMetrics), "[IncomingBytes OutgoingBytes]")
	s.equal(fmt.Sprint(s.summary(name).EnhancedMonitoring[0].ShardLevelMetrics), "[IncomingBytes OutgoingBytes]")
	s.equal(len(enable(types.MetricsNameAll).DesiredShardLevelMetrics), 7)
	gone := disable(types.MetricsNameIncomingBytes)
	s.equal(len(gone.CurrentShardLevelMetrics), 7)
	s.equal(len(gone.DesiredShardLevelMetrics), 6)
	s.equal(len(disable(types.MetricsNameAll).DesiredShardLevelMetrics), 0)
	_, err := s.api.EnableEnhancedMonitoring(s.Context(), &kinesis.EnableEnhancedMonitoringInput{StreamName: &name, ShardLevelMetrics: []types.MetricsName{"Mood"}})
	s.wantError(err, validation, "at 'shardLevelMetrics.1.member' failed to satisfy constraint: Member must satisfy enum value set: [")
}

func (s *suite) account() {
	s.run("limits", func(s *suite) {
		limits := func() *kinesis.DescribeLimitsOutput {
			out, err := s.api.DescribeLimits(s.Context(), &kinesis.DescribeLimitsInput{})
			s.must(err)
			return out
		}
		before := limits()
		s.splitShard(s.stream(3), "0", "1000")
		s.onDemand()
		after := limits()
		s.equal(*after.OpenShardCount-*before.OpenShardCount, int32(4+4))
		s.equal(*after.OnDemandStreamCount-*before.OnDemandStreamCount, int32(1))
		s.equal(*after.ShardLimit > 0 && *after.OnDemandStreamCountLimit > 0, true)
	})
	s.run("commitment", func(s *suite) {
		update := func(status types.MinimumThroughputBillingCommitmentInputStatus) types.MinimumThroughputBillingCommitmentOutputStatus {
			out, err := s.api.UpdateAccountSettings(s.Context(), &kinesis.UpdateAccountSettingsInput{
				MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: status},
			})
			s.must(err)
			again, err := s.api.DescribeAccountSettings(s.Context(), &kinesis.DescribeAccountSettingsInput{})
			s.must(err)
			s.equal(again.MinimumThroughputBillingCommitment.Status, out.MinimumThroughputBillingCommitment.Status)
			return out.MinimumThroughputBillingCommitment.Status
		}
		s.equal(string(update("ENABLED")), "ENABLED")
		s.equal(string(update("DISABLED")), "ENABLED_UNTIL_EARLIEST_ALLOWED_END")
		s.equal(string(update("ENABLED")), "ENABLED")
	})
}

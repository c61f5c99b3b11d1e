package mapping

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var _ Kinesis = (*kinesis.Client)(nil)

func TestConfigIsChecked(t *testing.T) {
	discard := func(context.Context, Discard) error { return nil }
	tests := map[string]struct {
		change func(*Config)
		want   string // in the error; "" is none
	}{
		"as it is":              {func(*Config) {}, ""},
		"no stream":             {func(c *Config) { c.StreamName = "" }, "StreamName is missing"},
		"no kinesis":            {func(c *Config) { c.Kinesis = nil }, "Kinesis is missing"},
		"no function":           {func(c *Config) { c.Function = nil }, "Function is missing"},
		"no checkpoints":        {func(c *Config) { c.Checkpoints = nil }, "Checkpoints is missing"},
		"no arn":                {func(c *Config) { c.StreamARN = "" }, "StreamARN"},
		"another stream's arn":  {func(c *Config) { c.StreamName = "other" }, "StreamARN"},
		"another service's arn": {func(c *Config) { c.StreamARN = strings.Replace(c.StreamARN, "kinesis", "firehose", 1) }, "StreamARN"},
		"negative batch":        {func(c *Config) { c.BatchSize = -1 }, "BatchSize"},
		"largest batch":         {func(c *Config) { c.BatchSize = 10_000 }, ""},
		"larger batch":          {func(c *Config) { c.BatchSize = 10_001 }, "BatchSize"},
		"longest window":        {func(c *Config) { c.BatchWindow = 300 * time.Second }, ""},
		"longer window":         {func(c *Config) { c.BatchWindow = 301 * time.Second }, "BatchWindow"},
		"negative window":       {func(c *Config) { c.BatchWindow = -1 }, "BatchWindow"},
		"endless attempts":      {func(c *Config) { c.MaximumRetryAttempts = new(-1) }, ""},
		"attempts below -1":     {func(c *Config) { c.MaximumRetryAttempts = new(-2) }, "MaximumRetryAttempts"},
		"too many attempts":     {func(c *Config) { c.MaximumRetryAttempts, c.OnDiscard = new(10_001), discard }, "MaximumRetryAttempts"},
		"bounded attempts":      {func(c *Config) { c.MaximumRetryAttempts, c.OnDiscard = new(0), discard }, ""},
		"ten lanes":             {func(c *Config) { c.ParallelizationFactor = 10 }, ""},
		"eleven lanes":          {func(c *Config) { c.ParallelizationFactor = 11 }, "ParallelizationFactor"},
		"no lanes":              {func(c *Config) { c.ParallelizationFactor = -1 }, "ParallelizationFactor"},
		"bounded age":           {func(c *Config) { c.MaximumRecordAge, c.OnDiscard = time.Minute, discard }, ""},
		"too young":             {func(c *Config) { c.MaximumRecordAge, c.OnDiscard = 59*time.Second, discard }, "MaximumRecordAge"},
		"too old":               {func(c *Config) { c.MaximumRecordAge, c.OnDiscard = 604_801*time.Second, discard }, "MaximumRecordAge"},
		"any age":               {func(c *Config) { c.MaximumRecordAge = -1 }, ""},
		"nowhere for the old":   {func(c *Config) { c.MaximumRecordAge = time.Minute }, "OnDiscard"},
		"a filter":              {func(c *Config) { c.Filters = []string{`{"data":{"a":[1]}}`} }, ""},
		"a bad filter":          {func(c *Config) { c.Filters = []string{`{`} }, "Filters"},
		"too many filters":      {func(c *Config) { c.Filters = make([]string, 11) }, "Filters"},
		"nowhere to discard":    {func(c *Config) { c.MaximumRetryAttempts = new(0) }, "OnDiscard"},
		"latest":                {func(c *Config) { c.StartingPosition = types.ShardIteratorTypeLatest }, ""},
		"at no timestamp":       {func(c *Config) { c.StartingPosition = types.ShardIteratorTypeAtTimestamp }, "StartingPosition"},
		"at timestamp": {func(c *Config) {
			c.StartingPosition, c.StartingTimestamp = types.ShardIteratorTypeAtTimestamp, time.Unix(1, 0)
		}, ""},
		"timestamp alone":  {func(c *Config) { c.StartingTimestamp = time.Unix(1, 0) }, "StartingPosition"},
		"other position":   {func(c *Config) { c.StartingPosition = types.ShardIteratorTypeAfterSequenceNumber }, "StartingPosition"},
		"negative gather":  {func(c *Config) { c.Gather = -1 }, "Gather"},
		"busy gather":      {func(c *Config) { c.Gather, c.BusyGather = 2, 1 }, "BusyGather 1ns is shorter than Gather 2ns"},
		"negative timeout": {func(c *Config) { c.DrainTimeout = -1 }, "negative"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newRig(t, 1).cfg
			test.change(&c)
			_, err := New(c)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestConfigNamesAllFaultsAtOnce(t *testing.T) {
	_, err := New(Config{BatchSize: -1})
	for _, want := range []string{"Kinesis", "Function", "Checkpoints", "StreamName", "BatchSize"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

func TestMappingRunsOnce(t *testing.T) {
	m, err := New(newRig(t, 1).cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(ctx); err == nil {
		t.Error("ran twice")
	}
}

package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// settings come from the environment of the function, which the template sets.
type settings struct {
	role        string // _HANDLER
	stage       string // STREAMGAUGE_STAGE
	table       string // STREAMGAUGE_TABLE
	salts       string // STREAMGAUGE_SALTS: the table of salts
	stream      string // STREAMGAUGE_STREAM: the stream's name
	streamARN   string // STREAMGAUGE_STREAM_ARN: as the mapping names it
	shards      int    // STREAMGAUGE_SHARDS: into how many cells an hour is cut
	secrets     string // STREAMGAUGE_SECRETS: the SSM parameter with the access secrets
	topic       string // STREAMGAUGE_TOPIC: where final values and alerts are published; "" for nowhere
	ordered     bool   // STREAMGAUGE_PARALLELIZATION is 1: batches of a shard come one after the other
	failures    string // STREAMGAUGE_FAILURES: the bucket of what could not be delivered; may be empty
	notices     string // STREAMGAUGE_NOTICES: the URL of the queue with a notice of each object there; may be empty
	createSites bool   // STREAMGAUGE_CREATE_SITES: a site comes into being at its first event

	region    string
	keyID     string
	secretKey string
	session   string
	endpoints endpoints
}

// endpoints are where the services are, if not where they are in AWS. The variables are those of the SDKs.
type endpoints struct{ dynamodb, kinesis, ssm, sns, s3, sqs string }

// needs says which variables a role cannot do without.
var needs = map[string][]string{
	"collect":   {"STREAMGAUGE_TABLE", "STREAMGAUGE_SALTS", "STREAMGAUGE_STREAM", "STREAMGAUGE_SECRETS"},
	"authorize": {"STREAMGAUGE_SECRETS"},
	"consume":   {"STREAMGAUGE_TABLE", "STREAMGAUGE_SHARDS"},
	"rollup":    {"STREAMGAUGE_TABLE", "STREAMGAUGE_SALTS"},
	"query":     {"STREAMGAUGE_TABLE", "STREAMGAUGE_SALTS", "STREAMGAUGE_SECRETS"},
	"command":   {"STREAMGAUGE_TABLE", "STREAMGAUGE_SALTS", "STREAMGAUGE_SECRETS"},
}

func readSettings(env func(string) string) (settings, error) {
	s := settings{
		role: env("_HANDLER"), stage: env("STREAMGAUGE_STAGE"), table: env("STREAMGAUGE_TABLE"), salts: env("STREAMGAUGE_SALTS"),
		stream: env("STREAMGAUGE_STREAM"), streamARN: env("STREAMGAUGE_STREAM_ARN"), secrets: env("STREAMGAUGE_SECRETS"), topic: env("STREAMGAUGE_TOPIC"),
		ordered: env("STREAMGAUGE_PARALLELIZATION") == "1", createSites: env("STREAMGAUGE_CREATE_SITES") != "false",
		failures: env("STREAMGAUGE_FAILURES"), notices: env("STREAMGAUGE_NOTICES"),
		region: env("AWS_REGION"), keyID: env("AWS_ACCESS_KEY_ID"), secretKey: env("AWS_SECRET_ACCESS_KEY"), session: env("AWS_SESSION_TOKEN"),
		endpoints: endpoints{
			endpoint(env, "DYNAMODB"), endpoint(env, "KINESIS"), endpoint(env, "SSM"), endpoint(env, "SNS"), endpoint(env, "S3"), endpoint(env, "SQS"),
		},
	}
	required, known := needs[s.role]
	if !known {
		return s, fmt.Errorf("_HANDLER %q is no role of this function; there are %s", s.role, strings.Join(slices.Sorted(maps.Keys(needs)), ", "))
	}
	var errs []error
	for _, name := range append(required, "AWS_REGION") {
		if env(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set, and %s needs it", name, s.role))
		}
	}
	if text := env("STREAMGAUGE_SHARDS"); text != "" {
		var err error
		if s.shards, err = strconv.Atoi(text); err != nil || s.shards < 1 {
			errs = append(errs, fmt.Errorf("STREAMGAUGE_SHARDS is %q, not a number of shards", text))
		}
	}
	return s, errors.Join(errs...)
}

func endpoint(env func(string) string, service string) string {
	if url := env("AWS_ENDPOINT_URL_" + service); url != "" {
		return url
	}
	return env("AWS_ENDPOINT_URL")
}

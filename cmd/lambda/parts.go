package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/rs/zerolog"

	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// parts are what roles are made of. Clients are made when a role first asks for them.
type parts struct {
	settings settings
	log      zerolog.Logger
	metrics  *metrics
	now      func() time.Time

	awsOnce sync.Once
	aws     aws.Config
}

// config is the configuration of clients, with the credentials that Lambda puts into the environment. The package config of the SDK would look for
// them in six more places, and be most of the start.
func (p *parts) config() aws.Config {
	p.awsOnce.Do(func() {
		s := p.settings
		p.aws = aws.Config{
			Region:      s.region,
			Credentials: credentials.NewStaticCredentialsProvider(s.keyID, s.secretKey, s.session),
			HTTPClient:  awshttp.NewBuildableClient(),
		}
	})
	return p.aws
}

// at is the address of a service where it is not the usual one.
func at(url string) *string {
	if url == "" {
		return nil
	}
	return &url
}

func (p *parts) kinesis() *kinesis.Client {
	return kinesis.NewFromConfig(p.config(), func(o *kinesis.Options) { o.BaseEndpoint = at(p.settings.endpoints.kinesis) })
}

func (p *parts) s3() *s3.Client {
	return s3.NewFromConfig(p.config(), func(o *s3.Options) {
		o.BaseEndpoint = at(p.settings.endpoints.s3)
		o.UsePathStyle = o.BaseEndpoint != nil // what stands in for S3 has one host
	})
}

func (p *parts) sqs() *sqs.Client {
	return sqs.NewFromConfig(p.config(), func(o *sqs.Options) { o.BaseEndpoint = at(p.settings.endpoints.sqs) })
}

func (p *parts) store() (*dynamo.Store, error) {
	client := dynamodb.NewFromConfig(p.config(), func(o *dynamodb.Options) { o.BaseEndpoint = at(p.settings.endpoints.dynamodb) })
	elsewhere := map[string]string{}
	if p.settings.salts != "" {
		elsewhere[saltsPartition] = p.settings.salts
	}
	return dynamo.New(client, dynamo.Options{Table: p.settings.table, Elsewhere: elsewhere, Expires: p.expires})
}

const saltsPartition = "T"

// How long what is written stays at least. A deletion that comes late harms nothing; one that comes early would.
const (
	saltLife       = 48 * time.Hour
	claimLife      = (event.LatenessMS + event.HorizonMS + 48*3_600_000) * time.Millisecond
	deltaMargin    = 72 * time.Hour // after the horizon of the last window of an hour
	quarantineLife = 60 * 24 * time.Hour
	accountLife    = 400 * 24 * time.Hour
	manifestLife   = 14 * 24 * time.Hour  // longer than the horizon, and than a week of comparison
	eventLife      = 400 * 24 * time.Hour // of alerts
	noticeLife     = 7 * 24 * time.Hour
	cursorLife     = 7 * 24 * time.Hour
	pipelineLife   = 24 * time.Hour // of what functions note for the operator's view, which goes an hour back
)

// expires says when what is written under a partition may be deleted by the table's own expiry. docs/FORMATS.md has the partitions.
func (p *parts) expires(partition string) time.Time {
	kind, rest, _ := strings.Cut(partition, "#")
	switch kind {
	case "D":
		hour, ok := hourOf(rest)
		if !ok {
			return time.Time{}
		}
		return time.UnixMilli(hour + 3_600_000 + event.WindowMS + event.HorizonMS).Add(deltaMargin)
	case "C":
		return p.now().Add(claimLife)
	case "Q":
		return p.now().Add(quarantineLife)
	case "A", "AH":
		return p.now().Add(accountLife)
	case "F":
		return p.now().Add(manifestLife)
	case "E":
		return p.now().Add(eventLife)
	case "O":
		return p.now().Add(noticeLife)
	case "V":
		return p.now().Add(cursorLife)
	case "M":
		return p.now().Add(pipelineLife)
	case saltsPartition:
		return p.now().Add(saltLife)
	}
	return time.Time{}
}

// hourOf reads the hour at the end of gen#site#cell#hour.
func hourOf(rest string) (ms int64, ok bool) {
	at := strings.LastIndexByte(rest, '#')
	if at < 0 {
		return 0, false
	}
	_, err := fmt.Sscanf(rest[at+1:], "%012x", &ms)
	return ms, err == nil && ms > 0
}

// secretsLife is how old the secrets may be that a function goes by: as long takes a rotation until it is heard of everywhere.
const secretsLife = time.Minute

func (p *parts) ssm() *ssm.Client {
	return ssm.NewFromConfig(p.config(), func(o *ssm.Options) { o.BaseEndpoint = at(p.settings.endpoints.ssm) })
}

func (p *parts) gate() *access.Gate {
	client := sync.OnceValue(p.ssm)
	return access.NewGate(func(ctx context.Context) (access.Secrets, error) { return p.readSecrets(ctx, client()) }, secretsLife, p.now)
}

// readSecrets reads the access secrets from their SSM parameter, which is encrypted.
func (p *parts) readSecrets(ctx context.Context, client *ssm.Client) (access.Secrets, error) {
	out, err := client.GetParameter(ctx, &ssm.GetParameterInput{Name: &p.settings.secrets, WithDecryption: aws.Bool(true)})
	if missing := new(types.ParameterNotFound); errors.As(err, &missing) {
		return access.Secrets{}, fmt.Errorf("there is no parameter %s; make deploy makes it", p.settings.secrets)
	}
	if err != nil {
		return access.Secrets{}, fmt.Errorf("read parameter %s: %w", p.settings.secrets, err)
	}
	return access.Parse([]byte(*out.Parameter.Value))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
)

// KinesisCmd is the embedded stream as a product of its own.
type KinesisCmd struct {
	Serve  KinesisServeCmd  `cmd:"" default:"withargs" help:"Serve the Kinesis API; what \"streamgauge kinesis\" alone does."`
	Verify KinesisVerifyCmd `cmd:"" help:"Read every record of a data folder, and say what is damaged."`
	Repair KinesisRepairCmd `cmd:"" help:"Cut what is damaged out of a data folder, and keep all else."`
}

func (KinesisCmd) Help() string {
	return `A Kinesis Data Streams for development, tests and one machine: any AWS SDK or the AWS CLI talks to it with --endpoint-url.
What a put has acknowledged is on disk.

Example:

    streamgauge kinesis
    streamgauge kinesis --stream clicks:4 --stream orders:1 --data /var/lib/kinesis
    aws kinesis list-streams --endpoint-url http://127.0.0.1:4567
    streamgauge kinesis serve --help`
}

// KinesisServeCmd serves the Kinesis API.
type KinesisServeCmd struct {
	Listen        address       `default:"127.0.0.1:4567" placeholder:"HOST:PORT" help:"Where it listens (${default})."`
	Data          string        `default:"./streamgauge-kinesis" placeholder:"DIR" help:"The data folder, made if need be (${default})."`
	Stream        []streamShape `sep:"none" placeholder:"NAME:SHARDS" help:"A stream that is made if it does not exist; may be given again."`
	EnforceLimits bool          `help:"Throttle each shard as AWS does: 1 MB/s and 1,000 records/s in, 2 MB/s and 5 reads/s out."`
	Region        string        `default:"us-east-1" placeholder:"NAME" help:"The region in ARNs (${default})."`
	Account       accountID     `default:"000000000000" placeholder:"DIGITS" help:"The account in ARNs (${default})."`
	Access
}

func (KinesisServeCmd) Help() string {
	return `Serves the Kinesis API on one address until Ctrl-C. One process owns a data folder.

On an address of this machine any credentials are taken. On any other address --access-key and --secret-key are required, and requests
must be signed with them.

Example:

    streamgauge kinesis --stream clicks:4
    streamgauge kinesis --enforce-limits --data ./rehearsal
    streamgauge kinesis --listen 0.0.0.0:4567 --access-key KINESIS --secret-key s3cret --tls
    aws kinesis put-record --endpoint-url http://127.0.0.1:4567 --stream-name clicks --partition-key k --data aGVsbG8=`
}

// Access says who may talk to the stream, and how.
type Access struct {
	AccessKey string `env:"STREAMGAUGE_ACCESS_KEY" placeholder:"ID" help:"Take only requests that are signed with this access key …"`
	SecretKey string `env:"STREAMGAUGE_SECRET_KEY" placeholder:"KEY" help:"… and its secret. Both may stand in the environment."`
	TLS       bool   `name:"tls" help:"Speak TLS, with a certificate that is made in the data folder: tls.crt, for clients to trust."`
	TLSCert   string `name:"tls-cert" type:"existingfile" placeholder:"FILE" help:"Speak TLS with this certificate (PEM) …"`
	TLSKey    string `name:"tls-key" type:"existingfile" placeholder:"FILE" help:"… and its private key."`
}

// Validate checks what kong cannot: flags that need each other.
func (c *KinesisServeCmd) Validate() error {
	switch {
	case c.Data == "":
		return errNoFolder
	case (c.AccessKey == "") != (c.SecretKey == ""):
		return errors.New("--access-key and --secret-key belong together")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key belong together")
	case c.TLS && c.TLSCert != "":
		return errors.New("--tls makes a certificate, and --tls-cert has one: give one of them")
	case c.AccessKey == "" && !c.Listen.isLoopback():
		return fmt.Errorf("--listen %s can be reached from other machines, so it needs --access-key and --secret-key; without them listen on 127.0.0.1", c.Listen)
	}
	return nil
}

// Run serves until ctx ends.
func (c *KinesisServeCmd) Run(ctx context.Context, con *console) error {
	spareProcessors()
	k, err := openKinesis(ctx, c, con.log)
	if err != nil {
		return explainKinesis(err, c.Data)
	}
	con.kinesisReady(k)
	return errors.Join(k.serve(ctx), k.close())
}

// explainKinesis says what a person can do about a data folder that cannot be opened, or an address that is taken.
func explainKinesis(err error, dir string) error {
	if _, isAddress := errors.AsType[*net.OpError](err); isAddress {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	if _, isDamage := errors.AsType[*stream.CorruptError](err); isDamage {
		return fmt.Errorf("%w; \"streamgauge kinesis verify %s\" says what is lost", err, dir)
	}
	return explainOpen(err, dir)
}

// address is where a server listens.
type address string

func (a *address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil && port != "" {
		return fmt.Errorf("%q is not HOST:PORT, such as 127.0.0.1:8080, with a port of at most 65535", text)
	}
	*a = address(text)
	return nil
}

// isLoopback tells whether only this machine can reach the address.
func (a address) isLoopback() bool {
	var l loopback
	return l.UnmarshalText([]byte(a)) == nil
}

// names are the hosts that a certificate for the address is good for.
func (a address) names() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	host, _, err := net.SplitHostPort(string(a))
	if ip := net.ParseIP(host); err != nil || host == "" || ip.IsUnspecified() || slices.Contains(names, host) {
		return names
	}
	return append(names, host)
}

// accountID is the number of an AWS account.
type accountID string

func (a *accountID) UnmarshalText(text []byte) error {
	if !regexp.MustCompile(`^\d{12}$`).Match(text) {
		return fmt.Errorf("%q is not an account: it has 12 digits", text)
	}
	*a = accountID(text)
	return nil
}

// streamShape is a stream's name and how many shards it has: "clicks:4", or "clicks" for one.
type streamShape struct {
	name   string
	shards int32
}

var streamNamePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)

func (s *streamShape) UnmarshalText(text []byte) error {
	name, count, counted := strings.Cut(string(text), ":")
	n := int64(1)
	var err error
	if counted {
		n, err = strconv.ParseInt(count, 10, 32)
	}
	if err != nil || n < 1 || n > maxStreamShards || !streamNamePattern.MatchString(name) {
		return fmt.Errorf("%q is not a stream, such as clicks:4: a name of letters, digits, _ . - and 1 to %d shards", text, maxStreamShards)
	}
	*s = streamShape{name, int32(n)}
	return nil
}

// maxStreamShards bounds what --stream makes; the API makes more.
const maxStreamShards = 1000

// ensure makes the streams that do not exist.
func (k *kinesisNode) ensure(ctx context.Context, shapes []streamShape) error {
	for _, shape := range shapes {
		_, err := k.broker.Client().CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &shape.name, ShardCount: &shape.shards})
		if _, exists := errors.AsType[*types.ResourceInUseException](err); exists {
			err = k.compare(ctx, shape)
		}
		if err != nil {
			return fmt.Errorf("create stream %s: %w", shape.name, err)
		}
	}
	return nil
}

// compare tells of a stream that has another number of shards than was asked for: nobody reshards at a start.
func (k *kinesisNode) compare(ctx context.Context, shape streamShape) error {
	out, err := k.broker.Client().DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &shape.name})
	if err != nil {
		return err
	}
	if have := *out.StreamDescriptionSummary.OpenShardCount; have != shape.shards {
		k.log.Warn().Str("stream", shape.name).Int32("asked", shape.shards).Int32("shards", have).
			Msg("the stream exists with another number of shards, and keeps it")
	}
	return nil
}

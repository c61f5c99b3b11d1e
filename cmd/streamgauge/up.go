package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/geo"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/stream"
)

// UpCmd runs the whole product on this machine.
type UpCmd struct {
	Listen  address  `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the page, the collector and the API listen (${default})."`
	Kinesis loopback `default:"127.0.0.1:4567" placeholder:"HOST:PORT" help:"Where the embedded Kinesis listens (${default})."`
	Data    string   `default:"./streamgauge-data" placeholder:"DIR" help:"The data folder, made if need be (${default})."`
	Shards  shards   `default:"2" placeholder:"N" help:"Shards of the stream, fixed when the data folder is made (${default})."`
	Limits  bool     `name:"enforce-limits" help:"Throttle each shard of the embedded Kinesis as AWS does."`
	GeoIP   string   `name:"geoip" placeholder:"FILE" help:"A database of countries or cities in MaxMind's format, to tell where visitors are. It is read anew when it changes."`
	Proxy   proxy    `placeholder:"NAME" help:"The proxy that stands before the collector, whose word on addresses and places is taken: cloudfront, cloudflare, vercel, appengine, or forwarded for any that appends to X-Forwarded-For. Name none that is not there."`
	Access  bool     `help:"Want the access token for the page and the API, and sites' keys for events, also where only this machine can reach them. Elsewhere they are always wanted."`
	Publish []target `sep:"none" placeholder:"TARGET" help:"Where the final values of every minute are sent: log, or a URL. Repeat the flag for each."`
	Demo    bool     `help:"Let made-up visitors come to the site \"demo\"."`

	Lambda    bool        `help:"Run the consumer as Lambda does: its binary in a child process for each shard. Needs --dynamodb."`
	Bootstrap string      `placeholder:"PATH" help:"With --lambda: the binary. Without it cmd/lambda is built from the source in the working directory."`
	DynamoDB  endpointURL `name:"dynamodb" placeholder:"URL" help:"With --lambda: a DynamoDB on this machine, in place of the embedded store."`
}

func (UpCmd) Help() string {
	return `Runs the embedded stream and store, the collector, the consumer and the page in one process. Ctrl-C drains and ends it; what was accepted
is on disk, and counted at the next start if it was not yet.

On an address that other machines can reach, the page and the API want an access token, and events the key of their site ("streamgauge site key").
Both rest on secrets in access.json in the data folder, made at the first start; the address with the token in it is printed once, and logs a
browser in. The connection is not encrypted: put a proxy with TLS in front. The embedded Kinesis stays on this machine.

With --lambda the consumer runs as in AWS: its binary, through the Runtime API, within Lambda's limits of time and memory. What it counts is kept in
a DynamoDB on this machine, such as dynalite, and not in the data folder.

Example:

    streamgauge up --demo
    streamgauge up --lambda --dynamodb http://127.0.0.1:4567 --kinesis 127.0.0.1:4568
    streamgauge up --listen 127.0.0.1:9000 --data /var/lib/streamgauge --shards 4
    streamgauge up --listen 0.0.0.0:8080
    streamgauge up --access --proxy forwarded --geoip GeoLite2-City.mmdb`
}

// errNoFolder is an empty --data, as of a variable that is not set. It would mean the working directory.
var errNoFolder = errors.New("--data needs the name of a folder; . is the working directory")

// Validate is called by kong when the flags are read.
func (c *UpCmd) Validate() error {
	switch {
	case c.Data == "":
		return errNoFolder
	case c.Lambda && c.DynamoDB == "":
		return errors.New("--lambda needs --dynamodb: the function's process cannot open the embedded store")
	case !c.Lambda && c.DynamoDB != "":
		return errors.New("--dynamodb goes with --lambda")
	case !c.Lambda && c.Bootstrap != "":
		return errors.New("--bootstrap goes with --lambda")
	}
	return nil
}

// Run runs until ctx ends.
func (c *UpCmd) Run(ctx context.Context, con *console) error {
	spareProcessors()
	collectAt(upGarbage)
	if err := boundMemory(); err != nil {
		con.log.Warn().Err(err).Msg("memory is not bounded; GOMEMLIMIT bounds it")
	}
	places, err := c.openPlaces()
	if err != nil {
		return err
	}
	n, err := openNode(ctx, c, places, con.log)
	if err != nil {
		return explainOpen(err, c.Data)
	}
	con.firstAccess(n)
	con.ready(n)
	err = n.run(ctx)
	return errors.Join(err, n.close())
}

// openPlaces opens the database of places, nil where there is none.
func (c *UpCmd) openPlaces() (*geo.Database, error) {
	if c.GeoIP == "" {
		return nil, nil
	}
	db, err := geo.Open(c.GeoIP)
	if err != nil {
		return nil, fmt.Errorf("--geoip: %w", err)
	}
	return db, nil
}

// explainOpen says what a person can do about a data folder that cannot be opened, or an address that is taken.
func explainOpen(err error, data string) error {
	if _, isAddress := errors.AsType[*net.OpError](err); isAddress {
		return err // names the flag
	}
	dir, absErr := filepath.Abs(data)
	if absErr != nil {
		dir = data
	}
	if errors.Is(err, stream.ErrLocked) {
		return fmt.Errorf("data folder %s: another streamgauge runs on it; stop that one, or choose another folder with --data", dir)
	}
	if _, isDamage := errors.AsType[*stream.CorruptError](err); isDamage {
		return fmt.Errorf("data folder %s: %w; \"streamgauge kinesis verify %s\" says what is lost", dir, err, filepath.Join(dir, "stream"))
	}
	if errors.Is(err, store.ErrFull) || errors.Is(err, stream.ErrFull) {
		return fmt.Errorf("data folder %s: the disk is full, make room and start again (%w)", dir, err)
	}
	return fmt.Errorf("data folder %s: %w", dir, err)
}

// loopback is an address on this machine.
type loopback string

func (l *loopback) UnmarshalText(text []byte) error {
	host, _, err := net.SplitHostPort(string(text))
	if err != nil {
		return fmt.Errorf("%q is not an address, such as 127.0.0.1:8080", text)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q is not an address of this machine alone; only 127.0.0.1, [::1] and localhost are allowed", text)
	}
	*l = loopback(text)
	return nil
}

// endpointURL is the address of a service on this machine.
type endpointURL string

func (e *endpointURL) UnmarshalText(text []byte) error {
	var s serverURL
	if err := s.UnmarshalText(text); err != nil {
		return err
	}
	*e = endpointURL(strings.TrimSuffix(s.url.String(), "/"))
	return nil
}

// proxy is one that the door knows; the zero value is none.
type proxy struct{ *apigw.Proxy }

func (p *proxy) UnmarshalText(text []byte) (err error) {
	p.Proxy, err = apigw.ProxyOf(string(text))
	return err
}

// maxShards bounds --shards: each shard is a goroutine and a file of its own.
const maxShards = 256

type shards int

func (s *shards) UnmarshalText(text []byte) error {
	var n int
	if _, err := fmt.Sscanf(string(text)+"\n", "%d\n", &n); err != nil || n < 1 || n > maxShards {
		return fmt.Errorf("%q is not a number of shards: 1 to %d are allowed", text, maxShards)
	}
	*s = shards(n)
	return nil
}

// ready tells where everything is: to people on a terminal, to programs as a line of the log.
func (c *console) ready(n *node) {
	c.log.Info().Str("http", n.httpURL()).Str("kinesis", n.kinesisURL()).Str("data", n.dir).Int("shards", n.shards).Msg("ready")
	if n.room != nil {
		if err := n.room(); err != nil {
			c.log.Warn().Err(err).Msg("events are refused until there is room on the disk")
		}
	}
	if !c.terminal {
		return
	}
	if n.access != nil {
		fmt.Fprintf(c.stderr, "\n  page      %s\n  data      %s\n\n  It wants the access token; events want their site's key: streamgauge site key SITE --token TOKEN.\n  Ctrl-C ends.\n\n",
			n.httpURL(), n.dir)
		return
	}
	fmt.Fprintf(c.stderr, `
  page      %[1]s
  collector %[1]s/v1/events
  kinesis   %[2]s (stream %[4]s)
  data      %[3]s

  Send an event:
  curl -d '{"site":"demo","name":"pageview","url":"/hello"}' %[1]s/v1/events

  Ctrl-C ends.

`, n.httpURL(), n.kinesisURL(), n.dir, streamName)
}

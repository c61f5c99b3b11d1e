package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/stream"
)

// UpCmd runs the whole product on this machine.
type UpCmd struct {
	Listen  loopback `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the page, the collector and the API listen (${default})."`
	Kinesis loopback `default:"127.0.0.1:4567" placeholder:"HOST:PORT" help:"Where the embedded Kinesis listens (${default})."`
	Data    string   `default:"./streamgauge-data" placeholder:"DIR" help:"The data folder, made if need be (${default})."`
	Shards  shards   `default:"2" placeholder:"N" help:"Shards of the stream, fixed when the data folder is made (${default})."`
	Limits  bool     `name:"enforce-limits" help:"Throttle each shard of the embedded Kinesis as AWS does."`
	Demo    bool     `help:"Let made-up visitors come to the site \"demo\"."`
}

func (UpCmd) Help() string {
	return `Runs the embedded stream and store, the collector, the consumer and the page in one process. Ctrl-C drains and ends it; what was accepted
is on disk, and counted at the next start if it was not yet.

The addresses must be on this machine: there is no access control.

Example:

    streamgauge up --demo
    streamgauge up --listen 127.0.0.1:9000 --data /var/lib/streamgauge --shards 4`
}

// Run runs until ctx ends.
func (c *UpCmd) Run(ctx context.Context, con *console) error {
	spareProcessors()
	n, err := openNode(ctx, c, con.log)
	if err != nil {
		return explainOpen(err, c.Data)
	}
	con.ready(n)
	err = n.run(ctx)
	return errors.Join(err, n.close())
}

// explainOpen says what a person can do about a data folder that cannot be opened, or an address that is taken.
func explainOpen(err error, data string) error {
	if _, isAddress := errors.AsType[*net.OpError](err); isAddress {
		return fmt.Errorf("%w; choose another address with --listen or --kinesis", err)
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
		return fmt.Errorf("%q is not an address of this machine alone; without access control only 127.0.0.1, [::1] and localhost are allowed", text)
	}
	*l = loopback(text)
	return nil
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
	if !c.terminal {
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

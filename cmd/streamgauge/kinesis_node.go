package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// kinesisNode is the stream alone in a process.
type kinesisNode struct {
	log      zerolog.Logger
	dir      string
	url      string
	broker   *stream.Broker
	listener net.Listener
	server   *http.Server
}

// openKinesis takes the data folder, makes the streams that were asked for, and listens. After an error nothing stays open.
func openKinesis(ctx context.Context, c *KinesisServeCmd, log zerolog.Logger) (_ *kinesisNode, err error) {
	k := &kinesisNode{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.close())
		}
	}()
	if k.dir, err = filepath.Abs(c.Data); err != nil {
		return nil, err
	}
	k.broker, err = stream.Open(stream.Options{
		Dir: k.dir, Region: c.Region, Account: string(c.Account), EnforceLimits: c.EnforceLimits, OnError: k.warn,
		AccessKey: c.AccessKey, SecretKey: c.SecretKey,
	})
	if err != nil {
		return nil, err
	}
	if err := k.ensure(ctx, c.Stream); err != nil {
		return nil, err
	}
	return k, k.listen(ctx, c)
}

// warn tells of work that nobody waits for.
func (k *kinesisNode) warn(err error) {
	k.log.Error().Err(err).Msg("the stream failed in the background; it is tried again")
}

func (k *kinesisNode) listen(ctx context.Context, c *KinesisServeCmd) (err error) {
	var lc net.ListenConfig
	if k.listener, err = lc.Listen(ctx, "tcp", string(c.Listen)); err != nil {
		return fmt.Errorf("listen for Kinesis: %w", err)
	}
	k.server = stream.NewServer(k.broker)
	k.url = "http://" + k.listener.Addr().String()
	if !c.TLS && c.TLSCert == "" {
		return nil
	}
	k.url = "https://" + k.listener.Addr().String()
	k.server.TLSConfig, err = k.tlsConfig(c)
	return err
}

// tlsConfig has the certificate that was given, or one that is made and kept in the data folder.
func (k *kinesisNode) tlsConfig(c *KinesisServeCmd) (_ *tls.Config, err error) {
	var certificate tls.Certificate
	if c.TLS {
		certificate, err = stream.SelfSigned(disk.OS{}, k.dir, time.Now(), c.Listen.names()...)
	} else {
		certificate, err = tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// serve answers requests until ctx ends, and then those that have begun.
func (k *kinesisNode) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if k.server.TLSConfig != nil {
			return serve(k.server.ServeTLS(k.listener, "", ""))
		}
		return serve(k.server.Serve(k.listener))
	})
	group.Go(func() error {
		<-ctx.Done()
		k.log.Info().Msg("draining")
		return drain("Kinesis requests", k.server.Shutdown)
	})
	return group.Wait()
}

func (k *kinesisNode) close() error {
	var errs []error
	if k.listener != nil {
		errs = append(errs, ignoreClosed{k.listener}.Close())
	}
	if k.broker != nil {
		errs = append(errs, k.broker.Close())
	}
	return errors.Join(errs...)
}

// kinesisReady tells where everything is: to people on a terminal, to programs as a line of the log.
func (c *console) kinesisReady(k *kinesisNode) {
	c.log.Info().Str("kinesis", k.url).Str("data", k.dir).Msg("ready")
	if !c.terminal {
		return
	}
	fmt.Fprintf(c.stderr, `
  kinesis   %[1]s
  data      %[2]s

  aws kinesis list-streams --endpoint-url %[1]s

  Ctrl-C ends.

`, k.url, k.dir)
}

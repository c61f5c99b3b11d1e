package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/producer/load"
)

// loadTarget is where load goes.
type loadTarget struct {
	kind string   // http, kinesis, file, stdout or discard
	url  *url.URL // of http and kinesis
	file string
}

// doorPath is where a server takes events.
const doorPath = "/v1/events"

func parseTarget(s string) (loadTarget, error) {
	switch s {
	case "stdout", "discard":
		return loadTarget{kind: s}, nil
	}
	if name, isFile := strings.CutPrefix(s, "file:"); isFile && name != "" {
		return loadTarget{kind: "file", file: strings.TrimPrefix(name, "//")}, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "":
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Path == "" || u.Path == "/" {
			u.Path = doorPath
		}
		return loadTarget{kind: "http", url: u}, nil
	case u.Scheme == "kinesis":
		for key := range u.Query() {
			if key != "region" && key != "endpoint" {
				return loadTarget{}, fmt.Errorf("--target: %q is not known of a Kinesis stream: region and endpoint are", key)
			}
		}
		return loadTarget{kind: "kinesis", url: u}, nil
	}
	return loadTarget{}, fmt.Errorf("--target: %q is none: http(s)://HOST/v1/events, kinesis://STREAM?region=R&endpoint=URL, stdout, file:NAME and discard are", s)
}

// isNowhere says whether no server gets the events.
func (t loadTarget) isNowhere() bool {
	return t.kind == "stdout" || t.kind == "file" || t.kind == "discard"
}

// door is the base of the server whose door the target is, or nil.
func (t loadTarget) door() *url.URL {
	if t.kind != "http" {
		return nil
	}
	base, isOurs := strings.CutSuffix(t.url.Path, doorPath)
	if !isOurs {
		base = ""
	}
	return &url.URL{Scheme: t.url.Scheme, Host: t.url.Host, Path: base}
}

// bodies says what the events of a plan must hold for this target.
func (t loadTarget) bodies(p load.Plan) load.Plan {
	p.Keys = t.kind == "kinesis"
	p.Agents = t.kind != "http" || p.Batch > 1
	return p
}

// open makes the target of a run.
func (t loadTarget) open(ctx context.Context, c *LoadRunCmd, con *console) func(load.Done) (load.Target, error) {
	return func(done load.Done) (load.Target, error) {
		switch t.kind {
		case "http":
			o := load.HTTPOptions{URL: t.url.String(), Connections: c.Connections, PerVisit: c.Connection == perVisitor, Timeout: c.Timeout}
			o.Header = t.header(c)
			return load.NewHTTP(ctx, o, done)
		case "kinesis":
			return t.openStream(ctx, c, done)
		case "file":
			f, err := os.Create(t.file)
			if err != nil {
				return nil, err
			}
			return &fileTarget{load.NewLines(f, done), f}, nil
		case "stdout":
			return load.NewLines(con.stdout, done), nil
		}
		return load.NewDiscard(done), nil
	}
}

// header is what goes with every request of events. The access token, which lets in for every site, is for doors alone; where the address has a key, that is
// what its owner wants to come in with.
func (t loadTarget) header(c *LoadRunCmd) map[string]string {
	h := map[string]string{}
	if c.Batch > 1 { // a header is of one visitor alone
		h[trustHeader] = trustVisitor
	}
	if c.Token != "" && strings.HasSuffix(t.url.Path, doorPath) && !t.url.Query().Has("key") {
		h["Authorization"] = "Bearer " + c.Token
	}
	return h
}

// shownTarget is a target as reports tell it: a report is shown to others, and a password or a site's key is not.
func shownTarget(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return target
	}
	if q := u.Query(); q.Has("key") {
		q.Set("key", "hidden")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// fileTarget closes its file.
type fileTarget struct {
	*load.Lines
	file *os.File
}

func (t *fileTarget) Close() error { return errors.Join(t.Lines.Close(), t.file.Close()) }

func (t loadTarget) openStream(ctx context.Context, c *LoadRunCmd, done load.Done) (load.Target, error) {
	client, err := t.client(ctx)
	if err != nil {
		return nil, err
	}
	name := t.url.Host
	if _, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name}); err != nil {
		return nil, fmt.Errorf("find stream %s: %w", name, err)
	}
	put, err := producer.New(client, name, producer.Options{OnFull: producer.Fail, RetryFor: c.Timeout, Concurrency: 16})
	if err != nil {
		return nil, err
	}
	return load.NewStream(put, c.Timeout, done), nil
}

// client is one of Kinesis. An endpoint of one's own mostly takes any credentials; where there are none, it gets some, so that nobody looks for them in the
// network.
func (t loadTarget) client(ctx context.Context) (*kinesis.Client, error) {
	q := t.url.Query()
	endpoint := q.Get("endpoint")
	var opts []func(*config.LoadOptions) error
	if endpoint != "" {
		opts = append(opts, config.WithDefaultRegion("us-east-1"))
	}
	if endpoint != "" && !hasCredentials() {
		opts = append(opts, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("streamgauge", "streamgauge", "")))
	}
	cfg, err := awsConfig(ctx, q.Get("region"), "kinesis://STREAM?region=R", opts...)
	if err != nil {
		return nil, err
	}
	return kinesis.NewFromConfig(cfg, func(o *kinesis.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	}), nil
}

// hasCredentials reports whether the environment or a file of this user names any.
func hasCredentials() bool {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	_, err := os.Stat(config.DefaultSharedCredentialsFilename())
	return err == nil
}

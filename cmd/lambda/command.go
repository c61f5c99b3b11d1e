package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw"
	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/apigw/pipeline"
	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// order is what the command function is invoked with.
type order struct {
	Command string `json:"command"`
	// Site is for ledger and dlq-list (empty: all sites), key, token and rebuilds.
	Site string `json:"site"`
	// From and To bound the ledger, in Unix milliseconds; To zero: no end.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Minutes is how long a token is valid.
	Minutes int `json:"minutes"`
	// Limit and Cursor are for dlq-list, Keys for dlq-show (one) and redrive.
	Limit  int      `json:"limit"`
	Cursor string   `json:"cursor"` // of rebuild, too
	Keys   []string `json:"keys"`
	// Seconds is how long a part of a rebuild takes; 0 for four minutes.
	Seconds int `json:"seconds"`
}

// commanding is the role command.
type commanding struct {
	*parts
	store       *dynamo.Store
	sites       *aggregate.Sites
	inside      *inside
	undelivered *undelivered
}

// commands are the operations, by name.
var commands = map[string]func(*commanding, context.Context, order) (any, error){
	"ledger": (*commanding).ledger, "metrics": (*commanding).text, "repair": (*commanding).repair, "purge": (*commanding).purge,
	"rotate-access": (*commanding).rotateAccess, "rotate-ingest": (*commanding).rotateIngest,
	"init": (*commanding).init, "key": (*commanding).key, "token": (*commanding).token,
	"dlq-list": (*commanding).dlqList, "dlq-show": (*commanding).dlqShow, "redrive": (*commanding).redrive,
	"rebuild": (*commanding).rebuild, "rebuild-list": (*commanding).rebuildList, "rebuild-give-up": (*commanding).rebuildGiveUp,
}

func command(p *parts) lambda.Handler {
	c := &commanding{parts: p}
	return typed(func(ctx context.Context, o order) (any, error) {
		run, known := commands[o.Command]
		if !known {
			return nil, fmt.Errorf("there is no command %q; there are %s", o.Command, strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
		}
		if err := c.open(); err != nil {
			return nil, err
		}
		out, err := run(c, ctx, o)
		outcome := "done"
		if err != nil {
			outcome = err.Error()
		}
		p.log.Info().Str("request_id", requestID(ctx)).Str("command", o.Command).Str("outcome", outcome).Msg("command")
		return out, err
	})
}

// open makes what the first order needs. Where that fails, the next one tries again.
func (c *commanding) open() error {
	if c.store != nil {
		return nil
	}
	s, err := c.parts.store()
	if err != nil {
		return err
	}
	c.store, c.sites = s, aggregate.NewSites(s, c.now)
	c.inside, c.undelivered = newInside(c.parts, s, c.sites)
	return nil
}

func (c *commanding) books(ctx context.Context, site string, from, to int64) (aggregate.Books, error) {
	return aggregate.NewReader(c.store, c.sites).Books(ctx, site, from, to)
}

func (c *commanding) ledger(ctx context.Context, o order) (any, error) {
	if o.Site != "" && !event.ValidSite(o.Site) {
		return nil, errSite(o.Site)
	}
	books, err := c.books(ctx, o.Site, o.From, o.To)
	if err != nil {
		return nil, err
	}
	return books.View(), nil
}

func errSite(site string) error { return fmt.Errorf("%.100q is no site id", site) }

// text is the state of the whole pipeline in Prometheus' text format, which for gauges needs no library; the one there is would be linked into every
// function's start. What a single environment of a function has counted would say nothing, and is in CloudWatch.
func (c *commanding) text(ctx context.Context, _ order) (any, error) {
	facts, err := pipeline.NewKeeper(aggregate.NewReader(c.store, c.sites), nil, c.now).Facts(ctx)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	last := ""
	facts.Show(c.now(), func(m meters.Meter, v float64, labels ...string) {
		if m.Name != last {
			fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", m.Name, m.Help, m.Kind)
			last = m.Name
		}
		series := m.Name
		if len(labels) > 0 { // no meter of a fact has more than one
			series += fmt.Sprintf("{%s=%q}", m.Labels[0], labels[0])
		}
		fmt.Fprintf(&b, "%s %s\n", series, strconv.FormatFloat(v, 'f', -1, 64))
	})
	return b.String(), nil
}

func (c *commanding) repair(ctx context.Context, _ order) (any, error) {
	return "repaired", aggregate.NewRoller(c.store, c.sites, c.now).Repair(ctx)
}

func (c *commanding) purge(ctx context.Context, _ order) (any, error) {
	return "purged", apigw.New(apigw.Options{Store: c.store, Now: c.now}).PurgeSalts(ctx)
}

// init makes the access secrets where there are none, and answers the access token then, once. CloudFormation cannot make a SecureString.
func (c *commanding) init(ctx context.Context, _ order) (any, error) {
	s := access.New()
	_, err := c.ssm().PutParameter(ctx, &ssm.PutParameterInput{
		Name: &c.settings.secrets, Value: aws.String(string(s.Encode())), Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(false),
		Description: aws.String("Access token and signing keys of Streamgauge"),
	})
	if there := new(types.ParameterAlreadyExists); errors.As(err, &there) {
		return map[string]string{"parameter": c.settings.secrets, "outcome": "was there, and stays"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("write parameter %s: %w", c.settings.secrets, err)
	}
	return map[string]string{"parameter": c.settings.secrets, "outcome": "made", "access": s.Access[0]}, nil
}

// rotateAccess replaces the access token and answers the new one. Functions go by the old one for up to secretsLife.
func (c *commanding) rotateAccess(ctx context.Context, _ order) (any, error) {
	s, err := c.rotate(ctx, access.Secrets.RotateAccess)
	if err != nil {
		return nil, err
	}
	return map[string]string{"access": s.Access[0]}, nil
}

// rotateIngest makes a new signing key; what was made with the one before stays valid until the next rotation.
func (c *commanding) rotateIngest(ctx context.Context, _ order) (any, error) {
	_, err := c.rotate(ctx, access.Secrets.RotateIngest)
	return "rotated", err
}

func (c *commanding) rotate(ctx context.Context, change func(access.Secrets) access.Secrets) (access.Secrets, error) {
	client := c.ssm()
	s, err := c.readSecrets(ctx, client)
	if err != nil {
		return s, err
	}
	s = change(s)
	_, err = client.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &c.settings.secrets, Value: aws.String(string(s.Encode())), Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		return s, fmt.Errorf("write parameter %s: %w", c.settings.secrets, err)
	}
	return s, nil
}

// key answers the key with which a site's events are sent.
func (c *commanding) key(ctx context.Context, o order) (any, error) {
	if !event.ValidSite(o.Site) {
		return nil, errSite(o.Site)
	}
	s, err := c.readSecrets(ctx, c.ssm())
	if err != nil {
		return nil, err
	}
	return map[string]string{"key": s.SiteKey(o.Site)}, nil
}

// maxTokenMinutes is a month: a token that lives longer would outlive two rotations unnoticed.
const maxTokenMinutes = 31 * 24 * 60

// token answers a signed token for the direct route.
func (c *commanding) token(ctx context.Context, o order) (any, error) {
	if !event.ValidSite(o.Site) {
		return nil, errSite(o.Site)
	}
	if o.Minutes < 1 || o.Minutes > maxTokenMinutes {
		return nil, errors.New("minutes: a token lives 1 minute to 31 days")
	}
	s, err := c.readSecrets(ctx, c.ssm())
	if err != nil {
		return nil, err
	}
	expires := c.now().Add(time.Duration(o.Minutes) * time.Minute)
	return map[string]string{"token": s.Sign(o.Site, expires), "expires": expires.UTC().Format(time.RFC3339)}, nil
}

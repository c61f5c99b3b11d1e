package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// Place says which Streamgauge is meant: a server, or a stage that is deployed on AWS.
type Place struct {
	Stage  string `placeholder:"NAME" help:"Not a server but what is deployed on AWS under this stage, such as prod."`
	Region string `env:"AWS_REGION" placeholder:"NAME" help:"With --stage: its region (that of your AWS configuration)."`
	Remote
}

// api answers the questions that a command has. Paths and forms are those of a server's API.
type api interface {
	call(ctx context.Context, method, path string, query url.Values, in, out any) error
}

func (p Place) api(ctx context.Context) (api, error) {
	if p.Stage == "" {
		return p.client(), nil
	}
	cfg, err := awsConfig(ctx, p.Region, "--region")
	if err != nil {
		return nil, err
	}
	return &stage{name: p.Stage, region: cfg.Region, lambda: lambda.NewFromConfig(cfg)}, nil
}

// awsConfig is the configuration of this user, for a region if one is given; flag is where that can be done.
func awsConfig(ctx context.Context, region, flag string, opts ...func(*config.LoadOptions) error) (aws.Config, error) {
	if region != "" {
		opts = append(opts, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, fmt.Errorf("no region: give one with %s or AWS_REGION", flag)
	}
	return cfg, nil
}

// stage asks the function command of a stage. Who may invoke that needs no right to the bucket, the queue or the table: the function has them.
type stage struct {
	name, region string
	lambda       *lambda.Client
}

func (s *stage) function() string { return "streamgauge-" + s.name + "-command" }

func (s *stage) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	order, err := orderOf(method, path, query, in)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(order)
	if err != nil {
		return fmt.Errorf("encode the order: %w", err)
	}
	name := s.function()
	answer, err := s.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: payload})
	if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
		return fmt.Errorf("there is no function %s in %s: is the stage %s deployed there?", name, s.region, s.name)
	}
	if err != nil {
		return fmt.Errorf("invoke %s: %w", name, err)
	}
	if answer.FunctionError != nil {
		return s.failure(answer.Payload)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Payload, out); err != nil {
		return fmt.Errorf("decode the answer of %s: %w", name, err)
	}
	return nil
}

// failure is what a function says that has failed.
func (s *stage) failure(payload []byte) error {
	var f struct{ ErrorMessage string }
	if json.Unmarshal(payload, &f) != nil || f.ErrorMessage == "" {
		f.ErrorMessage = string(payload)
	}
	return fmt.Errorf("%s: %s", s.function(), printable(f.ErrorMessage))
}

// orderOf is what the function is told for a call of the API: see cmd/lambda, commands.
func orderOf(method, path string, query url.Values, in any) (map[string]any, error) {
	const dlq, rebuild = "/api/v1/dlq", "/api/v1/rebuild"
	asked, _ := in.(map[string]any)
	switch {
	case method == http.MethodGet && path == dlq:
		limit, _ := strconv.Atoi(query.Get("limit"))
		return map[string]any{"command": "dlq-list", "site": query.Get("site"), "cursor": query.Get("cursor"), "limit": limit}, nil
	case method == http.MethodGet && strings.HasPrefix(path, dlq+"/"):
		key, err := url.PathUnescape(strings.TrimPrefix(path, dlq+"/"))
		return map[string]any{"command": "dlq-show", "keys": []string{key}}, err
	case method == http.MethodPost && path == "/api/v1/redrive":
		return map[string]any{"command": "redrive", "keys": asked["keys"]}, nil
	case method == http.MethodPost && path == rebuild:
		return map[string]any{"command": "rebuild", "site": query.Get("site"), "cursor": asked["cursor"]}, nil
	case method == http.MethodGet && path == rebuild:
		return map[string]any{"command": "rebuild-list", "site": query.Get("site")}, nil
	case method == http.MethodDelete && path == rebuild:
		return map[string]any{"command": "rebuild-give-up", "site": query.Get("site")}, nil
	}
	return nil, fmt.Errorf("%s %s is not for a stage", method, path)
}

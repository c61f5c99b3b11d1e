package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/consumer/environment"
)

// InvokeCmd invokes one of the Lambda functions once, on this machine.
type InvokeCmd struct {
	Role      string        `arg:"" enum:"collect,authorize,consume,rollup,query,command" help:"Which function: ${enum}."`
	Event     string        `required:"" placeholder:"FILE" help:"File with the event, JSON; - for the standard input."`
	Bootstrap string        `placeholder:"PATH" help:"The function's binary. Without it cmd/lambda is built from the source in the working directory."`
	Env       []string      `short:"e" sep:"none" placeholder:"NAME=VALUE" help:"Environment variable of the function; can be given again."`
	Memory    int           `default:"256" placeholder:"MB" help:"Memory limit (${default})."`
	Timeout   time.Duration `default:"60s" placeholder:"DURATION" help:"Time limit (${default})."`
}

func (InvokeCmd) Help() string {
	return `Runs the function's binary as Lambda does: through the Runtime API, with its time and memory limits, an empty /tmp and Lambda's environment
variables. STREAMGAUGE_… and AWS_… variables of this shell are passed on; --env adds others. The function's answer is printed, its logs and the
REPORT line go to the standard error. The exit code is 1 when the function fails.

Example:

    streamgauge invoke collect --event request.json
    streamgauge invoke command --event - --env STREAMGAUGE_TABLE=windows < order.json`
}

// Validate is called by kong when the flags are read.
func (c *InvokeCmd) Validate() error {
	for _, v := range c.Env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return fmt.Errorf("--env %q is not NAME=VALUE", v)
		}
	}
	return nil
}

func (c *InvokeCmd) Run(ctx context.Context, con *console) (err error) {
	event, err := c.read(con)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "streamgauge-invoke-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bootstrap, err := findBootstrap(ctx, c.Bootstrap, dir)
	if err != nil {
		return err
	}
	e, err := environment.New(environment.Options{
		Bootstrap: bootstrap, Handler: c.Role, Region: os.Getenv("AWS_REGION"), MemoryMB: c.Memory, Timeout: c.Timeout,
		Env: append(passedOn(os.Environ()), c.Env...), Logs: con.stderr,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	result, err := e.Invoke(ctx, event)
	if failed, ok := errors.AsType[*environment.FunctionError](err); ok {
		fmt.Fprintf(con.stdout, "%s\n", failed.Payload)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "%s\n", result.Payload)
	return err
}

func (c *InvokeCmd) read(con *console) ([]byte, error) {
	if c.Event == "-" {
		return io.ReadAll(con.stdin)
	}
	event, err := os.ReadFile(c.Event)
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	return event, nil
}

// passedOn are the variables that a function on this machine is given from the shell.
func passedOn(all []string) (env []string) {
	for _, v := range all {
		if strings.HasPrefix(v, "STREAMGAUGE_") || strings.HasPrefix(v, "AWS_") {
			env = append(env, v)
		}
	}
	return env
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/rs/zerolog"
)

func main() {
	tuneMemory(os.Getenv)
	handler, err := build(os.Getenv, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "streamgauge:", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(handler, lambda.WithContext(context.Background()))
}

// build makes the handler of the role that the environment names. It makes no call.
func build(env func(string) string, out io.Writer) (lambda.Handler, error) {
	set, err := readSettings(env)
	if err != nil {
		return nil, err
	}
	p := &parts{
		settings: set,
		log:      zerolog.New(out).With().Timestamp().Str("function", set.role).Logger(),
		now:      time.Now,
	}
	p.metrics = &metrics{out: out, stage: set.stage, function: set.role, now: p.now}
	return roles[set.role](p), nil
}

// roles are what the bootstrap can be.
var roles = map[string]func(*parts) lambda.Handler{
	"collect": collect, "authorize": authorize, "consume": consume, "rollup": rollUp, "query": query, "command": command,
}

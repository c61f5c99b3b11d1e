package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// bootstrapEnv makes the test binary the bootstrap.
const bootstrapEnv = "STREAMGAUGE_TEST_BOOTSTRAP"

func TestMain(m *testing.M) {
	if os.Getenv(bootstrapEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// function is a Lambda function: the bootstrap as a process of its own, and the Runtime API that it asks for events. One environment, one event at a time.
type function struct {
	t    testing.TB
	path string // of the bootstrap; empty for the test binary
	env  []string
	api  *httptest.Server

	cmd    *exec.Cmd
	output *output
	exited chan error
	next   chan call
	done   chan answered
	calls  atomic.Int64
	used   time.Duration // CPU time of the environments that were killed
}

// output is what a process writes, to be read while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

type call struct {
	id    string
	event []byte
}

type answered struct {
	id    string
	body  []byte
	error bool
}

// newFunction makes a function of a role. Nothing runs before it is invoked.
func newFunction(t testing.TB, role string, env ...string) *function {
	f := &function{t: t, next: make(chan call), done: make(chan answered, 1)}
	f.api = httptest.NewServer(http.HandlerFunc(f.serve))
	f.env = append([]string{
		bootstrapEnv + "=1", "_HANDLER=" + role, "AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.api.URL, "http://"), "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=thing", "AWS_LAMBDA_FUNCTION_NAME=" + role, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"STREAMGAUGE_STAGE=test",
	}, env...)
	t.Cleanup(func() { f.kill(); f.api.Close() })
	return f
}

func (f *function) serve(w http.ResponseWriter, r *http.Request) {
	const prefix = "/2018-06-01/runtime/"
	path := strings.TrimPrefix(r.URL.Path, prefix)
	switch {
	case path == "invocation/next":
		select {
		case c := <-f.next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", c.id)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:test")
			_, _ = w.Write(c.event)
		case <-r.Context().Done():
		}
	case strings.HasSuffix(path, "/response"), strings.HasSuffix(path, "/error"):
		body, _ := io.ReadAll(r.Body)
		id := strings.Split(path, "/")[1]
		w.WriteHeader(http.StatusAccepted)
		f.done <- answered{id, body, strings.HasSuffix(path, "/error")}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// start begins an environment.
func (f *function) start() {
	f.t.Helper()
	path := f.path
	if path == "" {
		path = os.Args[0]
	}
	f.cmd, f.output, f.exited = exec.Command(path), &output{}, make(chan error, 1)
	f.cmd.Env, f.cmd.Stdout, f.cmd.Stderr = f.env, f.output, f.output
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	cmd, exited := f.cmd, f.exited
	go func() { exited <- cmd.Wait() }()
}

// kill ends the environment, if there is one, as Lambda does: at once.
func (f *function) kill() {
	if f.cmd != nil {
		_ = f.cmd.Process.Kill()
		<-f.exited
		f.used += f.cmd.ProcessState.UserTime() + f.cmd.ProcessState.SystemTime()
		f.cmd = nil
	}
}

// errDied: the environment ended before it answered.
var errDied = errors.New("the environment died")

// invoke sends an event and returns the answer. An answer that is an error is an error.
func (f *function) invoke(ctx context.Context, event []byte) ([]byte, error) {
	f.t.Helper()
	if f.cmd == nil {
		f.start()
	}
	id := fmt.Sprintf("request-%d", f.calls.Add(1))
	select {
	case f.next <- call{id, event}:
	case err := <-f.exited:
		f.cmd = nil
		return nil, fmt.Errorf("%w at its start: %w: %s", errDied, err, f.output)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-f.done:
		if a.id != id {
			f.t.Fatalf("an answer to %s, want one to %s", a.id, id)
		}
		if a.error {
			return nil, errors.New(string(a.body))
		}
		return a.body, nil
	case err := <-f.exited:
		f.cmd = nil
		return nil, fmt.Errorf("%w: %w: %s", errDied, err, f.output)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// must invokes the function with a value and decodes the answer.
func must[T any](t testing.TB, f *function, event any) T {
	t.Helper()
	b, isBytes := event.([]byte)
	if !isBytes {
		var err error
		if b, err = json.Marshal(event); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.invoke(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return v
}

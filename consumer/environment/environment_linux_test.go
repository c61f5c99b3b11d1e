package environment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// bootstrap is the test binary: as a child process of an environment it serves (see serve).
var bootstrap string

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		serve()
		return
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	var err error
	if bootstrap, err = os.Executable(); err != nil {
		panic(err)
	}
	if raceDetector { // it is built again, without
		dir, err := os.MkdirTemp("", "streamgauge-bootstrap-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bootstrap = filepath.Join(dir, "bootstrap")
		if out, err := exec.Command("go", "test", "-c", "-o", bootstrap, ".").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build bootstrap: %v\n%s", err, out))
		}
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goleak:", err)
		return 1
	}
	return code
}

// rig is an environment and what it logs.
type rig struct {
	t *testing.T
	*Environment
	mu   sync.Mutex
	logs bytes.Buffer
}

func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logs.Write(p)
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logs.String()
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t}
	o.Bootstrap, o.Logs = bootstrap, r
	if o.Handler == "" {
		o.Handler = "consume"
	}
	var err error
	if r.Environment, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// do has the function do something, and returns its response.
func (r *rig) do(what string, n int) (Result, error) {
	event, _ := json.Marshal(map[string]any{"do": what, "n": n})
	return r.Invoke(r.t.Context(), event)
}

type answer struct {
	Served int
	ID     string
	ARN    string
	LeftMS int64 `json:"left_ms"`
}

func (r *rig) must(what string, n int) (answer, Report) {
	r.t.Helper()
	res, err := r.do(what, n)
	if err != nil {
		r.t.Fatalf("%s: %v\n%s", what, err, r.logged())
	}
	var a answer
	if json.Unmarshal(res.Payload, &a) != nil && what == "echo" {
		r.t.Fatalf("%s answered %s", what, res.Payload)
	}
	return a, res.Report
}

// wantError wants the invocation to fail as that, and the next one to find a process of its own that has served nothing if fresh.
func (r *rig) wantError(kind, message string, fresh bool, res Result, err error) {
	r.t.Helper()
	failed, ok := errors.AsType[*FunctionError](err)
	if !ok || failed.Type != kind || !strings.Contains(failed.Message, message) {
		r.t.Fatalf("failed with %v, want %s: %s", err, kind, message)
	}
	var payload map[string]any
	if json.Unmarshal(failed.Payload, &payload) != nil || payload["errorType"] != kind {
		r.t.Errorf("payload %s", failed.Payload)
	}
	if a, report := r.must("echo", 0); fresh != (a.Served == 1) || fresh != (report.Init > 0) {
		r.t.Errorf("afterwards the process has served %d, and started for %v", a.Served, report.Init)
	}
}

func TestInvocationsShareAnEnvironment(t *testing.T) {
	r := newRig(t, Options{Timeout: 30 * time.Second, Region: "eu-central-1", Account: "123456789012"})
	for i := 1; i <= 3; i++ {
		a, report := r.must("echo", 0)
		if a.Served != i || a.ID != report.RequestID || a.ARN != "arn:aws:lambda:eu-central-1:123456789012:function:streamgauge-consume" {
			t.Errorf("invocation %d: %+v, %+v", i, a, report)
		}
		if a.LeftMS > 30_000 || a.LeftMS < 20_000 || (report.Init > 0) != (i == 1) || report.MaxMemoryMB < 2 || report.Duration <= 0 {
			t.Errorf("invocation %d: %+v, %+v", i, a, report)
		}
	}
	line := regexp.MustCompile(`(?m)^REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB(\tInit Duration: \d+\.\d\d ms)?$`)
	if got := line.FindAllString(r.logged(), -1); len(got) != 3 || !strings.Contains(got[0], "Init Duration") || strings.Contains(got[1], "Init") {
		t.Errorf("reports %q of\n%s", got, r.logged())
	}
}

// Between invocations the process is stopped: its threads make no steps.
func TestEnvironmentIsFrozenBetweenInvocations(t *testing.T) {
	r := newRig(t, Options{})
	r.must("sleep", 20)
	state := func() string {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.process.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		return after[:1]
	}
	deadline := time.Now().Add(10 * time.Second)
	for state() != "T" { // the signal has been sent; the kernel stops one thread after the other
		if time.Now().After(deadline) {
			t.Fatalf("the process is in state %s", state())
		}
		runtime.Gosched()
	}
	if a, _ := r.must("echo", 0); a.Served != 2 {
		t.Errorf("after the thaw: %+v", a)
	}
}

func TestFunctionThatFails(t *testing.T) {
	r := newRig(t, Options{Timeout: time.Second})
	r.must("echo", 0)
	for _, c := range []struct {
		do      string
		n       int
		kind    string
		message string
		fresh   bool
	}{
		{"error", 0, "errorString", "it is wrong", false},
		{"panic", 0, "string", "no more", true},
		{"exit", 3, "Runtime.ExitError", "Runtime exited with error: exit status 3", true},
		{"exit", 0, "Runtime.ExitError", "exit status 0", true},
		{"sleep", 60_000, "Sandbox.Timedout", "Task timed out after 1.00 seconds", true},
		{"big", MaxResponse, "Function.ResponseSizeTooLarge", "maximum allowed payload size (6291556 bytes)", true}, // the library gives up at the refusal
	} {
		t.Run(c.do, func(t *testing.T) {
			res, err := r.do(c.do, c.n)
			r.wantError(c.kind, c.message, c.fresh, res, err)
		})
	}
	if !strings.Contains(r.logged(), "\tStatus: Sandbox.Timedout") {
		t.Errorf("logged\n%s", r.logged())
	}
	if _, err := r.Invoke(t.Context(), make([]byte, MaxRequest+1)); !errors.Is(err, ErrRequestTooLarge) {
		t.Errorf("too large a request: %v", err)
	}
	if res, err := r.do("big", MaxResponse-2); err != nil || len(res.Payload) != MaxResponse {
		t.Errorf("the largest response: %d bytes, %v", len(res.Payload), err)
	}
}

func TestMemoryLimit(t *testing.T) {
	r := newRig(t, Options{MemoryMB: 256})
	_, small := r.must("alloc", 80)
	if small.MaxMemoryMB < 80 || small.MaxMemoryMB > 256 {
		t.Errorf("with 80 MiB in use: %+v", small)
	}
	res, err := r.do("alloc", 240)
	r.wantError("Runtime.ExitError", "exit status 2", true, res, err)
}

func TestStartThatFails(t *testing.T) {
	for handler, want := range map[string]string{"exits": "Runtime.ExitError", "fails": "NoConfig"} {
		t.Run(handler, func(t *testing.T) {
			r := newRig(t, Options{Handler: handler})
			for range 2 {
				_, err := r.do("echo", 0)
				if failed, ok := errors.AsType[*FunctionError](err); !ok || failed.Type != want {
					t.Errorf("failed with %v, want %s", err, want)
				}
			}
		})
	}
}

// What the environment does when its caller gives up.
func TestContextEndsInvocationAndStart(t *testing.T) {
	for handler, event := range map[string]string{"consume": `{"do":"sleep","n":60000}`, "hangs": `{}`} {
		r := newRig(t, Options{Handler: handler})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if _, err := r.Invoke(ctx, []byte(event)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", handler, err)
		}
		cancel()
	}
}

func TestTemporaryFolder(t *testing.T) {
	for _, sandboxed := range []bool{true, false} {
		t.Run(fmt.Sprint("sandboxed=", sandboxed), func(t *testing.T) {
			r := newRig(t, Options{MemoryMB: 1024})
			if sandboxed && !r.Sandboxed() {
				t.Skip("the kernel lets nobody have a /tmp of his own here")
			}
			r.sandboxed, r.scratch = sandboxed, 8 // what 512 are for Lambda's
			look := func(n int) (dir string, entries int, err error) {
				res, err := r.do("tmp", n)
				var a struct {
					Dir     string
					Entries int
				}
				_ = json.Unmarshal(res.Payload, &a)
				return a.Dir, a.Entries, err
			}
			dir, entries, err := look(1)
			if err != nil || entries != 0 || (dir == "/tmp") != sandboxed {
				t.Errorf("at first: %s has %d entries, %v", dir, entries, err)
			}
			if _, entries, err = look(1); err != nil || entries != 1 {
				t.Errorf("then: %d entries, %v", entries, err)
			}
			if _, _, err = look(9); err == nil {
				t.Error("9 MiB were written")
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); !sandboxed && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left behind: %v", dir, err)
			}
		})
	}
}

func TestEnvironmentVariables(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SHELL", "x")
	r := newRig(t, Options{Env: []string{"TABLE=clicks", "_HANDLER=mine", "TZ=Europe/Berlin"}, Region: "eu-central-1", MemoryMB: 512})
	res, err := r.do("env", 0)
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	if err := json.Unmarshal(res.Payload, &env); err != nil {
		t.Fatal(err)
	}
	all := "\n" + strings.Join(env, "\n") + "\n"
	for _, want := range []string{
		"TABLE=clicks", "_HANDLER=consume", "TZ=Europe/Berlin", "AWS_LAMBDA_FUNCTION_NAME=streamgauge-consume", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_REGION=eu-central-1", "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/streamgauge-consume",
		"AWS_ACCESS_KEY_ID=local", "LAMBDA_TASK_ROOT=" + filepath.Dir(bootstrap),
	} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("%s is missing in\n%s", want, all)
		}
	}
	if strings.Contains(all, "SECRET_OF_THE_SHELL") || !strings.Contains(all, "\n_X_AMZN_TRACE_ID=Root=1-") {
		t.Errorf("environment\n%s", all)
	}
}

func TestOutputOfTheFunctionIsLogged(t *testing.T) {
	r := newRig(t, Options{})
	r.must("print", 0)
	if err := r.Close(); err != nil { // its last words are read when it has ended
		t.Fatal(err)
	}
	if !strings.Contains(r.logged(), "hello from the function\n") {
		t.Errorf("logged\n%s", r.logged())
	}
	if _, err := r.do("echo", 0); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A process that somebody else kills between two invocations, frozen as it is, is replaced.
func TestProcessThatIsKilledIsReplaced(t *testing.T) {
	r := newRig(t, Options{})
	r.must("echo", 0)
	if err := syscall.Kill(r.process.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-r.process.exited
	if a, report := r.must("echo", 0); a.Served != 1 || report.Init == 0 {
		t.Errorf("after the kill: %+v, %+v", a, report)
	}
}

func TestPoolHasOneEnvironmentForEachName(t *testing.T) {
	p, err := NewPool(Options{Bootstrap: bootstrap, Handler: "consume"})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, name := range []string{"shard 0", "shard 1"} {
		all.Go(func() {
			for i := 1; i <= 3; i++ {
				res, err := p.Invoke(t.Context(), name, []byte(`{"do":"echo"}`))
				var a answer
				if err != nil || json.Unmarshal(res.Payload, &a) != nil || a.Served != i {
					t.Errorf("%s, invocation %d: %s, %v", name, i, res.Payload, err)
				}
			}
		})
	}
	all.Wait()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Invoke(t.Context(), "shard 0", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := New(Options{Bootstrap: t.TempDir(), MemoryMB: 64, Timeout: time.Hour})
	for _, want := range []string{"is no executable file", "Handler is missing", "MemoryMB 64 is not in 128..10240", "Timeout 1h0m0s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
}

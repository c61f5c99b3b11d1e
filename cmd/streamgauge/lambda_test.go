package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/e2e/npm"
)

// bootstrap builds cmd/lambda, of what other tests have built.
func bootstrap(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("execution environments need Linux")
	}
	path := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path, bootstrapPackage)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// The consumer as Lambda runs it: the real binary, killed again and again in the middle of its invocations. Every event is counted once.
func TestUpWithLambda(t *testing.T) {
	url := npm.Start(t, "dynalite")
	var log bytes.Buffer
	n, err := openNode(t.Context(), &UpCmd{
		Listen: "127.0.0.1:0", Kinesis: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), Shards: 2,
		Lambda: true, Bootstrap: bootstrap(t), DynamoDB: endpointURL(url),
	}, nil, zerolog.New(zerolog.SyncWriter(&log)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.run(ctx) }()
	const batches, each = 30, 20
	for b := range batches {
		var events []string
		for i := range each {
			events = append(events, fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/%d","id":"id-%d-%d","visitor":"v%[3]d"}`, b%7, b, i))
		}
		post(t, n, "["+strings.Join(events, ",")+"]")
		if b%5 == 4 {
			killBootstraps(t)
		}
	}
	post(t, n, `[{"site":"shop","name":7},{"site":"shop","name":"pageview","id":"id-0-0","visitor":"v0"}]`)
	wantBooks(t, n, ledger{Received: batches*each + 1, Counted: batches * each})
	if out, code := command(t, n, "audit", "--site", "shop"); code != exitOK {
		t.Errorf("audit: %s", out)
	}
	families := scrape(t, n)
	wantTable(t, families, meters.Everywhere, meters.OnDynamoDB)
	if got := value(families, meters.Ledger, "counted"); got != batches*each {
		t.Errorf("%v events are counted to Prometheus", got)
	}
	if v := pipelineView(t, n); len(v.Missing) > 0 || v.Delay.Count == 0 || v.Shards[0].Batches == 0 || v.Ledger.Counted != batches*each {
		t.Errorf("%+v", v)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	if pids := bootstraps(t); len(pids) > 0 {
		t.Errorf("left behind: %v", pids)
	}
	if !strings.Contains(log.String(), "REPORT RequestId: ") {
		t.Errorf("no report in the log:\n%s", log.String())
	}
}

// bootstraps are the processes that this one has started and that run a bootstrap.
func bootstraps(t *testing.T) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has ended has none
		for _, field := range strings.Fields(string(text)) {
			if exe, err := os.Readlink("/proc/" + field + "/exe"); err == nil && filepath.Base(exe) == "bootstrap" {
				pid, _ := strconv.Atoi(field)
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func killBootstraps(t *testing.T) {
	t.Helper()
	for _, pid := range bootstraps(t) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Error(err)
		}
	}
}

func TestInvoke(t *testing.T) {
	path := bootstrap(t)
	event := filepath.Join(t.TempDir(), "event.json")
	health := `{"version":"2.0","rawPath":"/healthz","headers":{"host":"x"},"requestContext":{"http":{"method":"GET","path":"/healthz","sourceIp":"192.0.2.1"}}}`
	if err := os.WriteFile(event, []byte(health), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := []string{"-e", "STREAMGAUGE_TABLE=t", "-e", "STREAMGAUGE_SALTS=s", "-e", "STREAMGAUGE_STREAM=c", "-e", "STREAMGAUGE_SECRETS=x", "--bootstrap", path}
	invoke := func(args ...string) (stdout, stderr string, code int) {
		var out, errs bytes.Buffer
		code = run(t.Context(), append([]string{"invoke"}, args...), strings.NewReader(health), &out, &errs)
		return out.String(), errs.String(), code
	}
	for _, from := range []string{event, "-"} {
		out, errs, code := invoke(append(settings, "collect", "--event", from)...)
		if code != exitOK || !strings.Contains(out, `"statusCode":200`) || !strings.Contains(errs, "REPORT RequestId: ") || !strings.Contains(errs, "Memory Size: 256 MB") {
			t.Errorf("exit code %d\n%s\n%s", code, out, errs)
		}
	}
	if out, errs, code := invoke("collect", "--event", event, "--bootstrap", path); code != exitFailed || !strings.Contains(out, `"errorType":"Runtime.ExitError"`) ||
		!strings.Contains(errs, "STREAMGAUGE_TABLE is not set") {
		t.Errorf("without settings: exit code %d\n%s\n%s", code, out, errs)
	}
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"fly", "--event", event}, `must be one of "collect","authorize"`, exitUsage},
		{[]string{"collect"}, "--event", exitUsage},
		{[]string{"collect", "--event", event, "--env", "X"}, `"X" is not NAME=VALUE`, exitUsage},
		{[]string{"collect", "--event", event + "x", "--bootstrap", path}, "read the event", exitFailed},
		{[]string{"collect", "--event", event, "--bootstrap", event}, "is no executable file", exitFailed},
		{[]string{"collect", "--event", event, "--bootstrap", path, "--memory", "64"}, "MemoryMB 64 is not in 128..10240", exitFailed},
	} {
		if _, errs, code := invoke(c.args...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s", c.args, code, errs)
		}
	}
}

func TestUpFlagsOfLambda(t *testing.T) {
	for args, want := range map[string]string{
		"--lambda":                                "--lambda needs --dynamodb",
		"--dynamodb http://127.0.0.1:1":           "--dynamodb goes with --lambda",
		"--bootstrap x":                           "--bootstrap goes with --lambda",
		"--lambda --dynamodb somewhere":           "is not the address of a server",
		"--lambda --dynamodb http://127.0.0.1:1/": "DynamoDB at http://127.0.0.1:1",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var out, errs bytes.Buffer
		line := append([]string{"up", "--listen", "127.0.0.1:0", "--kinesis", "127.0.0.1:0", "--data", t.TempDir()}, strings.Fields(args)...)
		if code := run(ctx, line, strings.NewReader(""), &out, &errs); code == exitOK || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d, %s", args, code, errs.String())
		}
		cancel()
	}
}

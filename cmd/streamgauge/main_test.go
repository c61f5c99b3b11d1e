package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/streamgauge/streamgauge/aggregate"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"streamgauge": main, "unprivileged": unprivileged})
}

type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goleak:", err)
		return 1
	}
	return code
}

// TestScripts runs testdata/script: what a user could type, each script against a door of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			d := newDoor(1, faults{})
			server := httptest.NewServer(d)
			e.Defer(server.Close)
			e.Setenv("STREAMGAUGE_SERVER", server.URL)
			e.Values["door"], e.Values["node"] = d, new(*node)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"door":     controlDoor,
			"node":     scriptNode,
			"counted":  scriptCounted,
			"poison":   scriptPoison,
			"letters":  scriptLetters,
			"hook":     scriptHook,
			"received": received,
			"exits":    exits,
		},
		RequireUniqueNames: true,
	})
}

// scriptNode is "node": from here on the server is everything, in this process, and not the door, which takes events and answers nothing but what the real one never has to.
func scriptNode(ts *testscript.TestScript, _ bool, _ []string) {
	n, stop, err := runNode(context.Background(), ts.MkAbs("node"), 1, nil)
	ts.Check(err)
	ts.Defer(func() { ts.Check(stop()) })
	ts.Setenv("STREAMGAUGE_SERVER", n.httpURL())
	*ts.Value("node").(**node) = n
}

// scriptLetters is "letters": $KEY0, $KEY1… are the keys of what is in quarantine, in the order of the stream.
func scriptLetters(ts *testscript.TestScript, _ bool, _ []string) {
	n := *ts.Value("node").(**node)
	list, _, err := aggregate.NewQuarantine(n.store, time.Now).List(context.Background(), "", "", 100)
	ts.Check(err)
	slices.SortFunc(list, func(a, b aggregate.QuarantinedCopy) int { return cmp.Compare(a.SequenceNumber, b.SequenceNumber) })
	for i, c := range list {
		ts.Setenv(fmt.Sprint("KEY", i), c.Key())
	}
}

// scriptCounted is "counted N": it waits until the node has taken N copies from the stream.
func scriptCounted(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	var at serverURL
	ts.Check(at.UnmarshalText([]byte(ts.Getenv("STREAMGAUGE_SERVER"))))
	cl, l := Remote{Server: at}.client(), ledger{}
	defer cl.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for l.Received != want {
		ts.Check(cl.call(ctx, http.MethodGet, "/api/v1/ledger", nil, nil, &l))
		if sleep(ctx, 10*time.Millisecond) != nil {
			ts.Fatalf("the node has received %d, want %d", l.Received, want)
		}
	}
}

// scriptPoison is "poison TEXT": the text is written onto the node's stream.
func scriptPoison(ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[0], `"`, `\"`) + `"`)
	ts.Check(err)
	n := *ts.Value("node").(**node)
	_, err = n.broker.Client().PutRecord(context.Background(), &kinesis.PutRecordInput{
		StreamName: aws.String(streamName), PartitionKey: aws.String("demo/0123456789abcdef"), Data: []byte(text),
	})
	ts.Check(err)
}

// scriptHook is "hook": $HOOK is a webhook that takes what is sent, but for $HOOK/broken.
func scriptHook(ts *testscript.TestScript, _ bool, _ []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("HOOK", server.URL)
}

// exits is "exits CODE command args…": the command must end with that code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	var end *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); !errors.As(err, &end) || strconv.Itoa(end.ExitCode()) != args[0] {
		ts.Fatalf("%s ended with %v, not with exit code %s", args[1], err, args[0])
	}
}

// controlDoor is "door faulty", "door unready" or "door loses".
func controlDoor(ts *testscript.TestScript, _ bool, args []string) {
	d := ts.Value("door").(*door)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch args[0] {
	case "faulty":
		d.faults = faults{dropBefore: .2, dropAfter: .2, cut: .2, retry: .1, unready: .1}
	case "unready":
		d.faults = faults{unready: 1}
	case "loses":
		d.lost = 1
	default:
		ts.Fatalf("door %s?", args[0])
	}
}

// received is "received N": the door has acknowledged N different events; with "copies N" instead, it has N copies. It waits
// for a command in the background, and then sees that the door has nothing to complain of.
func received(ts *testscript.TestScript, _ bool, args []string) {
	d := ts.Value("door").(*door)
	want, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	have := func() int { return len(d.acked) }
	if args[0] == "copies" {
		have = func() int { return d.copies }
	}
	if n := d.wait(20*time.Second, have, want); n != want {
		ts.Fatalf("the door has %d, want %d", n, want)
	}
	ts.Check(d.problem())
}

// unprivileged runs its arguments as root is not allowed to: without the capabilities that open every file.
func unprivileged() {
	runtime.LockOSThread()
	for _, c := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
		// It fails where there is nothing to drop: for a user who is not root.
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
	}
	path, err := os.Executable()
	if err == nil {
		err = unix.Exec(path[:len(path)-len("unprivileged")]+os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "unprivileged:", err)
	os.Exit(1)
}

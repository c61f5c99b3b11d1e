package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// childEnv is set in the processes of tests that leave a dead database behind.
const childEnv = "EMBEDDED_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

// inChild runs the test again in a process of its own and answers true there: a failed store keeps goroutines for ever, and a mistake
// would end the process.
func inChild(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childEnv) != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, Options{Dir: t.TempDir()}) })
}

// Tables of a few KiB, so that the suite's data passes through flushes and compactions.
func TestConformanceTinyMemTables(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, tiny(vfs.NewMem())) })
}

// tiny is a store on another disk, that writes tables often.
func tiny(fs vfs.FS) Options {
	return Options{Dir: "store", MemTableBytes: 64 << 10, CacheBytes: 64 << 10, FreeSpace: plenty, fs: fs}
}

func plenty(string) (uint64, error) { return 1 << 40, nil }

// open opens a store that the end of the test closes.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func logKey(name string) store.LogKey { return store.LogKey{Partition: "p", Log: name} }

func nonce(n int) (nonce store.Nonce) {
	binary.BigEndian.PutUint64(nonce[:], uint64(n)+1)
	return nonce
}

// delta is the one that appendNext writes under number n.
func delta(n uint32) store.Delta {
	body := make([]byte, 8<<10)
	for i := range body {
		body[i] = byte(i*int(n)) ^ byte(i>>8)
	}
	return store.Delta{Head: fmt.Append(nil, "head ", n), Body: body}
}

func appendDelta(ctx context.Context, s *Store, log string, n uint32) error {
	answer, err := s.Append(ctx, logKey(log), n, delta(n), nonce(int(n)))
	if err == nil && answer != store.Won {
		err = fmt.Errorf("append %s %d: %v, want Won", log, n, answer)
	}
	return err
}

// checkDeltas reads a log and fails the test unless it holds what appendDelta wrote under all numbers from 1 to n, and perhaps n+1.
func checkDeltas(t *testing.T, s *Store, log string, n uint32) {
	t.Helper()
	entries, err := s.Read(t.Context(), logKey(log), 0, store.Bodies)
	if err != nil {
		t.Fatal(err)
	}
	if got := uint32(len(entries)); got != n && got != n+1 {
		t.Fatalf("log %s has %d deltas, of which %d were answered", log, got, n)
	}
	for i, e := range entries {
		want := delta(uint32(i + 1))
		if e.N != uint32(i+1) || e.Nonce != nonce(i+1) || string(e.Head) != string(want.Head) || string(e.Body) != string(want.Body) {
			t.Fatalf("delta %d of log %s is not what was written: number %d, head %q", i+1, log, e.N, e.Head)
		}
	}
}

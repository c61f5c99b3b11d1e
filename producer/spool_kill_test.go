package producer

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// childFolder names the folder in which this program is to be a service that puts items until it is killed.
const childFolder = "STREAMGAUGE_TEST_SPOOL_CHILD"

// fileStream is a stream that outlives the process: a file of lines. It refuses much, and is slow.
type fileStream struct {
	f   *os.File
	rnd *rand.Rand // nil: it takes everything
}

func (s fileStream) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	out := &kinesis.PutRecordsOutput{}
	var lines bytes.Buffer
	for _, r := range in.Records {
		if s.rnd != nil && s.rnd.IntN(2) == 0 {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("not now")})
			continue
		}
		lines.Write(r.Data)
		lines.WriteByte('\n')
		out.Records = append(out.Records, types.PutRecordsResultEntry{ShardId: aws.String("s"), SequenceNumber: aws.String("1")})
	}
	_, err := s.f.Write(lines.Bytes())
	return out, err
}

// putUntilKilled puts items and says of each when it is taken; or, if the folder says so, delivers what an earlier one left.
func putUntilKilled(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "stream"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	s := fileStream{f: f, rnd: rand.New(rand.NewPCG(rand.Uint64(), 0))}
	_, last := os.Stat(filepath.Join(dir, "last"))
	if last == nil {
		s.rnd = nil
	}
	p, err := New(s, "clicks", Options{
		SpoolDir: filepath.Join(dir, "spool"), Buffer: 4 << 20, Concurrency: 1, RetryFor: time.Hour, MaxAttempts: 1000, BackoffBase: time.Millisecond, BackoffCap: 5 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	for i := 0; last != nil; i++ {
		it := Item{PartitionKey: fmt.Sprint(i % 5), Data: fmt.Appendf(nil, "%d %d %d", i%5, os.Getpid(), i)}
		if err := p.PutAsync(context.Background(), it, func(Result) {}); err != nil {
			return err
		}
		fmt.Printf("%s\n", it.Data)
	}
	return p.Close(context.Background())
}

// A service is killed again and again while it puts items on a stream that refuses much. In the end everything that it had taken is on
// the stream, in the order of each key.
func TestSpoolSurvivesKills(t *testing.T) {
	kills := 6
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		kills = 100
	}
	dir := t.TempDir()
	var taken []string
	for range kills {
		taken = append(taken, runAndKill(t, dir)...)
	}
	if err := os.WriteFile(filepath.Join(dir, "last"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := child(t, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	stream, err := os.ReadFile(filepath.Join(dir, "stream"))
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	copies := 0
	for line := range strings.Lines(string(stream)) {
		line = strings.TrimSuffix(line, "\n")
		if copies++; place[line] == 0 {
			place[line] = copies
		}
	}
	last := map[string]int{}
	for _, item := range taken {
		key, _, _ := strings.Cut(item, " ")
		if place[item] == 0 {
			t.Fatalf("%q was taken, and is not on the stream", item)
		}
		if place[item] < last[key] {
			t.Errorf("%q is on the stream before what was put before it", item)
		}
		last[key] = place[item]
	}
	t.Logf("%d items taken, %d on the stream, %d copies", len(taken), len(place), copies)
}

func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	return cmd
}

// runAndKill kills a child after it took some hundred items, and returns them.
func runAndKill(t *testing.T, dir string) (taken []string) {
	t.Helper()
	cmd := child(t, dir)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	enough := 1 + rand.IntN(300)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if taken = append(taken, lines.Text()); len(taken) == enough {
			_ = cmd.Process.Kill() // and read on: what it said before it died counts
		}
	}
	_ = cmd.Wait()
	if len(taken) < enough {
		t.Fatalf("the service ended by itself: %s", problems.String())
	}
	return taken
}

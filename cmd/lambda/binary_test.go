package main

import (
	"archive/zip"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/e2e/proc"
)

// compile builds a command as make package does, but for this machine and with what the build cache has.
func compile(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// What belongs to one machine is not in the function's binary, nor what would make its start slow for nothing.
func TestDependencies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	for _, never := range []string{
		"github.com/cockroachdb/pebble", "github.com/streamgauge/streamgauge/stream", "github.com/streamgauge/streamgauge/store/embedded",
		"github.com/streamgauge/streamgauge/consumer/mapping", "github.com/alecthomas/kong", "github.com/aws/aws-sdk-go-v2/config", "github.com/prometheus", "net/rpc", "testing",
	} {
		if i := slices.IndexFunc(all, func(p string) bool { return p == never || strings.HasPrefix(p, never+"/") }); i >= 0 {
			t.Errorf("%s is linked in", all[i])
		}
	}
	if len(all) < 100 {
		t.Errorf("%d packages", len(all))
	}
}

// maxZip is the size that a deployment may have, in bytes.
const maxZip = 8 << 20

func TestSizeOfTheZip(t *testing.T) {
	f, err := os.Open(compile(t, "."))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var size counter
	z := zip.NewWriter(&size)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, f); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Attr("lambda_zip", fmt.Sprintf("%.1f MB", float64(size)/1e6))
	if size > maxZip {
		t.Errorf("%d bytes", size)
	}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// BenchmarkStart measures, in turn, from the start of a process to its answer to the first event: a minimal function with the same clients, as anybody would deploy it, and the bootstrap
// as collect with the environment of the template, which makes its whole server for a request that needs no other service. What it reports are medians.
func BenchmarkStart(b *testing.B) {
	ours, minimal := compile(b, "."), compile(b, "./testdata/minimal")
	c := newCloud(b)
	health, err := json.Marshal(request("GET", "/healthz", "", "", ""))
	if err != nil {
		b.Fatal(err)
	}
	var took, used [2][]time.Duration
	for b.Loop() {
		for i, path := range []string{minimal, ours} {
			f := newFunction(b, "collect", c.env()...)
			if f.path = path; path == ours {
				f.env = append(f.env, fmt.Sprint("GOGC=", gcPercent))
			}
			began := time.Now()
			if _, err := f.invoke(b.Context(), health); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
			f.kill()
			f.api.Close()
			used[i] = append(used[i], f.used)
		}
	}
	for unit, all := range map[string][2][]time.Duration{"": took, "CPU-": used} {
		minimal, ours := median(all[0]), median(all[1])
		b.ReportMetric(minimal.Seconds()*1000, "minimal-"+unit+"ms")
		b.ReportMetric(ours.Seconds()*1000, "bootstrap-"+unit+"ms")
		b.ReportMetric(ours.Seconds()/minimal.Seconds(), unit+"ratio")
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkInvoke sends batches of records to consume, each record one event of about 423 bytes, through the Runtime API, with the table in dynalite.
func BenchmarkInvoke(b *testing.B) {
	path := compile(b, ".")
	for _, records := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			c := newCloud(b)
			f := newFunction(b, "consume", c.env()...)
			f.path = path
			n := 0
			must[verdict](b, f, bulk(records, &n))
			used := spend(b, f, func() any { return bulk(records, &n) }, func(map[string]any) {})
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*records), "µs/record")
			b.ReportMetric(float64(used.Microseconds())/float64(b.N*records), "CPU-µs/record")
		})
	}
}

// bulk is a batch of records of one event each.
func bulk(records int, n *int) (e events.KinesisEvent) {
	now := time.Now()
	for range records {
		*n++
		data := fmt.Sprintf(`{"site":"shop","name":"pageview","id":"0190c5a0-1d6e-7a4b-9c1f-%012x","ts":%d,"visitor":"visitor-%d","url":"https://shop.example/articles/%d?utm_source=newsletter",`+
			`"referrer":"https://search.example/results?q=tea","title":"An article about tea","screen":"1920x1080","lang":"de-AT","received_at":%d,`+
			`"ua":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"}`,
			*n, now.UnixMilli(), *n%2000, *n%300, now.UnixMilli())
		e.Records = append(e.Records, events.KinesisEventRecord{
			EventID: fmt.Sprintf("shardId-000000000000:%056d", *n), EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
			EventSource: "aws:kinesis", EventName: "aws:kinesis:record", EventVersion: "1.0", AwsRegion: "us-east-1",
			InvokeIdentityArn: "arn:aws:iam::000000000000:role/streamgauge-prod-consume",
			Kinesis: events.KinesisRecord{
				Data: []byte(data), PartitionKey: "shop/0123456789abcdef", SequenceNumber: fmt.Sprintf("%056d", *n), KinesisSchemaVersion: "1.0",
				ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: now},
			},
		})
	}
	return e
}

// BenchmarkDoor sends requests of 20 events of one visitor to collect, and requests with a token to authorize, through the Runtime API.
func BenchmarkDoor(b *testing.B) {
	path := compile(b, ".")
	c := newCloud(b)
	b.Run("collect", func(b *testing.B) {
		key := "key=" + c.ssm.secrets(b).SiteKey("shop")
		n, visitors := 0, regexp.MustCompile(`"visitor-\d+"`)
		spendDoor(b, path, c, "collect", func() any {
			var lines strings.Builder
			for _, r := range bulk(20, &n).Records {
				lines.Write(visitors.ReplaceAll(r.Kinesis.Data, fmt.Appendf(nil, `"visitor-%d"`, n/20)))
				lines.WriteByte('\n')
			}
			r := request("POST", "/v1/events", key, "", lines.String())
			r.Headers["content-type"] = "application/x-ndjson"
			return r
		})
	})
	b.Run("authorize", func(b *testing.B) {
		token := c.ssm.secrets(b).Sign("shop", time.Now().Add(time.Hour))
		spendDoor(b, path, c, "authorize", func() any {
			return events.APIGatewayV2CustomAuthorizerV2Request{Headers: map[string]string{"authorization": "Bearer " + token}}
		})
	})
}

// spendDoor invokes a warm function of the door with what next makes, and reports the time and the CPU time of an invocation.
func spendDoor(b *testing.B, path string, c *cloud, role string, next func() any) {
	f := newFunction(b, role, c.env()...)
	f.path = path
	for range 20 {
		must[map[string]any](b, f, next())
	}
	used := spend(b, f, next, func(out map[string]any) {
		if status, is := out["statusCode"].(float64); is && status != 202 {
			b.Fatal(out)
		}
	})
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "CPU-µs/op")
}

// spend invokes a function with what next makes, shows check its answers, and returns the CPU time that its process has used.
func spend(b *testing.B, f *function, next func() any, check func(map[string]any)) time.Duration {
	b.Helper()
	before, err := proc.CPU(f.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		event, err := json.Marshal(next())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		check(must[map[string]any](b, f, event))
	}
	after, err := proc.CPU(f.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	return after - before
}

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// kinesisCommand is "streamgauge kinesis" with further arguments.
func kinesisCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(buildBinary(t), append([]string{"kinesis"}, args...)...)
}

// startKinesis starts "streamgauge kinesis" and waits until it is ready.
func startKinesis(t *testing.T, args ...string) *server {
	t.Helper()
	s := launch(t, kinesisCommand(t, args...))
	s.awaitReady(t)
	return s
}

// kinesisClient is the SDK without retries, so that a test sees each failure.
func kinesisClient(url string) *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider("any", "thing", ""),
		Retryer:      aws.NopRetryer{},
	})
}

// TestKinesisAlone is what a user does with the stream alone.
func TestKinesisAlone(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "folder")
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--stream", "clicks:2", "--stream", "orders", "--enforce-limits"}
	s := startKinesis(t, args...)
	c := kinesisClient(s.Kinesis)
	_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("k"), Data: []byte("kept")})
	if err != nil {
		t.Fatal(err)
	}
	var throttled *types.ProvisionedThroughputExceededException
	for err = nil; err == nil; {
		_, err = c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: make([]byte, 500_000)})
	}
	if !errors.As(err, &throttled) {
		t.Errorf("limits are not enforced: %v", err)
	}

	up(t, kinesisCommand(t, "--listen", "127.0.0.1:0", "--data", data)).saysInOneLine(t, 1, `another streamgauge runs on it`)
	up(t, kinesisCommand(t, "verify", data)).saysInOneLine(t, 1, `another streamgauge runs on it`)
	up(t, kinesisCommand(t, "repair", data, "--yes")).saysInOneLine(t, 1, `another streamgauge runs on it`)
	address := strings.TrimPrefix(s.Kinesis, "http://")
	up(t, kinesisCommand(t, "--listen", address, "--data", t.TempDir())).saysInOneLine(t, 1, `listen for Kinesis: .*address already in use`)
	s.stop(t)

	s = startKinesis(t, append(args[:4:4], "--stream", "clicks:5")...)
	if !strings.Contains(s.log.all(), `"shards":2`) {
		t.Errorf("nothing is said of a stream with another number of shards:\n%s", s.log.all())
	}
	list, err := kinesisClient(s.Kinesis).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	if err != nil || strings.Join(list.StreamNames, " ") != "clicks orders" {
		t.Errorf("%v: %v", list, err)
	}
	s.stop(t)
	if out, err := kinesisCommand(t, "verify", data).Output(); err != nil || !strings.HasPrefix(string(out), "2 streams, 3 shards, ") {
		t.Errorf("verify: %s, %v", out, err)
	}
}

// TestKinesisForOthers: on an address that others reach, requests must be signed with the right key, and TLS is spoken.
func TestKinesisForOthers(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startKinesis(t, "--listen", "0.0.0.0:0", "--data", data, "--stream", "s", "--access-key", "AKID", "--secret-key", "secret", "--tls")
	trusted := x509.NewCertPool()
	if pem, err := os.ReadFile(filepath.Join(data, "tls.crt")); err != nil || !trusted.AppendCertsFromPEM(pem) {
		t.Fatalf("the certificate: %v", err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for secret, want := range map[string]string{"secret": "", "guessed": "InvalidSignatureException"} {
		c := kinesisClient("https://localhost:" + s.Kinesis[strings.LastIndex(s.Kinesis, ":")+1:])
		_, err := c.ListStreams(t.Context(), &kinesis.ListStreamsInput{}, func(o *kinesis.Options) {
			o.HTTPClient = &http.Client{Transport: transport}
			o.Credentials = credentials.NewStaticCredentialsProvider("AKID", secret, "")
		})
		var api smithy.APIError
		if errors.As(err, &api) && api.ErrorCode() != want || (err == nil) != (want == "") {
			t.Errorf("with %q: %v, want %q", secret, err, want)
		}
	}
	s.stop(t)
}

func TestKinesisRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ args, says string }{
		"every address":      {"--listen 0.0.0.0:0", `--listen 0.0.0.0:0 can be reached from other machines, so it needs --access-key and --secret-key`},
		"no address":         {"--listen :4567", `can be reached from other machines`},
		"a name":             {"--listen kinesis.example:4567", `can be reached from other machines`},
		"half a credential":  {"--access-key a", `--access-key and --secret-key belong together`},
		"half a certificate": {"--tls-cert " + os.DevNull, `--tls-cert and --tls-key belong together`},
		"no shards":          {"--stream s:0", `--stream: "s:0" is not a stream, such as clicks:4`},
		"no name":            {"--stream :1", `--stream: ":1" is not a stream`},
		"no port":            {"--listen 127.0.0.1", `--listen: "127.0.0.1" is not HOST:PORT`},
		"no account":         {"--account me", `--account: "me" is not an account`},
		"no folder":          {"verify", `expected "<dir>"`},
		"a flag":             {"--fast", `unknown flag --fast`},
	} {
		t.Run(name, func(t *testing.T) {
			up(t, kinesisCommand(t, strings.Fields(c.args)...)).saysInOneLine(t, 2, c.says)
		})
	}
	up(t, kinesisCommand(t, "verify", t.TempDir())).saysInOneLine(t, 1, `is no data folder of a stream`)
}

// TestKinesisRepair damages a file, and does what the commands say.
func TestKinesisRepair(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startKinesis(t, "--listen", "127.0.0.1:0", "--data", data, "--stream", "clicks")
	c := kinesisClient(s.Kinesis)
	for _, text := range []string{"first", "second", "third"} {
		_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("k"), Data: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.stop(t)
	files, err := filepath.Glob(filepath.Join(data, "streams", "*", "*", "*.seg"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q: %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	content[strings.Index(string(content), "second")] ^= 1
	if err := os.WriteFile(files[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	up(t, kinesisCommand(t, "--listen", "127.0.0.1:0", "--data", data)).saysInOneLine(t, 1, `0000000000000001.seg is corrupt at offset 80: .*streamgauge kinesis verify`)

	says := func(code int, stdin string, args []string, want ...string) {
		t.Helper()
		cmd := kinesisCommand(t, args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%q: exit code %d, want %d", args, got, code)
		}
		for _, w := range want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%q says\n%s, not %q", args, out, w)
			}
		}
	}
	lost := []string{files[0] + " is damaged at offset 80: bad frame", "1 record, from number 2 on, of shardId-000000000000 of stream clicks, since 20"}
	says(1, "", []string{"verify", data}, append(lost, "1 damaged place, 1 record lost; \"streamgauge kinesis repair")...)
	says(1, "n\n", []string{"repair", data}, append(lost, "Give this up? [y/N]", "nothing was changed")...)
	says(1, "", []string{"verify", data}, lost...)
	says(0, "y\n", []string{"repair", data}, append(lost, "repaired: 1 damaged place, 1 record lost")...)
	says(0, "", []string{"repair", data}, "earlier repairs gave up 1 record")
	says(0, "", []string{"verify", data}, "2 records")
	s = startKinesis(t, "--listen", "127.0.0.1:0", "--data", data)
	if got := strings.Join(readShard(t, kinesisClient(s.Kinesis), "clicks", "shardId-000000000000").texts(), " "); got != "first third" {
		t.Errorf("%q", got)
	}
	s.stop(t)
}

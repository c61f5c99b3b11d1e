package stream_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/streamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ streamtest.API = (*stream.Client)(nil)
	_ streamtest.API = (*kinesis.Client)(nil)
)

func openBroker(t *testing.T, opt stream.Options) *stream.Broker {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = "/data"
	}
	if opt.FS == nil {
		opt.FS = disk.NewFake()
	}
	b, err := stream.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// sdkClient is the real SDK, talking HTTP to the broker. It keeps its retries: on a busy machine it now and then fails to
// read a large answer with "use of closed network connection", from any server, and knows to try again.
func sdkClient(t *testing.T, b *stream.Broker) *kinesis.Client {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return newSDK(server.URL, server.Client())
}

func newSDK(address string, h kinesis.HTTPClient) *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: &address,
		Credentials:  credentials.NewStaticCredentialsProvider("any", "thing", ""),
		HTTPClient:   ownBody{h},
	})
}

// ownBody sends a copy of a request's body. The SDK closes its own when the head of the answer is there, and net/http, if it is just looking for the body's end, takes that
// for a failed request and closes the connection under the answer.
type ownBody struct{ kinesis.HTTPClient }

func (c ownBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	own := r.Clone(r.Context())
	own.Body = io.NopCloser(bytes.NewReader(body))
	return c.HTTPClient.Do(own)
}

func TestConformanceInProcess(t *testing.T) {
	streamtest.Run(t, func(t *testing.T) streamtest.API { return openBroker(t, stream.Options{}).Client() })
}

func TestConformanceSharing(t *testing.T) {
	streamtest.Run(t, func(t *testing.T) streamtest.API { return openBroker(t, stream.Options{}).SharingClient() })
}

func TestConformanceHTTP(t *testing.T) {
	streamtest.Run(t, func(t *testing.T) streamtest.API {
		return sdkClient(t, openBroker(t, stream.Options{Dir: t.TempDir(), FS: disk.OS{}}))
	})
}

package stream_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
)

// TestProtocols puts, reads and subscribes by each way to speak HTTP.
func TestProtocols(t *testing.T) {
	for name, c := range map[string]struct {
		tls   bool
		set   func(*http.Protocols)
		proto string
	}{
		"HTTP/1.1":               {false, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
		"HTTP/2 prior knowledge": {false, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "HTTP/2.0"},
		"HTTP/1.1 with TLS":      {true, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
		"HTTP/2 by ALPN":         {true, func(p *http.Protocols) { p.SetHTTP1(true); p.SetHTTP2(true) }, "HTTP/2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBroker(t, stream.Options{})
			seen := make(chan string, 10)
			address, roots := serve(t, c.tls, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- r.Proto
				b.ServeHTTP(w, r)
			}))
			transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{RootCAs: roots}}
			c.set(transport.Protocols)
			t.Cleanup(transport.CloseIdleConnections)
			client := newSDK(address, &http.Client{Transport: transport})
			arn := registered(t, b.Client())
			if _, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("one")}); err != nil {
				t.Fatal(err)
			}
			out, err := client.SubscribeToShard(t.Context(), subscribeInput(arn, types.ShardIteratorTypeTrimHorizon))
			if err != nil {
				t.Fatal(err)
			}
			if got := nextTexts(t, out.GetStream()); got != "one" {
				t.Errorf("read %q", got)
			}
			if err := out.GetStream().Close(); err != nil {
				t.Error(err)
			}
			if first, second := <-seen, <-seen; first != c.proto || second != c.proto {
				t.Errorf("spoke %s and %s", first, second)
			}
		})
	}
}

// TestShutdown: subscriptions do not hold a server up, and their clients see an end without an error.
func TestShutdown(t *testing.T) {
	b := openBroker(t, stream.Options{})
	arn := registered(t, b.Client())
	server := httptest.NewUnstartedServer(nil)
	server.Config = stream.NewServer(b)
	server.Start()
	defer server.Close()
	resp := subscribeHTTP(t, server, *arn)
	defer resp.Body.Close()
	if err := server.Config.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, resp.Body)
}

// serve serves a handler until the end of the test, and returns its address and the authority to trust.
func serve(t *testing.T, withTLS bool, h http.Handler) (string, *x509.CertPool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := stream.NewServer(h)
	address, roots, run := "http://"+listener.Addr().String(), x509.NewCertPool(), func() error { return server.Serve(listener) }
	if withTLS {
		pair, err := stream.SelfSigned(disk.OS{}, t.TempDir(), time.Now(), "localhost", "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		roots.AddCert(pair.Leaf)
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		address, run = "https://"+listener.Addr().String(), func() error { return server.ServeTLS(listener, "", "") }
	}
	done := make(chan error, 1)
	go func() { done <- run() }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return address, roots
}

// TestSelfSigned: a certificate is kept while it will do, and replaced when it will not.
func TestSelfSigned(t *testing.T) {
	fsys, now := disk.NewFake(), time.Now()
	if err := fsys.Mkdir("/data"); err != nil {
		t.Fatal(err)
	}
	get := func(now time.Time, hosts ...string) *x509.Certificate {
		t.Helper()
		pair, err := stream.SelfSigned(fsys, "/data", now, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(pair.Leaf)
		for _, host := range hosts {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now}); err != nil {
				t.Error(err)
			}
		}
		return pair.Leaf
	}
	first := get(now, "localhost", "127.0.0.1", "::1")
	if again := get(now.Add(24*time.Hour), "localhost"); !again.Equal(first) {
		t.Error("a good certificate was replaced")
	}
	last := first
	for _, c := range []struct {
		name   string
		change func() *x509.Certificate
	}{
		{"another host", func() *x509.Certificate { return get(now, "stream.example") }},
		{"near its end", func() *x509.Certificate { return get(now.Add(800*24*time.Hour), "stream.example") }},
		{"its key is lost", func() *x509.Certificate {
			if err := fsys.Remove("/data/tls.key"); err != nil {
				t.Fatal(err)
			}
			return get(now.Add(800*24*time.Hour), "stream.example")
		}},
	} {
		next := c.change()
		if next.Equal(last) {
			t.Errorf("%s: the certificate was kept", c.name)
		}
		last = next
	}
	if _, err := stream.SelfSigned(fsys, "/data", now); err == nil {
		t.Error("a certificate for nobody")
	}
}

package stream

import (
	"context"
	"net"
	"net/http"
	"time"
)

// NewServer returns a server for a broker, or for a handler around one. It speaks HTTP/1.1; HTTP/2 by prior knowledge
// without TLS, as the AWS SDK for JavaScript does by default; and where it serves TLS, HTTP/2 as the client and it agree
// (ALPN). Serve it as any http.Server.
//
// It does not limit how long a request or an answer takes: a subscription lasts five minutes, and who stops reading ends
// with it. Shutdown ends subscriptions and waits for all other requests.
func NewServer(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	open, drain := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute, // longer than clients keep a connection, so that the close is theirs
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), drainKey{}, open)
		},
	}
	server.RegisterOnShutdown(drain)
	return server
}

// drainKey finds in a request's context the one that ends when its server is to shut down.
type drainKey struct{}

// untilDrained returns a context that ends with its parent, or when the server of the request is to shut down. The caller
// calls stop.
func untilDrained(parent context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	open, ok := parent.Value(drainKey{}).(context.Context)
	if !ok {
		return ctx, cancel
	}
	forget := context.AfterFunc(open, cancel)
	return ctx, func() {
		forget()
		cancel()
	}
}

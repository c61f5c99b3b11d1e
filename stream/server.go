package stream

import (
	"net/http"
	"time"
)

// NewServer returns a server for a broker, or for a handler around one. It speaks HTTP/1.1; HTTP/2 by prior knowledge
// without TLS, as the AWS SDK for JavaScript does by default; and where it serves TLS, HTTP/2 as the client and it agree
// (ALPN). Serve it as any http.Server.
//
// It does not limit how long a request or an answer takes: a subscription lasts five minutes, and who stops reading ends
// with it.
func NewServer(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute, // longer than clients keep a connection, so that the close is theirs
	}
}

package npm

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A client that is killed in the middle of its request does not take the server with it.
func TestServersOutliveTheirClients(t *testing.T) {
	for _, name := range []string{"dynalite", "kinesalite"} {
		t.Run(name, func(t *testing.T) {
			url := Start(t, name)
			for range 10 {
				breakOff(t, strings.TrimPrefix(url, "http://"))
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			http.DefaultClient.CloseIdleConnections()
		})
	}
}

// breakOff sends the half of a request, which the server has begun to read, and resets the connection.
func breakOff(t *testing.T, address string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n"
	if _, err := io.WriteString(conn, begin); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 100)); err != nil { // it wants the rest
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "half"); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

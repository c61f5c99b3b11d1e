package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// The headers of a message.
const (
	IDHeader        = "Streamgauge-Id"        // the same at every attempt
	SignatureHeader = "Streamgauge-Signature" // t=SECONDS,v1=HEX
)

const (
	sendTimeout = 10 * time.Second
	// answerBytes is how much of an answer is read, so that the connection can be used again.
	answerBytes = 64 << 10
)

// Addresses says to which addresses webhooks may be posted.
type Addresses uint8

const (
	// Public allows none that only the network around the process can reach: a site's webhook must not be a way into it.
	Public Addresses = iota
	// Private allows also those of this machine and of private networks, for a process whose owner sets the webhooks. Link-local ones, where clouds keep the
	// credentials of machines, are never allowed.
	Private
)

// ErrAddress says that a webhook's host has an address that is not allowed.
var ErrAddress = errors.New("the address is not allowed")

// Webhook posts messages. It may be used concurrently.
type Webhook struct {
	client *http.Client
	now    func() time.Time
}

// NewWebhook returns a webhook sender. Its Send is an [aggregate.Sender].
func NewWebhook(allowed Addresses, now func() time.Time) *Webhook {
	dialer := &net.Dialer{Timeout: sendTimeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return allowed.check(address)
	}}
	return &Webhook{now: now, client: &http.Client{
		Timeout: sendTimeout,
		// Without a proxy: it would connect for us, to whatever address.
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends the connections that are kept.
func (w *Webhook) Close() { w.client.CloseIdleConnections() }

// check is asked with the address that a name was resolved to, when it is connected to: a name that is resolved twice could have two.
func (a Addresses) check(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, ErrAddress)
	}
	ip := ap.Addr().Unmap()
	never := ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || metadata.Contains(ip)
	inside := ip.IsLoopback() || ip.IsPrivate() || shared.Contains(ip)
	if never || inside && a == Public {
		return fmt.Errorf("%s: %w", ip, ErrAddress)
	}
	return nil
}

var (
	metadata = netip.MustParsePrefix("fd00:ec2::/32") // of AWS, over IPv6
	shared   = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
)

// Send posts a message. Every answer but 2xx is an error.
func (w *Webhook) Send(ctx context.Context, m aggregate.Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Target, bytes.NewReader(m.Body))
	if err != nil {
		return errors.New("the webhook's URL cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "streamgauge-webhook/1")
	req.Header.Set(IDHeader, m.ID)
	req.Header.Set(SignatureHeader, Sign(m.Secret, w.now(), m.Body))
	resp, err := w.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, answerBytes) // what it says is of no interest
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}

// withoutURL takes the URL out of an error: it may hold a secret, and errors are logged.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// Sign returns the signature of a body at a time: t is the time in Unix seconds, v1 the HMAC-SHA256 of "t.body" with the secret, in hex. Who checks it refuses times
// that are too old, so that a message that was listened to cannot be sent again for long.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

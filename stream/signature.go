package stream

import (
	"errors"
	"net/http"

	"github.com/streamgauge/streamgauge/stream/internal/sigv4"
)

// checkKeys checks the keys that signatures are verified with.
func (o Options) checkKeys() error {
	if (o.AccessKey == "") != (o.SecretKey == "") {
		return errors.New("of AccessKey and SecretKey one is empty")
	}
	return nil
}

// payload returns what a request carries, once its signature is verified if that was asked for.
func (b *Broker) payload(r *http.Request, body []byte) ([]byte, error) {
	if b.opt.AccessKey == "" {
		return sigv4.Payload(r, body)
	}
	v := sigv4.Verifier{AccessKey: b.opt.AccessKey, SecretKey: b.opt.SecretKey, Service: "kinesis", Now: b.opt.Clock}
	return v.Verify(r, body)
}

package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// Verifier knows one pair of keys. Its methods may be called at the same time.
type Verifier struct {
	AccessKey, SecretKey string
	Service              string // as the credential scope names it, "kinesis"
	Now                  func() time.Time
}

const (
	algorithm = "AWS4-HMAC-SHA256"
	stampForm = "20060102T150405Z" // ISO 8601, basic format
	// maxSkew is how far the client's clock may be off, as with AWS.
	maxSkew = 5 * time.Minute
	// maxExpiry is how long a presigned address may be good for.
	maxExpiry = 7 * 24 * time.Hour
)

// The codes of the errors.
const (
	missingToken        = "MissingAuthenticationTokenException"
	incompleteSignature = "IncompleteSignatureException"
	invalidSignature    = "InvalidSignatureException"
	unrecognizedClient  = "UnrecognizedClientException"
)

func fail(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Verify checks the signature of a request whose body was read. It returns the payload: the body, or what is in its
// chunks. Errors are *smithy.GenericAPIError with the codes and words of AWS.
func (v *Verifier) Verify(r *http.Request, body []byte) ([]byte, error) {
	c, err := readClaim(r)
	if err != nil {
		return nil, err
	}
	if err := v.checkScope(c); err != nil {
		return nil, err
	}
	if err := c.checkTime(v.Now()); err != nil {
		return nil, err
	}
	if err := c.checkHeaders(r); err != nil {
		return nil, err
	}
	key := v.signingKey(c)
	if err := c.check(r, key, payloadHashes(r, c, body)); err != nil {
		return nil, err
	}
	if !isChunked(r) {
		return body, nil
	}
	return readChunks(r, body, &chunkSigner{key: key, stamp: c.stamp, scope: c.scope(), previous: c.signature, mode: contentHash(r)})
}

// Payload returns the payload of a request whose signature does not matter.
func Payload(r *http.Request, body []byte) ([]byte, error) {
	if !isChunked(r) {
		return body, nil
	}
	return readChunks(r, body, nil)
}

func (v *Verifier) checkScope(c *claim) error {
	switch {
	case c.accessKey != v.AccessKey:
		return fail(unrecognizedClient, "The security token included in the request is invalid.")
	case c.service != v.Service:
		return fail(invalidSignature, "Credential should be scoped to correct service: '%s'.", v.Service)
	case c.terminator != "aws4_request":
		return fail(invalidSignature, "Credential should be scoped with a valid terminator: 'aws4_request', not '%s'.", c.terminator)
	case !strings.HasPrefix(c.stamp, c.day+"T"):
		return fail(invalidSignature, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%.8s', from '%s'.",
			c.day, c.stamp, c.stamp)
	}
	return nil
}

// checkTime refuses what was signed too long ago or too far ahead. A presigned address says itself how long it is good.
func (c *claim) checkTime(now time.Time) error {
	stamp := func(t time.Time) string { return t.UTC().Format(stampForm) }
	good, why := maxSkew, " - 5 min."
	if c.expires > 0 {
		good, why = c.expires, fmt.Sprintf(" - %d min.", c.expires/time.Minute)
	}
	switch {
	case c.time.Before(now.Add(-good)):
		return fail(invalidSignature, "Signature expired: %s is now earlier than %s (%s%s)", c.stamp, stamp(now.Add(-good)), stamp(now), why)
	case c.time.After(now.Add(maxSkew)):
		return fail(invalidSignature, "Signature not yet current: %s is still later than %s (%s + 5 min.)", c.stamp, stamp(now.Add(maxSkew)), stamp(now))
	}
	return nil
}

// authority is what HTTP/2 calls the host. The AWS SDK for JavaScript signs it by that name.
const authority = ":authority"

// checkHeaders refuses a signature that leaves open what it is for: the host and the headers of AWS must be signed.
func (c *claim) checkHeaders(r *http.Request) error {
	if !slices.Contains(c.headers, "host") && !slices.Contains(c.headers, authority) {
		return fail(invalidSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") && !slices.Contains(c.headers, strings.ToLower(name)) {
			return fail(invalidSignature, "'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// check compares the signature with those of the request with each of the hashes that its body may be signed by.
func (c *claim) check(r *http.Request, key []byte, hashes []string) error {
	var canonical, toSign string
	for _, hash := range hashes {
		canonical = c.canonicalRequest(r, hash)
		toSign = strings.Join([]string{algorithm, c.stamp, c.scope(), hexHash([]byte(canonical))}, "\n")
		if hmac.Equal([]byte(sign(key, toSign)), []byte(c.signature)) {
			return nil
		}
	}
	return fail(invalidSignature, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "+
		"and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'%s'\n\n"+
		"The String-to-Sign should have been\n'%s'\n", canonical, toSign)
}

func (v *Verifier) signingKey(c *claim) []byte {
	key := []byte("AWS4" + v.SecretKey)
	for _, part := range []string{c.day, c.region, c.service, c.terminator} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sign(key []byte, text string) string { return hex.EncodeToString(mac(key, text)) }

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

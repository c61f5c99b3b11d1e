package sigv4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

var (
	now  = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
)

func verifier() *Verifier {
	return &Verifier{AccessKey: keys.AccessKeyID, SecretKey: keys.SecretAccessKey, Service: "kinesis", Now: func() time.Time { return now }}
}

// wire sends requests through a real connection, and says what the verifier says of them.
type wire struct {
	*httptest.Server
	v       *Verifier
	payload []byte
	err     error
}

func newWire(t *testing.T) *wire {
	w := &wire{v: verifier()}
	w.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.err = err
			return
		}
		w.payload, w.err = w.v.Verify(r, body)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) send(t *testing.T, r *http.Request) error {
	t.Helper()
	w.err = errors.New("never arrived")
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return w.err
}

func (w *wire) request(t *testing.T, path string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.PutRecord")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	return r
}

func signHTTP(t *testing.T, r *http.Request, hash string, at time.Time) {
	t.Helper()
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hash, "kinesis", "eu-central-1", at); err != nil {
		t.Fatal(err)
	}
}

// presign returns the request that a presigned address makes, with the headers that it needs.
func (w *wire) presign(t *testing.T, r *http.Request, hash string, at time.Time) *http.Request {
	t.Helper()
	address, headers, err := v4.NewSigner().PresignHTTP(t.Context(), keys, r, hash, "kinesis", "eu-central-1", at)
	if err != nil {
		t.Fatal(err)
	}
	out := w.request(t, "/", nil)
	out.Body, out.ContentLength = r.Body, r.ContentLength
	if out.URL, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	out.Header = headers
	return out
}

// randomRequest has whatever may stand in a path, a query, a header and a body.
func (w *wire) randomRequest(t *testing.T, random *rand.Rand) (*http.Request, []byte) {
	text := func(alphabet string, n int) string {
		letters := []rune(alphabet)
		var b strings.Builder
		for range random.IntN(n) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	body := []byte(text("{}\"a é\x00", 100))
	r := w.request(t, "", body)
	r.URL.Path = "/" + text("ab/ é%+-_.~:@&=$,;!*'()", 10)
	query := url.Values{}
	for range random.IntN(4) {
		query.Add(text("ab -_.~/é%+&=;", 5)+"x", text("ab -_.~/é%+&=", 5))
	}
	r.URL.RawQuery = query.Encode()
	for range random.IntN(4) {
		r.Header.Add("X-Amz-Meta-"+text("abc", 3), text("a  b\t,;=\"/", 12))
	}
	return r, body
}

// TestSigner: whatever the SDK signs is accepted, and a change of anything makes it refused.
func TestSigner(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWire(t)
	for range 300 {
		r, body := w.randomRequest(t, random)
		switch random.IntN(4) {
		case 0:
			signHTTP(t, r, hexHash(body), now)
		case 1:
			r.Header.Set("X-Amz-Content-Sha256", unsignedPayload)
			signHTTP(t, r, unsignedPayload, now)
		case 2:
			r = w.presign(t, r, hexHash(body), now)
		case 3:
			r = w.presign(t, r, unsignedPayload, now)
		}
		copied := r.Clone(r.Context())
		if err := w.send(t, r); err != nil || !bytes.Equal(w.payload, body) {
			t.Fatalf("%s %v: %v", r.URL, r.Header, err)
		}
		copied.Body = io.NopCloser(bytes.NewReader(body))
		what := spoil(copied, random)
		if err := w.send(t, copied); err == nil {
			t.Fatalf("accepted with another %s: %s %v", what, copied.URL, copied.Header)
		}
	}
}

// spoil changes something that is signed, and says what.
func spoil(r *http.Request, random *rand.Rand) string {
	switch random.IntN(4) {
	case 0:
		r.URL.Path += "x"
		r.URL.RawPath = ""
		return "path"
	case 1:
		r.URL.RawQuery += "&x=y"
		return "query"
	case 2:
		r.Header.Add("X-Amz-Target", "x")
		return "target"
	}
	r.Host = "example.org"
	return "host"
}

func TestRefused(t *testing.T) {
	const key = "must be a 'SignedHeader'"
	w := newWire(t)
	for name, c := range map[string]struct {
		change     func(*http.Request)
		code, text string
	}{
		"no signature":        {func(r *http.Request) { r.Header.Del("Authorization") }, missingToken, "Missing Authentication Token"},
		"both":                {func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, invalidSignature, "Found both"},
		"another algorithm":   {authorize("AWS4", "AWS5"), incompleteSignature, "algorithm"},
		"no parts":            {func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256") }, incompleteSignature, "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"},
		"no date":             {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, incompleteSignature, "'X-Amz-Date' or a 'Date' header"},
		"a date of its own":   {func(r *http.Request) { r.Header.Set("X-Amz-Date", "today") }, incompleteSignature, "basic format"},
		"another day":         {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260305T000000Z") }, invalidSignature, "'20260304' != '20260305', from '20260305T000000Z'"},
		"four parts":          {authorize("/aws4_request", ""), incompleteSignature, "exactly 5 slash-delimited elements"},
		"another terminator":  {authorize("aws4_request", "aws5_request"), invalidSignature, "valid terminator"},
		"another key":         {authorize("AKIDEXAMPLE", "AKIDOTHER"), unrecognizedClient, "The security token included in the request is invalid."},
		"another region":      {authorize("eu-central-1", "us-east-1"), invalidSignature, "The request signature we calculated does not match"},
		"another service":     {authorize("/kinesis/", "/dynamodb/"), invalidSignature, "correct service: 'kinesis'"},
		"host not signed":     {authorize("host;", ""), invalidSignature, "'Host' or ':authority' " + key},
		"target not signed":   {authorize(";x-amz-target", ""), invalidSignature, "'X-Amz-Target' " + key},
		"another body":        {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{ }")) }, invalidSignature, "does not match"},
		"a hash of another":   {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexHash(nil)) }, invalidSignature, key},
		"no signature at all": {authorize("Signature=", "Signature=00"), invalidSignature, "does not match"},
	} {
		r := w.request(t, "/", []byte("{}"))
		signHTTP(t, r, hexHash([]byte("{}")), now)
		c.change(r)
		if r.ContentLength == 2 && name == "another body" {
			r.ContentLength = 3
		}
		wantError(t, name, w.send(t, r), c.code, c.text)
	}
}

// TestStatedHash: the hash of another body, though it was signed, does not cover this one.
func TestStatedHash(t *testing.T) {
	w := newWire(t)
	for _, sent := range []string{"{}", "[]"} {
		r := w.request(t, "/", []byte(sent))
		r.Header.Set("X-Amz-Content-Sha256", hexHash([]byte("{}")))
		signHTTP(t, r, hexHash([]byte("{}")), now)
		if err := w.send(t, r); (err == nil) != (sent == "{}") {
			t.Errorf("%s: %v", sent, err)
		}
	}
}

// authorize changes the Authorization header.
func authorize(old, text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, text, 1))
	}
}

func wantError(t *testing.T, name string, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		t.Errorf("%s: %v, want %s: %s", name, err, code, text)
	}
}

func TestRefusedQuery(t *testing.T) {
	w := newWire(t)
	for name, c := range map[string]struct{ old, text, code, want string }{
		"no credential":     {"X-Amz-Credential", "X", incompleteSignature, "AWS query-string parameters must include 'X-Amz-Credential'. Re-examine"},
		"another algorithm": {"AWS4-HMAC-SHA256", "x", incompleteSignature, "algorithm"},
		"too long":          {"X-Amz-Date", "X-Amz-Expires=604801&X-Amz-Date", incompleteSignature, "X-Amz-Expires"},
		"another expiry":    {"X-Amz-Date", "X-Amz-Expires=604800&X-Amz-Date", invalidSignature, "does not match"},
		"another time":      {"T050607Z", "T050608Z", invalidSignature, "does not match"},
	} {
		r := w.presign(t, w.request(t, "/", nil), hexHash(nil), now)
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, c.old, c.text, 1)
		wantError(t, name, w.send(t, r), c.code, c.want)
	}
}

func TestTimes(t *testing.T) {
	w := newWire(t)
	for _, c := range []struct {
		off    time.Duration
		expiry string
		want   string
	}{
		{-5 * time.Minute, "", ""},
		{5 * time.Minute, "", ""},
		{-5*time.Minute - time.Second, "", "Signature expired: 20260304T050106Z is now earlier than 20260304T050107Z (20260304T050607Z - 5 min.)"},
		{5*time.Minute + time.Second, "", "Signature not yet current: 20260304T051108Z is still later than 20260304T051107Z (20260304T050607Z + 5 min.)"},
		{-time.Hour, "3600", ""},
		{-time.Hour - time.Second, "3600", "Signature expired: 20260304T040606Z is now earlier than 20260304T040607Z (20260304T050607Z - 60 min.)"},
	} {
		r := w.request(t, "/", nil)
		if c.expiry == "" {
			signHTTP(t, r, hexHash(nil), now.Add(c.off))
		} else {
			r.URL.RawQuery = "X-Amz-Expires=" + c.expiry
			r = w.presign(t, r, hexHash(nil), now.Add(c.off))
		}
		if err := w.send(t, r); c.want == "" && err != nil {
			t.Errorf("%v: %v", c.off, err)
		} else if c.want != "" {
			wantError(t, fmt.Sprint(c.off), err, invalidSignature, c.want)
		}
	}
}

// signByHand signs a request without a body, of some headers whose values are in canonical form.
func (w *wire) signByHand(r *http.Request, names, lines string) {
	c := &claim{day: now.Format("20060102"), region: "r", service: "kinesis", terminator: "aws4_request", stamp: now.Format(stampForm)}
	canonical := "POST\n/\n\n" + lines + "\n" + names + "\n" + hexHash(nil)
	toSign := strings.Join([]string{algorithm, c.stamp, c.scope(), hexHash([]byte(canonical))}, "\n")
	r.Header.Set("Authorization", algorithm+" Credential="+keys.AccessKeyID+"/"+c.scope()+", SignedHeaders="+names+", Signature="+sign(w.v.signingKey(c), toSign))
}

// TestDateHeader: the time may stand in a Date header, which is signed in another form than it is sent.
func TestDateHeader(t *testing.T) {
	w := newWire(t)
	r := w.request(t, "/", nil)
	r.Header.Del("X-Amz-Target")
	r.Header.Set("Date", now.Format(http.TimeFormat))
	w.signByHand(r, "date;host", "date:"+r.Header.Get("Date")+"\nhost:"+r.URL.Host+"\n")
	if err := w.send(t, r); err != nil {
		t.Error(err)
	}
}

// TestAuthority: the host may be signed by the name that it has in HTTP/2.
func TestAuthority(t *testing.T) {
	w := newWire(t)
	r := w.request(t, "/", nil)
	r.Header.Del("X-Amz-Target")
	r.Header.Set("X-Amz-Date", now.Format(stampForm))
	w.signByHand(r, ":authority;x-amz-date", ":authority:"+r.URL.Host+"\nx-amz-date:"+r.Header.Get("X-Amz-Date")+"\n")
	if err := w.send(t, r); err != nil {
		t.Error(err)
	}
	r.Host = "example.org"
	wantError(t, "another host", w.send(t, r), invalidSignature, "does not match")
}

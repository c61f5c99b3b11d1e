package sigv4

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestPublishedChunks is the example that AWS gives of a body in chunks: 65 KiB of "a", signed for S3.
func TestPublishedChunks(t *testing.T) {
	signatures := []string{
		"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", // of the request
		"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
		"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
	}
	data := bytes.Repeat([]byte("a"), 65<<10)
	body := chunked([][]byte{data[:64<<10], data[64<<10:], nil}, signatures[1:])
	r := httptest.NewRequest(http.MethodPut, "/examplebucket/chunkObject.txt", nil)
	r.Host = "s3.amazonaws.com"
	for name, value := range map[string]string{
		"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "X-Amz-Content-Sha256": streamingSigned, "Content-Encoding": "aws-chunked",
		"X-Amz-Decoded-Content-Length": "66560", "Content-Length": "66824",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;" +
			"content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=" + signatures[0],
	} {
		r.Header.Set(name, value)
	}
	v := &Verifier{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Service: "s3", Now: func() time.Time {
		return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	}}
	if len(body) != 66824 {
		t.Fatalf("%d bytes", len(body))
	}
	for i, at := range []int{90, 66_000, len(body) - 10} { // in the data of a chunk, of the next, in the last signature
		spoilt := bytes.Clone(body)
		spoilt[at] ^= 1
		if _, err := v.Verify(r, spoilt); err == nil {
			t.Errorf("change %d is accepted", i)
		}
	}
	payload, err := v.Verify(r, body)
	if err != nil || !bytes.Equal(payload, data) {
		t.Fatalf("%d bytes: %v", len(payload), err)
	}
}

func chunked(data [][]byte, signatures []string) []byte {
	var b bytes.Buffer
	for i, d := range data {
		fmt.Fprintf(&b, "%x", len(d))
		if signatures != nil {
			fmt.Fprintf(&b, ";chunk-signature=%s", signatures[i])
		}
		b.WriteString("\r\n")
		if b.Write(d); len(d) > 0 || signatures != nil {
			b.WriteString("\r\n")
		}
	}
	return b.Bytes()
}

func chunkedRequest(mode string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("X-Amz-Content-Sha256", mode)
	r.Header.Set("Content-Encoding", "aws-chunked")
	return r
}

func TestUnsignedChunks(t *testing.T) {
	for body, want := range map[string]string{
		"3\r\nabc\r\n0\r\n\r\n": "abc",
		"3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n": "abcde",
		"A\r\n0123456789\r\n0\r\n":                                      "0123456789",
		"0\r\n\r\n":                                                     "",
		"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n\r\n":   "abc",
	} {
		got, err := Payload(chunkedRequest(streamingUnsignedTrailer), []byte(body))
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", body, got, err)
		}
	}
	for _, body := range []string{"", "3", "3\r\n", "3\r\nabc", "3\r\nabcd\r\n0\r\n", "4\r\nabc\r\n", "-1\r\n", "g\r\n", "ffffffffffffffffff\r\n", "7fffffff\r\nabc\r\n", "3\r\nabc\r\n"} {
		if got, err := Payload(chunkedRequest(streamingUnsignedTrailer), []byte(body)); err == nil {
			t.Errorf("%q is read as %q", body, got)
		}
	}
	r := chunkedRequest(streamingUnsignedTrailer)
	r.Header.Set("X-Amz-Decoded-Content-Length", "4")
	if _, err := Payload(r, []byte("3\r\nabc\r\n0\r\n\r\n")); err == nil {
		t.Error("a length that is not the one that was said")
	}
	r = httptest.NewRequest(http.MethodPost, "/", nil)
	if got, err := Payload(r, []byte("3\r\n")); err != nil || string(got) != "3\r\n" {
		t.Errorf("a body that is not in chunks: %q, %v", got, err)
	}
}

// TestSignedTrailer: the trailing headers are signed after the last chunk.
func TestSignedTrailer(t *testing.T) {
	v := verifier()
	c := &claim{day: "20260304", region: "r", service: "kinesis", terminator: "aws4_request", stamp: now.Format(stampForm)}
	signer := func() *chunkSigner {
		return &chunkSigner{key: v.signingKey(c), stamp: c.stamp, scope: c.scope(), previous: "seed", mode: streamingSignedTrailer}
	}
	var signatures []string
	previous := "seed"
	next := func(kind string, hashes ...string) string {
		previous = sign(v.signingKey(c), strings.Join(append([]string{algorithm + kind, c.stamp, c.scope(), previous}, hashes...), "\n"))
		return previous
	}
	for _, data := range []string{"abc", ""} {
		signatures = append(signatures, next("-PAYLOAD", hexHash(nil), hexHash([]byte(data))))
	}
	head := strings.TrimSuffix(string(chunked([][]byte{[]byte("abc"), nil}, signatures)), "\r\n")
	body := head + "x-amz-checksum-crc32:AAAA\r\nx-amz-trailer-signature:" + next("-TRAILER", hexHash([]byte("x-amz-checksum-crc32:AAAA\n"))) + "\r\n\r\n"
	if got, err := readChunks(chunkedRequest(streamingSignedTrailer), []byte(body), signer()); err != nil || string(got) != "abc" {
		t.Errorf("%q: %v", got, err)
	}
	for _, spoilt := range []string{head + "\r\n", strings.Replace(body, "AAAA", "AAAB", 1)} {
		if _, err := readChunks(chunkedRequest(streamingSignedTrailer), []byte(spoilt), signer()); err == nil {
			t.Errorf("%q is accepted", spoilt)
		}
	}
}

func FuzzChunks(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\nx:y\r\n\r\n"))
	f.Add([]byte("1;chunk-signature=0\r\na\r\n0;chunk-signature=\r\n\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		size := len(body)
		if got, err := Payload(chunkedRequest(streamingUnsignedTrailer), body); err == nil && len(got) >= size {
			t.Fatalf("%q from %d bytes", got, size)
		}
	})
}

// FuzzClaim: no header is too odd to be refused.
func FuzzClaim(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;x, Signature=0", "20260304T050607Z", "")
	f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE/20260304/r/kinesis/aws4_request&X-Amz-Signature=0&X-Amz-SignedHeaders=host&X-Amz-Date=20260304T050607Z&X-Amz-Expires=9")
	f.Fuzz(func(t *testing.T, header, date, query string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header["Authorization"], r.Header["X-Amz-Date"], r.URL.RawQuery = []string{header}, []string{date}, query
		if _, err := verifier().Verify(r, nil); err == nil {
			t.Fatal("accepted")
		}
	})
}

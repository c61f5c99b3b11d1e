package sigv4

import (
	"bytes"
	"crypto/hmac"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What x-amz-content-sha256 says of a body that comes in chunks.
const (
	streamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	streamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

func isStreaming(hash string) bool {
	return hash == streamingSigned || hash == streamingSignedTrailer || hash == streamingUnsignedTrailer
}

// isChunked reports whether the body is in the chunks of AWS, which have nothing to do with those of HTTP.
func isChunked(r *http.Request) bool {
	if isStreaming(contentHash(r)) {
		return true
	}
	for _, value := range r.Header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(coding), "aws-chunked") {
				return true
			}
		}
	}
	return false
}

// chunkSigner checks that each chunk is signed, and that it follows the one before: a chunk's signature covers the
// previous one, and the first follows the request's own.
type chunkSigner struct {
	key          []byte
	stamp, scope string
	previous     string
	mode         string // what x-amz-content-sha256 says
}

func (s *chunkSigner) check(kind, signature string, hashes ...string) error {
	lines := append([]string{algorithm + kind, s.stamp, s.scope, s.previous}, hashes...)
	if !hmac.Equal([]byte(sign(s.key, strings.Join(lines, "\n"))), []byte(signature)) {
		return fail(invalidSignature, "The chunk signature we calculated does not match the signature you provided.")
	}
	s.previous = signature
	return nil
}

func (s *chunkSigner) chunk(signature string, data []byte) error {
	if s == nil || s.mode != streamingSigned && s.mode != streamingSignedTrailer {
		return nil // the request's own signature says all there is
	}
	return s.check("-PAYLOAD", signature, hexHash(nil), hexHash(data))
}

func (s *chunkSigner) trailer(lines []string) error {
	if s == nil || s.mode != streamingSignedTrailer {
		return nil
	}
	const name = "x-amz-trailer-signature:"
	var signature string
	lines = slices.DeleteFunc(lines, func(line string) bool {
		if strings.HasPrefix(line, name) {
			signature = line[len(name):]
			return true
		}
		return false
	})
	return s.check("-TRAILER", signature, hexHash([]byte(strings.Join(lines, "\n")+"\n")))
}

var errChunks = fail(incompleteSignature, "The chunked body is malformed.")

// readChunks joins the data of chunks, in the place of the body:
//
//	<size, hexadecimal>[;chunk-signature=<signature>] CRLF <data> CRLF … 0[;chunk-signature=<signature>] CRLF
//	[<trailing header> CRLF]… CRLF
//
// Checksums in trailing headers are not looked at. The signer is nil where signatures do not matter.
func readChunks(r *http.Request, body []byte, s *chunkSigner) ([]byte, error) {
	payload := body[:0]
	for {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		text, signature, _ := strings.Cut(string(line), ";chunk-signature=")
		size, err := strconv.ParseUint(text, 16, 31)
		if !ok || err != nil || size > 0 && uint64(len(rest)) < size+2 {
			return nil, errChunks
		}
		data := rest[:size]
		if err := s.chunk(signature, data); err != nil {
			return nil, err
		}
		if size == 0 {
			return checkEnd(r, payload, rest, s)
		}
		if body = rest[size:]; !bytes.HasPrefix(body, []byte("\r\n")) {
			return nil, errChunks
		}
		payload, body = append(payload, data...), body[2:] // to the left of what was read
	}
}

func checkEnd(r *http.Request, payload, trailer []byte, s *chunkSigner) ([]byte, error) {
	if want := r.Header.Get("X-Amz-Decoded-Content-Length"); want != "" && want != strconv.Itoa(len(payload)) {
		return nil, errChunks
	}
	lines := strings.FieldsFunc(string(trailer), func(c rune) bool { return c == '\r' || c == '\n' })
	return payload, s.trailer(lines)
}

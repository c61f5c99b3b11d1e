package dashboards

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// file is one embedded file as it is served: plain, and compressed where that is asked for.
type file struct {
	contentType string
	etag        string // hash of the plain bytes, without quotes
	encodings   map[string]func() []byte
}

func newFile(contentType string, plain []byte) *file {
	return &file{
		contentType: contentType,
		etag:        shortHash(plain),
		encodings: map[string]func() []byte{
			identity: func() []byte { return plain },
			"br":     sync.OnceValue(func() []byte { return brotlied(plain) }),
			"gzip":   sync.OnceValue(func() []byte { return gzipped(plain) }),
		},
	}
}

// serve answers with the file, or with 304 where the client has it. Encodings are different bytes and so have
// different strong entity tags (RFC 9110, section 8.8.3.3).
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	encoding, tag := chooseEncoding(r.Header.Values("Accept-Encoding")), f.etag
	body := f.encodings[encoding]()
	h := w.Header()
	if encoding != identity {
		tag += "-" + encoding
		h.Set("Content-Encoding", encoding)
		// ServeContent leaves the length of encoded content to the caller.
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func gzipped(plain []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = z.Write(plain)                                   // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// brotliLevel is where a first request costs no more than by gzip, and the bytes are fewer still: the highest level takes forty times as long for a
// tenth less.
const brotliLevel = 5

func brotlied(plain []byte) []byte {
	var out bytes.Buffer
	z := brotli.NewWriterLevel(&out, brotliLevel)
	_, _ = z.Write(plain) // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// shortHash is 80 bits of SHA-256: enough to tell versions of a file apart.
func shortHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

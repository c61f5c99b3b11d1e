package dashboards

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// file is one embedded file as it is served: plain, and compressed where that is asked for.
type file struct {
	contentType string
	etag        string // hash of the plain bytes, without quotes
	plain       []byte
	gzipped     func() []byte
}

func newFile(contentType string, plain []byte) *file {
	return &file{
		contentType: contentType,
		etag:        shortHash(plain),
		plain:       plain,
		gzipped:     sync.OnceValue(func() []byte { return compress(plain) }),
	}
}

// serve answers with the file, or with 304 where the client has it. The two encodings are different bytes and so have
// different strong entity tags (RFC 9110, section 8.8.3.3).
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := f.plain, f.etag
	h := w.Header()
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		body, tag = f.gzipped(), f.etag+"-gzip"
		h.Set("Content-Encoding", "gzip")
		// ServeContent leaves the length of encoded content to the caller.
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3): gzip is listed, or "*" is and gzip is not, with a weight
// that is not zero.
func acceptsGzip(fields []string) bool {
	accepted := false
	for member := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		coding, params, err := mime.ParseMediaType(member)
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		wanted := err != nil || weight > 0
		switch coding {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			accepted = wanted
		}
	}
	return accepted
}

func compress(plain []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = z.Write(plain)                                   // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// shortHash is 80 bits of SHA-256: enough to tell versions of a file apart.
func shortHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

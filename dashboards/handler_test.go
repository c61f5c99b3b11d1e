package dashboards

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	return do(t, http.MethodGet, path, header...)
}

func do(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var reference = regexp.MustCompile(`(?:href|src)="([^"#]+)"`)

// references are the addresses that the page asks for.
func references(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, m := range reference.FindAllSubmatch(body(t, get(t, "/")), -1) {
		paths = append(paths, "/"+string(m[1]))
	}
	if len(paths) < 10 {
		t.Fatalf("the page names only %d assets", len(paths))
	}
	return paths
}

func TestPageIsServed(t *testing.T) {
	res := get(t, "/")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	if got := res.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("the page may be kept without asking: %q", got)
	}
	if !bytes.Contains(body(t, res), []byte("<title>Streamgauge</title>")) {
		t.Error("not the page")
	}
}

func TestEveryReferenceOfThePageIsServedForEver(t *testing.T) {
	for _, path := range references(t) {
		res := get(t, path)
		if res.StatusCode != http.StatusOK || len(body(t, res)) == 0 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

func TestEveryAssetHasAType(t *testing.T) {
	for _, f := range readAll() {
		if newFile(contentTypes[extension(f.name)], nil).contentType == "" {
			t.Errorf("%s has no content type", f.name)
		}
	}
}

func TestHeadersOfSafety(t *testing.T) {
	for _, path := range append(references(t), "/", "/missing") {
		h := get(t, path).Header
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'self';") {
			t.Errorf("%s: policy %q", path, h.Get("Content-Security-Policy"))
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy has a hole: %q", path, h.Get("Content-Security-Policy"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

func TestRevalidation(t *testing.T) {
	for _, path := range append(references(t), "/") {
		for _, encoding := range []string{"identity", "gzip"} {
			tag := get(t, path, "Accept-Encoding", encoding).Header.Get("ETag")
			res := get(t, path, "Accept-Encoding", encoding, "If-None-Match", tag)
			if res.StatusCode != http.StatusNotModified || len(body(t, res)) != 0 {
				t.Errorf("%s %s: %d with its own tag %s", path, encoding, res.StatusCode, tag)
			}
			if res = get(t, path, "Accept-Encoding", encoding, "If-None-Match", `"other"`); res.StatusCode != http.StatusOK {
				t.Errorf("%s %s: %d with another tag", path, encoding, res.StatusCode)
			}
		}
	}
}

func TestGzipHoldsTheSameBytes(t *testing.T) {
	for _, path := range append(references(t), "/") {
		plain, zipped := get(t, path), get(t, path, "Accept-Encoding", "br, gzip")
		if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s: headers %v", path, zipped.Header)
		}
		if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
			t.Errorf("%s: two encodings share the tag %s", path, plain.Header.Get("ETag"))
		}
		raw := body(t, zipped)
		if int64(len(raw)) != zipped.ContentLength {
			t.Errorf("%s: says %d bytes, sends %d", path, zipped.ContentLength, len(raw))
		}
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, body(t, plain)) {
			t.Errorf("%s: unzips to other bytes (%v)", path, err)
		}
	}
}

// The first load is all that the page names.
func TestFirstLoadIsSmall(t *testing.T) {
	const most = 120 << 10
	total := 0
	for _, path := range append(references(t), "/") {
		total += len(body(t, get(t, path, "Accept-Encoding", "gzip")))
	}
	if total > most {
		t.Errorf("first load is %d bytes compressed, more than %d", total, most)
	}
	t.Logf("first load: %d bytes compressed", total)
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"":                       false,
		"gzip":                   true,
		"GZIP":                   true,
		"deflate, gzip;q=0.5":    true,
		"gzip;q=0":               false,
		"gzip; q=0.000, *":       false,
		"*, gzip;q=0":            false,
		"*":                      true,
		"*;q=0":                  false,
		"br, deflate":            false,
		"gzippy":                 false,
		"gzip;q=x":               true,
		";;;,gzip":               true,
		"identity;q=0.1, *;q=.9": true,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	release := load().id
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/missing", http.StatusNotFound},
		{http.MethodGet, "/index.html", http.StatusNotFound},
		{http.MethodGet, "/_/assets/", http.StatusNotFound},
		{http.MethodGet, "/_/assets/" + release + "/", http.StatusNotFound},
		{http.MethodGet, "/_/assets/" + release + "/js", http.StatusNotFound},
		{http.MethodGet, "/_/assets/" + release + "/index.html", http.StatusNotFound},
		{http.MethodGet, "/_/assets/0123456789/js/main.js", http.StatusNotFound},
		{http.MethodGet, "/_/assets/js/main.js", http.StatusNotFound},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodHead, "/", http.StatusOK},
	} {
		res := do(t, test.method, test.path)
		if res.StatusCode != test.want {
			t.Errorf("%s %s: got %d, want %d", test.method, test.path, res.StatusCode, test.want)
		}
		if strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s %s: an absence may be kept for ever", test.method, test.path)
		}
	}
}

package dashboards

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
)

var handler = sync.OnceValue(Handler)

// someSites is what the pages of tests begin with.
var someSites = []byte(`{"sites":[{"id":"shop.example","tz":"UTC"}]}`)

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
	handler()(w, r, func() []byte { return someSites })
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

var address = regexp.MustCompile(`(?:href|src)="([^"#]+)"`)

// pages are addresses of every view.
var pages = []string{"/", "/shop.example", "/_/pipeline", "/_/inspect", "/_/tile/shop"}

// references are the addresses that a page asks for before it runs, the modules of its view among them, each once.
func references(t *testing.T, page string) []string {
	t.Helper()
	base, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range address.FindAllSubmatch(body(t, get(t, page)), -1) {
		to, err := base.Parse(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(to.Path, "/api/") { // that is answered by others
			paths = append(paths, to.Path)
		}
	}
	if len(paths) < 5 {
		t.Fatalf("%s names only %d assets", page, len(paths))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// everything is all pages, and what they ask for before they run, each once.
func everything(t *testing.T) []string {
	t.Helper()
	all := slices.Clone(pages)
	for _, page := range pages {
		all = append(all, references(t, page)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestPageIsServed(t *testing.T) {
	for _, page := range pages {
		res := get(t, page)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: got %d %q", page, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if got := res.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s may be kept without asking: %q", page, got)
		}
		if !bytes.Contains(body(t, res), []byte("<title>Streamgauge</title>")) {
			t.Errorf("%s is not the page", page)
		}
	}
}

func TestEveryReferenceOfThePagesIsServedForEver(t *testing.T) {
	for _, path := range everything(t) {
		if slices.Contains(pages, path) {
			continue
		}
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
	for _, path := range append(everything(t), "/missing/page") {
		h := get(t, path).Header
		want := "default-src 'none';"
		if slices.Contains(pages, path) {
			want = "default-src 'self';"
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), want) {
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
	for _, path := range everything(t) {
		for _, encoding := range []string{"identity", "gzip", "br"} {
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

func TestEncodingsHoldTheSameBytes(t *testing.T) {
	decoders := map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	}
	for _, path := range everything(t) {
		plain := get(t, path)
		bytesWanted := body(t, plain)
		for encoding, decode := range decoders {
			got := get(t, path, "Accept-Encoding", encoding)
			if got.Header.Get("Content-Encoding") != encoding || got.Header.Get("Vary") != "Accept-Encoding" {
				t.Fatalf("%s: headers %v", path, got.Header)
			}
			if plain.Header.Get("ETag") == got.Header.Get("ETag") {
				t.Errorf("%s: two encodings share the tag %s", path, plain.Header.Get("ETag"))
			}
			raw := body(t, got)
			if int64(len(raw)) != got.ContentLength {
				t.Errorf("%s: says %d bytes, sends %d", path, got.ContentLength, len(raw))
			}
			r, err := decode(bytes.NewReader(raw))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, bytesWanted) {
				t.Errorf("%s: %s holds other bytes (%v)", path, encoding, err)
			}
		}
	}
}

// The first load is all that a page names.
func TestFirstLoadIsSmall(t *testing.T) {
	const most = 120 << 10
	for _, page := range pages {
		for _, encoding := range []string{"gzip", "br"} {
			total := 0
			for _, path := range append(references(t, page), page) {
				total += len(body(t, get(t, path, "Accept-Encoding", encoding)))
			}
			if total > most {
				t.Errorf("first load of %s is %d bytes by %s, more than %d", page, total, encoding, most)
			}
			t.Attr("first_load"+strings.ReplaceAll(page, "/", "_")+"_"+encoding, strconv.Itoa(total))
		}
	}
}

// A page begins with the list of sites, a tile does not, and who has a page asks whether there is another one when the list has changed.
func TestPageBeginsWithSites(t *testing.T) {
	serve := func(path string, sites func() []byte) (string, string) {
		w := httptest.NewRecorder()
		handler()(w, httptest.NewRequest(http.MethodGet, path, nil), sites)
		return w.Body.String(), w.Header().Get("ETag")
	}
	told := func(list string) func() []byte { return func() []byte { return []byte(list) } }
	one, tag := serve("/", told(`{"sites":[{"id":"one"}]}`))
	if !strings.Contains(one, `<script type="application/json" id="sites">{"sites":[{"id":"one"}]}</script><script>"use strict";`) {
		t.Errorf("the list does not stand before what reads it: %.400s", one)
	}
	if again, same := serve("/", told(`{"sites":[{"id":"one"}]}`)); again != one || same != tag {
		t.Errorf("the same page has another tag: %s, %s", tag, same)
	}
	if two, other := serve("/", told(`{"sites":[{"id":"two"}]}`)); strings.Contains(two, `"one"`) || other == tag {
		t.Error("another list is the same page")
	}
	for name, page := range map[string]struct {
		path  string
		sites func() []byte
	}{
		"nobody may know": {"/", nil},
		"nothing to tell": {"/", told("")},
		"a tile":          {"/_/tile/shop", func() []byte { t.Error("a tile asks for the sites"); return nil }},
	} {
		if got, _ := serve(page.path, page.sites); strings.Contains(got, `id="sites"`) || strings.Contains(got, "<!--") {
			t.Errorf("%s: %.400s", name, got)
		}
	}
}

// The policy lets the import map and the one script run that the page holds, and no other script inside it.
func TestPolicyNamesWhatThePageHolds(t *testing.T) {
	inline := regexp.MustCompile(`(?s)<script type="importmap">(.*?)</script>.*?<script>(.*?)</script>`)
	source := func(script []byte) string {
		sum := sha256.Sum256(script)
		return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for _, page := range pages {
		res := get(t, page)
		m := inline.FindSubmatch(body(t, res))
		if m == nil {
			t.Fatalf("%s has no import map and script", page)
		}
		want := "script-src 'self'" + source(m[1]) + source(m[2]) + ";"
		if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("%s: policy %q, want %q in it", page, got, want)
		}
		var imports struct{ Imports map[string]string }
		if err := json.Unmarshal(m[1], &imports); err != nil {
			t.Fatal(err)
		}
		base, _ := url.Parse(page)
		for name, to := range imports.Imports {
			at, err := base.Parse(to)
			if err != nil {
				t.Fatal(err)
			}
			if res := get(t, at.Path); res.StatusCode != http.StatusOK {
				t.Errorf("%s: %s is at %s, which is not there", page, name, at.Path)
			}
		}
	}
}

// Only a tile may stand in the pages of others.
func TestWhatMayBeFramed(t *testing.T) {
	for _, page := range pages {
		framed := strings.Contains(get(t, page).Header.Get("Content-Security-Policy"), "frame-ancestors *")
		if framed != strings.HasPrefix(page, "/_/tile/") {
			t.Errorf("%s may be framed: %v", page, framed)
		}
	}
}

func TestChooseEncoding(t *testing.T) {
	for header, want := range map[string]string{
		"":                       identity,
		"gzip":                   "gzip",
		"GZIP":                   "gzip",
		"gzip, deflate, br":      "br",
		"br;q=0.5, gzip":         "gzip",
		"br;q=0, gzip;q=0.1":     "gzip",
		"deflate, gzip;q=0.5":    "gzip",
		"gzip;q=0":               identity,
		"gzip; q=0.000, *":       "br",
		"*, gzip;q=0":            "br",
		"*, br;q=0":              "gzip",
		"*":                      "br",
		"*;q=0":                  identity,
		"deflate, zstd":          identity,
		"gzippy":                 identity,
		"gzip;q=x":               "gzip",
		";;;,gzip":               "gzip",
		"x-gzip":                 "gzip",
		"identity;q=0.1, *;q=.9": "br",
	} {
		if got := chooseEncoding([]string{header}); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	main := newAssets(readAll()).address[mainModule]
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/Shop", http.StatusNotFound},
		{http.MethodGet, "/_", http.StatusNotFound},
		{http.MethodGet, "/_/other", http.StatusNotFound},
		{http.MethodGet, "/shop/more", http.StatusNotFound},
		{http.MethodGet, "/_/tile/", http.StatusNotFound},
		{http.MethodGet, "/_/tile/Shop", http.StatusNotFound},
		{http.MethodGet, "/" + strings.Repeat("x", 64), http.StatusNotFound},
		{http.MethodGet, "/_/assets/", http.StatusNotFound},
		{http.MethodGet, "/_/assets/js", http.StatusNotFound},
		{http.MethodGet, "/_/assets/index.html", http.StatusNotFound},
		{http.MethodGet, "/_/assets/js/main.0123456789ab.js", http.StatusNotFound},
		{http.MethodGet, "/_/assets/js/main.js", http.StatusNotFound},
		{http.MethodGet, "/_/assets/" + main, http.StatusOK},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodHead, "/", http.StatusOK},
		{http.MethodHead, "/shop", http.StatusOK},
	} {
		res := do(t, test.method, test.path)
		if res.StatusCode != test.want {
			t.Errorf("%s %s: got %d, want %d", test.method, test.path, res.StatusCode, test.want)
		}
		if strings.Contains(res.Header.Get("Cache-Control"), "immutable") && res.StatusCode != http.StatusOK {
			t.Errorf("%s %s: an absence may be kept for ever", test.method, test.path)
		}
	}
}

// What the first browser waits for, once in the life of a process.
func BenchmarkFirstUse(b *testing.B) {
	a := newAssets(readAll())
	for b.Loop() {
		for _, name := range append(a.preloads(views[0]), firstSheets) {
			brotlied(a.byAddress[a.address[name]].encodings[identity]())
		}
	}
}

// The map's shapes come when its tab is opened, and are no part of any first load.
func TestMapIsSmall(t *testing.T) {
	const most = 60 << 10
	path := "/" + assetRoot + newAssets(readAll()).address["third_party/world-atlas/countries-110m.json"]
	for _, encoding := range []string{"gzip", "br"} {
		n := len(body(t, get(t, path, "Accept-Encoding", encoding)))
		if n == 0 || n > most {
			t.Errorf("the map's shapes are %d bytes by %s, allowed are %d", n, encoding, most)
		}
		t.Attr("map_"+encoding, strconv.Itoa(n))
	}
	for _, page := range pages {
		for _, address := range references(t, page) {
			if strings.HasSuffix(address, path) || strings.Contains(address, "/js/map/") {
				t.Errorf("%s loads %s at once", page, address)
			}
		}
	}
}

// What every process that may show the page pays before it shows it.
func BenchmarkHandler(b *testing.B) {
	for b.Loop() {
		Handler()
	}
}

// What the first request of a page waits for.
func BenchmarkFirstPage(b *testing.B) {
	for b.Loop() {
		Handler()(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), nil)
	}
}

package event

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitURL(t *testing.T) {
	for text, want := range map[string]struct{ scheme, hostname, page, query string }{
		"":                                 {"", "", "/", ""},
		"/":                                {"", "", "/", ""},
		"a":                                {"", "", "/a", ""},
		"/a/b?c=d&e#f":                     {"", "", "/a/b", "c=d&e"},
		"/a#b?c":                           {"", "", "/a", ""},
		"/go?to=https://y.example/z":       {"", "", "/go", "to=https://y.example/z"},
		"/a/https://y.example/z":           {"", "", "/a/https://y.example/z", ""},
		"https://x.example":                {"https", "x.example", "/", ""},
		"https://x.example?q#r":            {"https", "x.example", "/", "q"},
		"https://x.example/?q?r":           {"https", "x.example", "/", "q?r"},
		"https://WWW.X.Example.:8443/A":    {"https", "x.example", "/A", ""},
		"https://www.x.example/":           {"https", "x.example", "/", ""},
		"https://me:secret@x.example:80/a": {"https", "x.example", "/a", ""},
		"http://[::1]:8080/a":              {"http", "[::1]", "/a", ""},
		"http://[2001:DB8::1]/a":           {"http", "[2001:db8::1]", "/a", ""},
		"http:///a":                        {"http", "", "/a", ""},
		"app://screen/home":                {"app", "screen", "/home", ""},
		"//x.example/a":                    {"", "", "//x.example/a", ""},
		"mailto:a@b.example":               {"", "", "/mailto:a@b.example", ""},
		"://x/y":                           {"", "x", "/y", ""},
	} {
		a := SplitURL(text)
		if a.Scheme != want.scheme || a.Hostname() != want.hostname || a.Page() != want.page || a.Query != want.query {
			t.Errorf("SplitURL(%q) = %q, hostname %q, page %q, want %q", text, a, a.Hostname(), a.Page(), want)
		}
	}
}

// SplitURL against net/url, where that takes the text.
func TestSplitURLAgainstTheStandardLibrary(t *testing.T) {
	part := rapid.StringMatching(`[a-zA-Z0-9.~/=&?+-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		text := "https://" + rapid.StringMatching(`([a-z]{1,4}@)?[a-zA-Z]{1,5}(\.[a-zA-Z]{2,5}){0,2}(:[0-9]{1,4})?`).Draw(t, "host") + "/" +
			part.Draw(t, "path") + rapid.SampledFrom([]string{"", "?", "#"}).Draw(t, "mark") + part.Draw(t, "rest")
		want, err := url.Parse(text)
		if err != nil {
			t.Skip(err)
		}
		a := SplitURL(text)
		if a.Page() != want.EscapedPath() || a.Query != want.RawQuery {
			t.Fatalf("SplitURL(%q) = %q, net/url says %q and %q", text, a, want.EscapedPath(), want.RawQuery)
		}
		if host := strings.TrimPrefix(strings.ToLower(want.Hostname()), "www."); a.Hostname() != host {
			t.Fatalf("hostname of %q: %q, net/url says %q", text, a.Hostname(), host)
		}
	})
}

// PageOf is what it was when it was written down for pages alone.
func FuzzPageOf(f *testing.F) {
	for _, text := range []string{"", "/a?b#c", "https://x.example/a", "a://", "://", "/://", "x:/y", "#?", "?#"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := PageOf(text), plainPageOf(text); got != want {
			t.Errorf("PageOf(%q) = %q, want %q", text, got, want)
		}
		SplitURL(text).Hostname()
	})
}

func plainPageOf(url string) string {
	url, _, _ = strings.Cut(url, "?")
	url, _, _ = strings.Cut(url, "#")
	if scheme, rest, ok := strings.Cut(url, "://"); ok && !strings.Contains(scheme, "/") {
		_, path, _ := strings.Cut(rest, "/")
		return "/" + path
	}
	return "/" + strings.TrimPrefix(url, "/")
}

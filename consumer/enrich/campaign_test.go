package enrich

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCampaign(t *testing.T) {
	long := strings.Repeat("é", maxTag)
	for query, want := range map[string]campaign{
		"":                                        {},
		"&&=&a&utm_source":                        {},
		"utm_source=":                             {},
		"utm_source=&utm_source=a":                {source: "a", tag: "a"},
		"utm_source=a&utm_source=b":               {source: "a", tag: "a"},
		"a=1&utm_source=a=b&c=2":                  {source: "a=b", tag: "a=b"},
		"UTM_SOURCE=a&xutm_source=b":              {},
		"utm_medium=a%20b+c":                      {medium: "a b c"},
		"utm_medium=100%&utm_term=%zz%4":          {medium: "100%", term: "%zz%4"},
		"utm_campaign=%c3%a4%ff%00%0a":            {name: "ä"},
		"utm_campaign=+%20&utm_content=+a+":       {content: "a"},
		"utm_term=" + long:                        {term: long[:maxTag]},
		"utm_term=" + url.QueryEscape(long):       {term: long[:maxTag]},
		"gclid=1&fbclid=2":                        {click: &clickGoogle},
		"fbclid=&gclid=2&utm_source=%F0%9F%8D%B5": {source: "🍵", tag: "🍵", click: &clickGoogle},
		"utm_source=🍵":                            {source: "🍵", tag: "🍵"},
	} {
		if got := New(Options{}).campaign(query); got != want {
			t.Errorf("%q: %+v, want %+v", query, got, want)
		}
	}
}

// decodeTag against net/url, which refuses what is badly encoded.
func TestDecodeTagAgainstTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		want := strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, text))
		if len(want) > maxTag {
			t.Skip("too long")
		}
		if got := decodeTag(url.QueryEscape(text)); got != want {
			t.Fatalf("%q became %q, want %q", text, got, want)
		}
	})
}

func FuzzCampaign(f *testing.F) {
	f.Add("utm_source=a%20b&utm_medium=%&gclid=1")
	f.Fuzz(func(t *testing.T, query string) {
		c := New(Options{}).campaign(query)
		for _, s := range []string{c.source, c.medium, c.name, c.content, c.term, c.tag} {
			if len(s) > maxTag || !utf8.ValidString(s) && utf8.ValidString(query) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%q: %q", query, s)
			}
		}
	})
}

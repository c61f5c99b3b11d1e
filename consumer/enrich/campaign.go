package enrich

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/event"
)

// maxTag bounds the value of a tag, in bytes after decoding.
const maxTag = event.MaxKey

// campaign is what the query of a URL says of how the visitor came.
type campaign struct {
	source, medium, name, content, term string // the utm tags

	tag   string   // names the source: utm_source, else source, else ref
	click *clickID // nil for none
}

// campaign reads the query of a URL. Of a tag that is given twice the first value counts, and an empty one is none.
func (en *Enricher) campaign(query string) (c campaign) {
	var source, ref string
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if value == "" {
			continue
		}
		switch key {
		case "utm_source":
			en.tag(&c.source, value)
		case "utm_medium":
			en.tag(&c.medium, value)
		case "utm_campaign":
			en.tag(&c.name, value)
		case "utm_content":
			en.tag(&c.content, value)
		case "utm_term":
			en.tag(&c.term, value)
		case "source":
			en.tag(&source, value)
		case "ref":
			en.tag(&ref, value)
		default:
			if id := clickIDOf(key); id != nil && c.click == nil {
				c.click = id
			}
		}
	}
	c.tag = cmp.Or(c.source, source, ref)
	return c
}

// tag sets a tag that has no value yet.
func (en *Enricher) tag(to *string, value string) {
	if *to != "" {
		return
	}
	if isClean(value) {
		*to = clip(value)
		return
	}
	*to = *en.values.of(value, decodeTag)
}

// isClean reports whether a value stands for itself.
func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '%' || c == '+' || c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// decodeTag decodes a value of a query: "+" is a space, %XX a byte, and a % that is not followed by two hex digits is one. Control
// characters and what is no UTF-8 are left out, and spaces around it.
func decodeTag(value string) string {
	b := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(value) && isHex(value[i+1]) && isHex(value[i+2]):
			b = append(b, unhex(value[i+1])<<4|unhex(value[i+2]))
			i += 2
		default:
			b = append(b, c)
		}
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), ""))
	return strings.TrimSpace(clip(strings.TrimSpace(text)))
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// clip returns at most maxTag bytes of valid text.
func clip(s string) string {
	if len(s) <= maxTag {
		return s
	}
	n := maxTag
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

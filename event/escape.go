package event

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escape reads the escape that s starts with and returns what it stands for and how many bytes it took. The rune is
// -1 where JSON has no such escape, and a surrogate where it is one without its other half.
func escape(s string) (r rune, n int) {
	if len(s) < 2 {
		return -1, 0
	}
	switch c := s[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r = hex4(s)
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, hex4(s[6:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}

// hex4 reads \uXXXX at the start of s, -1 if it is something else.
func hex4(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	v, ok := parseHex(s[2:6])
	if !ok {
		return -1
	}
	return rune(v)
}

// unescape resolves the escapes of a string that the scanner has taken. Half of a surrogate pair becomes U+FFFD.
func unescape(raw string) string {
	var b strings.Builder
	b.Grow(len(raw))
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			b.WriteString(raw)
			return b.String()
		}
		b.WriteString(raw[:i])
		r, n := escape(raw[i:])
		b.WriteRune(r)
		raw = raw[i+n:]
	}
}

// maxQuote bounds how much of the input a message repeats, in bytes.
const maxQuote = 40

// quote returns the beginning of s in quotes, on one line and printable whatever s holds.
func quote(s string) string {
	if short := clip(s); short != s {
		return strconv.Quote(short) + "…"
	}
	return strconv.Quote(s)
}

// clip cuts s to maxQuote bytes at a character.
func clip(s string) string {
	if len(s) <= maxQuote {
		return s
	}
	n := maxQuote
	for n > maxQuote-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

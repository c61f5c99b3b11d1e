package apigw

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
)

// What is shown of events as they came must not hold what is never kept: addresses, and keys.

// maxShown is how many bytes of an event are shown.
const maxShown = 4 << 10

// minKey is how long a key is at least. What is shorter is none of ours, and may stand in anything.
const minKey = 8

const (
	hiddenAddress = "[address]"
	hiddenKey     = "[key]"
)

// keyWord is a name of something secret.
const keyWord = `[A-Za-z_-]*(?:key|token|secret|password|passwd|authorization)`

// hidden is what redact looks for. It is compiled when something is first shown: all functions on AWS link this package, most of them never show anything, and each start is
// waited for.
var hidden = sync.OnceValue(func() (p struct{ ipv4, ipv6, keyMember, keyParam *regexp.Regexp }) {
	p.ipv4 = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)
	p.ipv6 = regexp.MustCompile(`[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}`)
	p.keyMember = regexp.MustCompile(`(?i)("` + keyWord + `"\s*:\s*)"(?:[^"\\]|\\.)*"?`)
	p.keyParam = regexp.MustCompile(`(?i)([?&;]` + keyWord + `=)[^&;#"'\s\\]*`)
	return p
})

// redact takes addresses and keys out of a text: everything that reads as an address but the ones of every machine itself (127.0.0.1, ::1) and the versions in what a browser calls itself, the values of members and of
// query parameters that are called like a secret, and the key that the request was sent with.
func redact(text, key string) string {
	if len(key) >= minKey {
		text = strings.ReplaceAll(text, key, hiddenKey)
	}
	p := hidden()
	text = p.keyMember.ReplaceAllString(text, `${1}"`+hiddenKey+`"`)
	text = p.keyParam.ReplaceAllString(text, "${1}"+hiddenKey)
	return hideAddresses(text)
}

// shownField is the path of a field as it may be shown. Only those of properties have names that a sender chose, and of nearly all of these it is seen at a glance that they hide nothing.
func shownField(path, key string) string {
	if !strings.HasPrefix(path, "props.") || !strings.ContainsAny(path, hiddenNeeds) && (len(key) < minKey || !strings.Contains(path, key)) {
		return path
	}
	return redact(path, key)
}

// hiddenNeeds are characters of which each address and each key with its name has one.
const hiddenNeeds = `:"?&;0123456789`

func hideAddress(text string) string {
	if a, err := netip.ParseAddr(text); err != nil || a.IsLoopback() || a.IsUnspecified() {
		return text
	}
	return hiddenAddress
}

// hideAddress6 hides what reads as an address of version 6, with colons around it or not. With a single group it is nobody's, and may be anything: "std::".
func hideAddress6(text string) string {
	from, to := 0, len(text)
	if !strings.HasPrefix(text, "::") {
		from = len(text) - len(strings.TrimLeft(text, ":"))
	}
	if !strings.HasSuffix(text, "::") {
		to = len(strings.TrimRight(text, ":"))
	}
	if from >= to || len(strings.FieldsFunc(text, func(r rune) bool { return r == ':' })) < 2 {
		return text
	}
	return text[:from] + hideAddress(text[from:to]) + text[to:]
}

// shown returns what is shown of an event: its first bytes, without addresses and keys. More than is shown is looked at, and the end of that is given up: what is cut
// in the middle is not recognised.
func shown(data []byte, key string) string {
	const margin = 64 // longer than an address
	whole := len(data) <= maxShown+margin
	text := redact(strings.ToValidUTF8(string(data[:min(len(data), maxShown+margin)]), "\uFFFD"), key)
	if !whole {
		text = text[:max(0, len(text)-margin)]
	}
	return clip(text, maxShown)
}

package apigw

import (
	"regexp"
	"strings"
	"sync"
)

// agents finds what a browser calls itself. It is User-Agent of RFC 9110, section 10.1.5, with less in it, so that nothing else reads as one:
//   - it is the beginning of a text or of a string of JSON, and its first product is Mozilla, as of every browser;
//   - what follows, each after spaces, are comments in parentheses and products, with or without a version;
//   - a product's name is of letters, and its version of at most four numbers, or a word without a dot;
//   - behind the last of them come a space, the end of the string, or that of the text.
//
// Where something else comes the rest is a text like any other.
var agents = sync.OnceValue(func() (p struct{ whole, comment *regexp.Regexp }) {
	p.whole = regexp.MustCompile(`(?:^|")Mozilla/\d+\.\d+(?: +(?:\([^()"\\]*\)|[A-Za-z]+(?:/(?:\d+(?:\.\d+){0,3}|\w+))?))*(?:[ "\\]|$)`)
	p.comment = regexp.MustCompile(`\([^()]*\)`)
	return p
})

// hideAddresses hides all that reads as an address but the versions of a browser's products: Chrome/141.0.0.0. Comments may hold anything, and have none.
func hideAddresses(text string) string {
	var b strings.Builder
	from := 0
	for _, at := range agents().whole.FindAllStringIndex(text, -1) {
		b.WriteString(hideAll(text[from:at[0]]))
		b.WriteString(agents().comment.ReplaceAllStringFunc(text[at[0]:at[1]], hideAll))
		from = at[1]
	}
	b.WriteString(hideAll(text[from:]))
	return b.String()
}

func hideAll(text string) string {
	text = hidden().ipv4.ReplaceAllStringFunc(text, hideAddress)
	return hidden().ipv6.ReplaceAllStringFunc(text, hideAddress6)
}

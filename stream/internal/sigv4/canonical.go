package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const unsignedPayload = "UNSIGNED-PAYLOAD"

// contentHash is what a request says about the hash of its body, if anything.
func contentHash(r *http.Request) string { return r.Header.Get("X-Amz-Content-Sha256") }

// payloadHashes are the words for the body that the signature may be over. A hash that the client states itself is worth
// nothing: the body's own is used. A presigned address may be made before there is a body.
func payloadHashes(r *http.Request, c *claim, body []byte) []string {
	switch said := contentHash(r); {
	case said == unsignedPayload, isStreaming(said):
		return []string{said}
	case c.presigned:
		return []string{hexHash(body), unsignedPayload}
	}
	return []string{hexHash(body)}
}

// canonicalRequest is the request as text, in the one form that both sides make of it.
func (c *claim) canonicalRequest(r *http.Request, payloadHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(canonicalPath(r.URL) + "\n")
	b.WriteString(canonicalQuery(c.query) + "\n")
	for _, name := range c.headers {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(c.headers, ";") + "\n" + payloadHash)
	return b.String()
}

// canonicalPath is the path as it was sent, escaped once more.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	return strings.ReplaceAll(escape(path), "%2F", "/")
}

// escape keeps letters, digits and "-_.~".
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// canonicalQuery is the query without the signature itself, sorted as it is escaped.
func canonicalQuery(query url.Values) string {
	var pairs [][2]string
	for key, values := range query {
		if key == "X-Amz-Signature" {
			continue
		}
		for _, value := range values {
			pairs = append(pairs, [2]string{escape(key), escape(value)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	all := make([]string, len(pairs))
	for i, p := range pairs {
		all[i] = p[0] + "=" + p[1]
	}
	return strings.Join(all, "&")
}

// headerValue is a header's values with single spaces. Go keeps two headers in fields of their own.
func headerValue(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host", name == authority:
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c == ' ' }), " ")
	}
	return strings.Join(all, ",")
}

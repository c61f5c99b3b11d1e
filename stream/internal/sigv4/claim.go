package sigv4

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// claim is what a request says about its signature.
type claim struct {
	accessKey, day, region, service, terminator string // the credential

	headers   []string // that are signed, in lower case
	signature string
	stamp     string // the time of signing as it was signed
	time      time.Time
	expires   time.Duration // of a presigned address
	query     url.Values
	presigned bool
}

// scope says what the signing key is good for.
func (c *claim) scope() string {
	return strings.Join([]string{c.day, c.region, c.service, c.terminator}, "/")
}

func readClaim(r *http.Request) (*claim, error) {
	c := &claim{query: r.URL.Query()}
	c.presigned = c.query.Has("X-Amz-Algorithm")
	header := r.Header.Get("Authorization")
	switch {
	case header != "" && c.presigned:
		return nil, fail(invalidSignature, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case c.presigned:
		return c, c.readQuery()
	case header == "":
		return nil, fail(missingToken, "Missing Authentication Token")
	}
	return c, c.readHeader(header, r.Header)
}

// readHeader reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func (c *claim) readHeader(header string, all http.Header) error {
	name, rest, _ := strings.Cut(header, " ")
	if name != algorithm {
		return fail(incompleteSignature, "Unsupported AWS 'algorithm': '%s'.", name)
	}
	params := map[string]string{}
	for _, part := range strings.FieldsFunc(rest, func(c rune) bool { return c == ',' || c == ' ' }) {
		key, value, _ := strings.Cut(part, "=")
		params[key] = value
	}
	var missing strings.Builder
	for _, key := range []string{"Credential", "Signature", "SignedHeaders"} {
		if params[key] == "" {
			missing.WriteString("Authorization header requires '" + key + "' parameter. ")
		}
	}
	stamp := all.Get("X-Amz-Date")
	if stamp == "" {
		stamp = basicStamp(all.Get("Date"))
	}
	if stamp == "" {
		missing.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	if missing.Len() > 0 {
		return fail(incompleteSignature, "%sAuthorization=%s", missing.String(), header)
	}
	return c.fill(params["Credential"], params["SignedHeaders"], params["Signature"], stamp)
}

// basicStamp is a Date header in the form in which it is signed.
func basicStamp(date string) string {
	if t, err := http.ParseTime(date); err == nil {
		return t.UTC().Format(stampForm)
	}
	return date
}

func (c *claim) readQuery() error {
	var missing strings.Builder
	for _, key := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if c.query.Get(key) == "" {
			missing.WriteString("AWS query-string parameters must include '" + key + "'. ")
		}
	}
	if missing.Len() > 0 {
		return fail(incompleteSignature, "%sRe-examine the query-string parameters.", missing.String())
	}
	if name := c.query.Get("X-Amz-Algorithm"); name != algorithm {
		return fail(incompleteSignature, "Unsupported AWS 'algorithm': '%s'.", name)
	}
	if text := c.query.Get("X-Amz-Expires"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 32)
		if err != nil || seconds == 0 || time.Duration(seconds)*time.Second > maxExpiry {
			return fail(incompleteSignature, "X-Amz-Expires must be between 1 and %d seconds, got '%s'.", maxExpiry/time.Second, text)
		}
		c.expires = time.Duration(seconds) * time.Second
	}
	return c.fill(c.query.Get("X-Amz-Credential"), c.query.Get("X-Amz-SignedHeaders"), c.query.Get("X-Amz-Signature"), c.query.Get("X-Amz-Date"))
}

func (c *claim) fill(credential, headers, signature, stamp string) error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return fail(incompleteSignature, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", credential)
	}
	c.accessKey, c.day, c.region, c.service, c.terminator = parts[0], parts[1], parts[2], parts[3], parts[4]
	var err error
	if c.time, err = time.Parse(stampForm, stamp); err != nil {
		return fail(incompleteSignature, "Date must be in ISO-8601 'basic format'. Got '%s'.", stamp)
	}
	c.headers, c.signature, c.stamp = strings.Split(strings.ToLower(headers), ";"), signature, stamp
	return nil
}

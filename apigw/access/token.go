package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

const (
	// siteKeyBytes is how much of the hash a site's key keeps.
	siteKeyBytes = 18
	siteKeyMark  = "sk_"
	tokenMark    = "v1"
	separator    = "~" // is in no site id and needs no escaping in a URL or a header
)

// mac signs a text for one purpose.
func (k SigningKey) mac(purpose, text string) []byte {
	m := hmac.New(sha256.New, k)
	m.Write([]byte(purpose + "\x00" + text))
	return m.Sum(nil)
}

func (k SigningKey) siteKey(site string) string {
	return siteKeyMark + base64.RawURLEncoding.EncodeToString(k.mac("site", site)[:siteKeyBytes])
}

// SiteKey returns the key with which events of a site are sent.
func (s Secrets) SiteKey(site string) string { return s.Ingest[0].siteKey(site) }

// IsSiteKey reports whether a key is one of the site, by any signing key that is valid.
func (s Secrets) IsSiteKey(key, site string) bool {
	found := false
	for _, k := range s.Ingest {
		found = hmac.Equal([]byte(k.siteKey(site)), []byte(key)) || found
	}
	return found
}

// Sign returns a token with which events of a site can be sent until it expires: v1~SITE~UNIX SECONDS~MAC.
func (s Secrets) Sign(site string, expires time.Time) string {
	text := strings.Join([]string{tokenMark, site, strconv.FormatInt(expires.Unix(), 10)}, separator)
	return text + separator + s.Ingest[0].signature(text)
}

func (k SigningKey) signature(text string) string {
	return base64.RawURLEncoding.EncodeToString(k.mac("token", text))
}

// The errors of Verify.
var (
	ErrToken   = errors.New("the token was not made here")
	ErrExpired = errors.New("the token has expired")
)

// Verify returns the site of a signed token. Nothing of it is believed before its signature is right.
func (s Secrets) Verify(token string, now time.Time) (site string, err error) {
	at := strings.LastIndex(token, separator)
	if at < 0 || !s.signed(token[:at], token[at+1:]) {
		return "", ErrToken
	}
	parts := strings.Split(token[:at], separator)
	if len(parts) != 3 || parts[0] != tokenMark || !event.ValidSite(parts[1]) {
		return "", ErrToken
	}
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return "", ErrToken
	}
	if expires := time.Unix(seconds, 0); !now.Before(expires) {
		return "", fmt.Errorf("%w at %s", ErrExpired, expires.UTC().Format(time.RFC3339))
	}
	return parts[1], nil
}

func (s Secrets) signed(text, signature string) bool {
	found := false
	for _, k := range s.Ingest {
		found = hmac.Equal([]byte(k.signature(text)), []byte(signature)) || found
	}
	return found
}

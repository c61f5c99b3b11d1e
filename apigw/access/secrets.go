package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Secrets are what access rests on. The first of a list is the newest.
type Secrets struct {
	// Access are the tokens that open the page and the query API.
	Access []string `json:"access"`
	// Ingest are the keys that sites' keys and signed tokens are made with: one, or two while one is being replaced.
	Ingest []SigningKey `json:"ingest"`
}

// SigningKey is a key of HMAC-SHA256; as text it is base64url.
type SigningKey []byte

const (
	secretBytes = 32
	// maxIngest is how many signing keys are valid at a time.
	maxIngest = 2
)

// MarshalText implements [encoding.TextMarshaler].
func (k SigningKey) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, k), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *SigningKey) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil {
		return errors.New("a signing key is not base64url")
	}
	*k = b
	return nil
}

func random() []byte {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails, crypto/rand says
	return b
}

func newToken() string { return base64.RawURLEncoding.EncodeToString(random()) }

// New makes fresh secrets.
func New() Secrets { return Secrets{Access: []string{newToken()}, Ingest: []SigningKey{random()}} }

// Parse reads what Encode wrote.
func Parse(b []byte) (Secrets, error) {
	var s Secrets
	if err := json.Unmarshal(b, &s); err != nil {
		return Secrets{}, errors.New("the access secrets are not JSON of this kind") // the error of encoding/json could quote them
	}
	return s, s.validate()
}

func (s Secrets) validate() error {
	var errs []error
	if len(s.Access) == 0 {
		errs = append(errs, errors.New("there is no access token"))
	}
	for _, t := range s.Access {
		if len(t) < 20 || strings.ContainsAny(t, " \t\r\n;,") {
			errs = append(errs, errors.New("an access token has fewer than 20 characters, or blanks in it"))
		}
	}
	if len(s.Ingest) == 0 || len(s.Ingest) > maxIngest {
		errs = append(errs, fmt.Errorf("there are %d signing keys; 1 or %d are allowed", len(s.Ingest), maxIngest))
	}
	for _, k := range s.Ingest {
		if len(k) < secretBytes {
			errs = append(errs, fmt.Errorf("a signing key has %d bytes; %d are needed", len(k), secretBytes))
		}
	}
	return errors.Join(errs...)
}

// Encode writes the secrets as JSON.
func (s Secrets) Encode() []byte {
	b, _ := json.Marshal(s) // strings and bytes always can be
	return b
}

// RotateAccess returns the secrets with a new access token in the place of all old ones.
func (s Secrets) RotateAccess() Secrets {
	return Secrets{Access: []string{newToken()}, Ingest: s.Ingest}
}

// RotateIngest returns the secrets with a new signing key. The newest of before stays valid until the next time.
func (s Secrets) RotateIngest() Secrets {
	keys := append([]SigningKey{random()}, s.Ingest...)
	return Secrets{Access: s.Access, Ingest: slices.Clone(keys[:min(len(keys), maxIngest)])}
}

// Opens reports whether an access token is valid.
func (s Secrets) Opens(token string) bool {
	found := 0
	given := sha256.Sum256([]byte(token)) // of one length, whatever is given
	for _, t := range s.Access {
		want := sha256.Sum256([]byte(t))
		found |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	return found == 1 && token != ""
}

package apigw

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store"
)

// saltLife is how long a salt is kept. After that nobody, we included, can tell which address and user agent a cookieless
// visitor was.
const saltLife = 48 * time.Hour

// salts are the secrets that cookieless visitors are hashed with: one for each site and local day, the same for all doors.
type salts struct {
	store store.Store
	now   func() time.Time

	mu    sync.Mutex // guards known
	known map[saltKey]salt
}

type saltKey struct {
	site string
	day  int64 // see localDay
}

type salt struct {
	secret []byte
	made   time.Time
}

func newSalts(s store.Store, now func() time.Time) *salts {
	return &salts{store: s, now: now, known: make(map[saltKey]salt)}
}

// key says under which salt a visitor of the site is at that time, in Unix milliseconds.
func (s *salts) key(site aggregate.Site, at int64) saltKey {
	return saltKey{site.ID, localDay(at, site.Zone())}
}

// visitor returns the cookieless visitor: a keyed hash of address and user agent.
func (s *salts) visitor(ctx context.Context, k saltKey, address, userAgent string) (string, error) {
	secret, err := s.get(ctx, k)
	if err != nil {
		return "", fmt.Errorf("get salt of site %s: %w", k.site, err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(address))
	mac.Write([]byte{0})
	mac.Write([]byte(userAgent))
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

func (s *salts) get(ctx context.Context, k saltKey) ([]byte, error) {
	s.mu.Lock()
	have, ok := s.known[k]
	s.mu.Unlock()
	if ok && s.alive(have) {
		return have.secret, nil
	}
	have, err := s.load(ctx, k)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.known[k] = have
	s.mu.Unlock()
	return have.secret, nil
}

func (s *salts) alive(have salt) bool { return s.now().Sub(have.made) < saltLife }

const saltsPartition = "T"

func (k saltKey) in() store.Key {
	return store.Key{Partition: saltsPartition, Sort: k.site + "#" + time.Unix(k.day*daySeconds, 0).UTC().Format(time.DateOnly)}
}

// load reads a salt, and makes one where there is none that is still to be used. Where another door does so at the same time, one of them is
// first, and the other reads again.
func (s *salts) load(ctx context.Context, k saltKey) (salt, error) {
	for {
		it, err := s.store.Get(ctx, k.in())
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return salt{}, err
		}
		if have, err := decodeSalt(it.Value); err == nil && s.alive(have) {
			return have, nil
		}
		made := newSalt(s.now())
		_, err = s.store.Put(ctx, k.in(), made.encode(), store.Write{Expect: it.Revision})
		if !errors.Is(err, store.ErrConflict) {
			return made, err
		}
	}
}

const secretBytes = 32

func newSalt(now time.Time) salt {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails, crypto/rand says
	return salt{secret, now.UTC()}
}

func (s salt) encode() []byte {
	value, _ := s.made.MarshalBinary() // fails only for odd time zones
	return append(value, s.secret...)
}

func decodeSalt(value []byte) (salt, error) {
	if len(value) < secretBytes {
		return salt{}, aggregate.ErrCorrupt
	}
	at := len(value) - secretBytes
	var made time.Time
	if err := made.UnmarshalBinary(value[:at]); err != nil {
		return salt{}, aggregate.ErrCorrupt
	}
	return salt{value[at:], made}, nil
}

// forget drops the salts that have reached their age from memory.
func (s *salts) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, have := range s.known {
		if !s.alive(have) {
			delete(s.known, k)
		}
	}
}

// PurgeSalts deletes the salts that have reached their age, from the store and from memory.
func (s *Server) PurgeSalts(ctx context.Context) error {
	s.salts.forget()
	for it, err := range s.o.Store.Scan(ctx, store.Range{Partition: saltsPartition}) {
		if err != nil {
			return fmt.Errorf("read salts: %w", err)
		}
		if old, err := decodeSalt(it.Value); err == nil && s.salts.alive(old) {
			continue
		}
		err = s.o.Store.Delete(ctx, it.Key, store.Write{Expect: it.Revision})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("delete salt: %w", err)
		}
	}
	return nil
}

const daySeconds = 86_400

// localDay returns which day it is in a zone at a time in Unix milliseconds: the number of days after 1970-01-01.
func localDay(ms int64, zone *time.Location) int64 {
	t := time.UnixMilli(ms).In(zone)
	_, offset := t.Zone()
	local := t.Unix() + int64(offset)
	day := local / daySeconds
	if local%daySeconds < 0 {
		day--
	}
	return day
}

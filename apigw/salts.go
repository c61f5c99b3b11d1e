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

type saltKey struct{ site, day string }

type salt struct {
	secret []byte
	made   time.Time
}

func newSalts(s store.Store, now func() time.Time) *salts {
	return &salts{store: s, now: now, known: make(map[saltKey]salt)}
}

// visitor returns the cookieless visitor: a keyed hash of address and user agent, that changes with the site's day.
func (s *salts) visitor(ctx context.Context, site aggregate.Site, atMS int64, address, userAgent string) (string, error) {
	zone, err := time.LoadLocation(site.TZ)
	if err != nil {
		return "", fmt.Errorf("time zone of site %s: %w", site.ID, err)
	}
	salt, err := s.get(ctx, saltKey{site.ID, time.UnixMilli(atMS).In(zone).Format(time.DateOnly)})
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(address))
	mac.Write([]byte{0})
	mac.Write([]byte(userAgent))
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

func (s *salts) get(ctx context.Context, k saltKey) ([]byte, error) {
	s.mu.Lock()
	have, ok := s.known[k]
	s.mu.Unlock()
	if ok && s.now().Sub(have.made) < saltLife {
		return have.secret, nil
	}
	have, err := s.load(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("get salt of site %s: %w", k.site, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, salt := range s.known {
		if s.now().Sub(salt.made) >= saltLife {
			delete(s.known, old)
		}
	}
	s.known[k] = have
	return have.secret, nil
}

const saltsPartition = "T"

// load makes a salt unless another door was first, and reads back whose it is.
func (s *salts) load(ctx context.Context, k saltKey) (salt, error) {
	key := store.Key{Partition: saltsPartition, Sort: k.site + "#" + k.day}
	made := s.now().UTC()
	value, _ := made.MarshalBinary() // fails only for odd time zones
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails, crypto/rand says
	_, err := s.store.Put(ctx, key, append(value, fresh...), store.Write{})
	if err == nil {
		return salt{fresh, made}, nil
	}
	if !errors.Is(err, store.ErrConflict) {
		return salt{}, err
	}
	it, err := s.store.Get(ctx, key)
	if err != nil {
		return salt{}, err
	}
	return decodeSalt(it.Value)
}

func decodeSalt(value []byte) (salt, error) {
	if len(value) < 32 {
		return salt{}, aggregate.ErrCorrupt
	}
	var made time.Time
	if err := made.UnmarshalBinary(value[:len(value)-32]); err != nil {
		return salt{}, aggregate.ErrCorrupt
	}
	return salt{value[len(value)-32:], made}, nil
}

// PurgeSalts deletes the salts that have reached their age.
func (s *Server) PurgeSalts(ctx context.Context) error {
	for it, err := range s.o.Store.Scan(ctx, store.Range{Partition: saltsPartition}) {
		if err != nil {
			return fmt.Errorf("read salts: %w", err)
		}
		old, err := decodeSalt(it.Value)
		if err == nil && s.o.Now().Sub(old.made) < saltLife {
			continue
		}
		err = s.o.Store.Delete(ctx, it.Key, store.Write{Expect: it.Revision})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("delete salt: %w", err)
		}
	}
	return nil
}

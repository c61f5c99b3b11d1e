package aggregate

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
)

// BotRule says what becomes of a site's automated traffic.
type BotRule string

// The bot rules.
const (
	DropBots  BotRule = "drop"  // booked as bot, in no number
	CountBots BotRule = "count" // counted like everything else
)

// Site is what is known of a site.
type Site struct {
	ID      string    `json:"id"`
	TZ      string    `json:"tz"` // IANA name of the time zone that its days are in
	Bots    BotRule   `json:"bots"`
	Created time.Time `json:"created_at"`
	Gen     uint32    `json:"gen"`
	// Seed goes into the hashes of the site's ids and visitors, so that nobody outside can make two collide. It never changes:
	// a hash must be the same at every delivery.
	Seed    uint64 `json:"seed"`
	Removed bool   `json:"removed,omitempty"`
	// Secret is what the messages to the site's webhooks are signed with; "" until one is needed.
	Secret string `json:"webhook_secret,omitempty"`
	// EndedTiles are keys of tiles that open nothing any more.
	EndedTiles []EndedTile `json:"ended_tiles,omitempty"`
	SiteRules
	Keep Keep `json:"keep,omitzero"`
	Gone Gone `json:"gone,omitzero"`
	Layering

	// Of an edition: the generations whose logs it is folded from, and the span whose roll-ups are its own; see edition.go.
	stack []uint32
	own   span
	aside bool // its figures are not the ones that are read: not yet, or no more
}

// HashID returns the hash under which an event id of the site is looked for.
func (s Site) HashID(id string) uint64 { return xxh3.HashStringSeed(id, s.Seed) }

// HashVisitor returns the hash under which a visitor of the site is counted.
func (s Site) HashVisitor(who string) uint64 { return xxh3.HashStringSeed(who, ^s.Seed) }

// The errors of sites.
var (
	ErrNoSite     = errors.New("no such site")
	ErrSiteExists = errors.New("exists already")
	ErrBadSite    = errors.New("bad site")
)

const sitesPartition = "S"

// siteTTL is how long a site is believed before it is read again: another process may have changed its rule.
const siteTTL = 2 * time.Second

// Sites is the registry of sites, kept in the store.
type Sites struct {
	store itemStore
	now   func() time.Time

	mu    sync.Mutex // guards known
	known map[string]cachedSite
}

type cachedSite struct {
	site Site
	read time.Time
}

// NewSites returns the registry kept in s.
func NewSites(s store.Store, now func() time.Time) *Sites {
	return &Sites{store: s, now: now, known: make(map[string]cachedSite)}
}

// Get returns a site, or ErrNoSite. What it answers may be as old as siteTTL.
func (s *Sites) Get(ctx context.Context, id string) (Site, error) {
	s.mu.Lock()
	c, ok := s.known[id]
	s.mu.Unlock()
	if ok && s.now().Sub(c.read) < siteTTL {
		return c.site, live(c.site)
	}
	site, _, err := s.read(ctx, id)
	if err != nil {
		return Site{}, err
	}
	s.remember(site)
	return site, live(site)
}

func live(s Site) error {
	if s.Removed {
		return ErrNoSite
	}
	return nil
}

func (s *Sites) remember(site Site) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[site.ID] = cachedSite{site, s.now()}
}

func (s *Sites) read(ctx context.Context, id string) (Site, store.Revision, error) {
	it, err := s.store.Get(ctx, store.Key{Partition: sitesPartition, Sort: id})
	if errors.Is(err, store.ErrNotFound) {
		return Site{}, 0, ErrNoSite
	}
	if err != nil {
		return Site{}, 0, fmt.Errorf("read site %s: %w", id, err)
	}
	var site Site
	if err := decodeJSON("site", it, &site); err != nil {
		return Site{}, 0, err
	}
	return site, it.Revision, nil
}

// readLive is read for a site that was not removed.
func (s *Sites) readLive(ctx context.Context, id string) (Site, store.Revision, error) {
	site, rev, err := s.read(ctx, id)
	if err == nil {
		err = live(site)
	}
	return site, rev, err
}

// Ensure returns a site and creates it, in UTC and with DropBots, where there was none: the second answer says so. A site that
// was removed stays removed until Add brings it back: that is ErrNoSite.
func (s *Sites) Ensure(ctx context.Context, id string) (Site, bool, error) {
	site, err := s.Get(ctx, id)
	if !errors.Is(err, ErrNoSite) || site.Removed {
		return site, false, err
	}
	site, err = s.Add(ctx, Site{ID: id})
	if errors.Is(err, ErrSiteExists) {
		site, err = s.Get(ctx, id)
		return site, false, err
	}
	return site, err == nil, err
}

// Add creates a site, or brings a removed one back under a new generation, without its old numbers. Empty fields get their defaults.
func (s *Sites) Add(ctx context.Context, site Site) (Site, error) {
	if err := fillSite(&site); err != nil {
		return Site{}, err
	}
	site.Layering = Layering{}
	old, rev, err := s.read(ctx, site.ID)
	switch {
	case errors.Is(err, ErrNoSite):
		site.Gen, site.Seed = 1, randomSeed()
	case err != nil:
		return Site{}, err
	case !old.Removed:
		return old, exists(site.ID)
	default:
		site.Gen, site.Seed = max(old.Gen, old.Given)+1, old.Seed
		site.Switched = old.Switched + 1
		site.EndedTiles = old.EndedTiles // what was taken from somebody does not come back with the site
	}
	site.Created, site.Removed = s.now().UTC(), false
	err = s.write(ctx, site, rev)
	if errors.Is(err, store.ErrConflict) {
		return Site{}, exists(site.ID) // somebody else was faster
	}
	if err != nil {
		return Site{}, err
	}
	return site, nil
}

func exists(id string) error { return fmt.Errorf("site %q: %w", id, ErrSiteExists) }

func fillSite(site *Site) error {
	if !event.ValidSite(site.ID) {
		return fmt.Errorf("%w: id %q: allowed are a-z, 0-9, '.' and '-', beginning with a letter or digit, at most %d", ErrBadSite, site.ID, event.MaxSite)
	}
	if site.TZ == "" {
		site.TZ = "UTC"
	}
	if _, err := time.LoadLocation(site.TZ); err != nil || site.TZ == "Local" {
		return fmt.Errorf("%w: time zone %q is not known; an IANA name such as Europe/Berlin is allowed", ErrBadSite, site.TZ)
	}
	if site.Bots == "" {
		site.Bots = DropBots
	}
	site.Alerts = alert.Filled(site.Alerts)
	return site.checkChoices()
}

// checkChoices checks what can be changed later.
func (s Site) checkChoices() error {
	if s.Bots != DropBots && s.Bots != CountBots {
		return fmt.Errorf("%w: bots %q: allowed are drop and count", ErrBadSite, s.Bots)
	}
	if err := s.SiteRules.check(); err != nil {
		return err
	}
	if s.Secret != "" && (len(s.Secret) < minSecret || len(s.Secret) > maxSecret) {
		return fmt.Errorf("%w: webhook_secret: %d to %d bytes are allowed", ErrBadSite, minSecret, maxSecret)
	}
	if len(s.EndedTiles) > maxEndedTiles {
		return fmt.Errorf("%w: %d keys of its tiles are ended, and no more can be; rotate the signing key twice, which ends all of them", ErrBadSite, maxEndedTiles)
	}
	return s.Keep.check()
}

// Update changes what a site may choose. Its id and time zone stay: its days were made in that zone.
func (s *Sites) Update(ctx context.Context, id string, change func(*Site)) (Site, error) {
	for {
		site, rev, err := s.readLive(ctx, id)
		if err != nil {
			return Site{}, err
		}
		next := site
		change(&next)
		next.ID, next.TZ, next.Created, next.Gen, next.Seed, next.Removed = site.ID, site.TZ, site.Created, site.Gen, site.Seed, site.Removed
		next.Layering = site.Layering
		next.Alerts = alert.Filled(next.Alerts)
		if err := next.checkChoices(); err != nil {
			return Site{}, err
		}
		next.Gone = site.Gone.keeping(site.Keep, next.Keep, s.now().UnixMilli())
		if err := s.write(ctx, next, rev); !errors.Is(err, store.ErrConflict) {
			return next, err
		}
	}
}

// Lengths of the secret that messages to webhooks are signed with, in bytes.
const (
	minSecret = 16
	maxSecret = 200
)

// WebhookSecret returns what the messages to the webhooks of a site are signed with, and makes it where there is none.
func (s *Sites) WebhookSecret(ctx context.Context, id string) (string, error) {
	site, err := s.Get(ctx, id)
	if err != nil || site.Secret != "" {
		return site.Secret, err
	}
	site, err = s.Update(ctx, id, func(site *Site) {
		if site.Secret == "" { // another process may have been faster
			site.Secret = rand.Text()
		}
	})
	return site.Secret, err
}

// Remove takes a site out of use: its events are refused and quarantined from now on. Its numbers stay in the store.
func (s *Sites) Remove(ctx context.Context, id string) error {
	for {
		site, rev, err := s.readLive(ctx, id)
		if err != nil {
			return err
		}
		site.Removed = true
		if err := s.write(ctx, site, rev); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func (s *Sites) write(ctx context.Context, site Site, expect store.Revision) error {
	value, err := json.Marshal(site)
	if err != nil {
		return fmt.Errorf("encode site %s: %w", site.ID, err)
	}
	_, err = s.store.Put(ctx, store.Key{Partition: sitesPartition, Sort: site.ID}, value, store.Write{Expect: expect})
	if err != nil {
		return fmt.Errorf("write site %s: %w", site.ID, err)
	}
	s.remember(site)
	return nil
}

// List returns the sites in use, in order of their ids. One that cannot be read stops nobody who asks for all, and is left out.
func (s *Sites) List(ctx context.Context) ([]Site, error) { return s.list(ctx, ignored) }

// list does it, and tells of sites that cannot be read.
func (s *Sites) list(ctx context.Context, tell teller) ([]Site, error) {
	sites := []Site{}
	for it, err := range s.store.Scan(ctx, store.Range{Partition: sitesPartition}) {
		if err != nil {
			return nil, fmt.Errorf("list sites: %w", err)
		}
		var site Site
		if err := decodeJSON("site", it, &site); err != nil {
			tell("site "+it.Key.Sort, err)
			continue
		}
		if !site.Removed {
			sites = append(sites, site)
		}
	}
	return sites, nil
}

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand says
	return binary.BigEndian.Uint64(b[:])
}

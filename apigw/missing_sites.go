package apigw

import (
	"strings"
	"sync"
	"time"
)

const (
	// missingFor is how long it is believed that there is no such site.
	missingFor = 10 * time.Second
	// maxMissing bounds how many are remembered: anybody can make names up.
	maxMissing = 1000
)

// missingSites remembers for a moment which sites there are not, for those who only want to enter something into a site's accounts: each look into the store is paid for on AWS,
// and events that are refused come in masses. Whoever wants to take an event asks the store.
type missingSites struct {
	mu    sync.Mutex
	until map[string]time.Time // guarded by mu
}

// has reports whether a site was found missing of late.
func (m *missingSites) has(id string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[id])
}

// note remembers one. Where there are too many, the others are forgotten, which costs a read each.
func (m *missingSites) note(id string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == nil || len(m.until) >= maxMissing {
		m.until = make(map[string]time.Time)
	}
	m.until[strings.Clone(id)] = now.Add(missingFor) // it may be memory of a request
}

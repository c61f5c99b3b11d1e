package exporter

import (
	"sync"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Sites bounds the label "site": who can make sites can make no series. The zero value is ready.
type Sites struct {
	mu    sync.Mutex // guards known
	known map[string]string
}

// Label returns the value of the label for a site: its id for the first that are met, and meters.Other for the rest and for what has no site.
func (s *Sites) Label(site string) string {
	if site == "" {
		return meters.Other
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if label, ok := s.known[site]; ok {
		return label
	}
	if len(s.known) >= meters.MaxSites {
		return meters.Other
	}
	if s.known == nil {
		s.known = make(map[string]string)
	}
	s.known[site] = site
	return site
}

package aggregate

import (
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/aggregate/query"
)

// SiteRules are a site's choices about what its figures mean. They are applied when a question is asked, to all of the past.
type SiteRules struct {
	GapSeconds int64            `json:"visit_gap_s,omitempty"` // the pause that ends a visit; 1,800 if zero
	Bounce     query.BounceRule `json:"bounce,omitempty"`      // [query.BounceInteraction] if ""
	Goals      []query.Goal     `json:"goals,omitempty"`
	// Alerts say when somebody is to be told, and Webhooks who: URLs that events are posted to.
	Alerts   []alert.Rule `json:"alerts,omitempty"`
	Webhooks []string     `json:"webhooks,omitempty"`
}

// Keep says for how many days the roll-ups of a site are kept. Zero is the default.
type Keep struct {
	Minutes  int `json:"minutes,omitempty"`  // 14
	Quarters int `json:"quarters,omitempty"` // 400
	Samples  int `json:"samples,omitempty"`  // those of days, 400; the counts of days are kept for ever
}

// Gone says up to when days may have lost their roll-ups, in Unix milliseconds, whatever a site keeps now: it kept less before.
type Gone struct {
	Minutes  int64 `json:"minutes,omitempty"`
	Quarters int64 `json:"quarters,omitempty"`
}

// keeping is g after a site has changed what it keeps.
func (g Gone) keeping(old, now Keep, at int64) Gone {
	old, now = old.orDefaults(), now.orDefaults()
	if now.Minutes > old.Minutes {
		g.Minutes = max(g.Minutes, at-int64(old.Minutes)*dayMS)
	}
	if now.Quarters > old.Quarters {
		g.Quarters = max(g.Quarters, at-int64(old.Quarters)*dayMS)
	}
	return g
}

// Rules returns what the evaluator needs to know of the site.
func (s Site) Rules() query.Rules {
	return query.Rules{Gap: time.Duration(s.GapSeconds) * time.Second, Bounce: s.Bounce, Goals: s.Goals, Zone: s.Zone()}
}

// zones are the time zones that were loaded, by name.
var zones sync.Map

// Zone returns the time zone of the site's days. That the name is known was checked when it was given; where the machine's zones were taken away since, it is UTC for everybody.
func (s Site) Zone() *time.Location {
	if s.TZ == "" {
		return time.UTC
	}
	if z, ok := zones.Load(s.TZ); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(s.TZ)
	if err != nil {
		return time.UTC
	}
	zones.Store(s.TZ, z)
	return z
}

// Bounds of what a site may choose.
const (
	minGap  = 60
	maxGap  = 86_400
	maxKeep = 36_500 // days
)

// check says what is wrong with the rules and what is allowed.
func (r SiteRules) check() error {
	if r.GapSeconds != 0 && (r.GapSeconds < minGap || r.GapSeconds > maxGap) {
		return fmt.Errorf("%w: visit_gap_s %d: allowed are %d to %d seconds", ErrBadSite, r.GapSeconds, minGap, maxGap)
	}
	names := make(map[string]bool)
	for i, g := range r.Goals {
		if names[g.Name] {
			return fmt.Errorf("%w: goals[%d]: %q is there twice", ErrBadSite, i, g.Name)
		}
		names[g.Name] = true
	}
	if faults := (query.Rules{Bounce: r.Bounce, Goals: r.Goals}).Faults(); len(faults) > 0 {
		return fmt.Errorf("%w: %s", ErrBadSite, faults.Text())
	}
	if err := alert.Check(r.Alerts); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSite, err)
	}
	return checkWebhooks(r.Webhooks)
}

// Bounds of a site's webhooks.
const (
	maxWebhooks = 5
	maxWebhook  = 2000 // bytes of a URL
)

func checkWebhooks(all []string) error {
	if len(all) > maxWebhooks {
		return fmt.Errorf("%w: webhooks: there are %d; at most %d are allowed", ErrBadSite, len(all), maxWebhooks)
	}
	for i, text := range all {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || len(text) > maxWebhook {
			return fmt.Errorf("%w: webhooks[%d]: %.80q: allowed is a URL with http or https and a host, without a user or a fragment, of at most %d bytes",
				ErrBadSite, i, text, maxWebhook)
		}
		if slices.Contains(all[:i], text) {
			return fmt.Errorf("%w: webhooks[%d]: it is there twice", ErrBadSite, i)
		}
	}
	return nil
}

func (k Keep) check() error {
	for name, n := range map[string]int{"minutes": k.Minutes, "quarters": k.Quarters, "samples": k.Samples} {
		if n < 0 || n > maxKeep {
			return fmt.Errorf("%w: keep: %s %d: allowed are 1 to %d days, or 0 for the default", ErrBadSite, name, n, maxKeep)
		}
	}
	if k := k.orDefaults(); k.Minutes < 10 || k.Quarters < k.Minutes || k.Samples < k.Minutes {
		return fmt.Errorf("%w: keep: minutes must be at least 10 days, and quarters and samples no less than minutes", ErrBadSite)
	}
	return nil
}

package query

import (
	"strings"
	"time"
	"unicode/utf8"
)

// BounceRule says when a visit is a bounce.
type BounceRule string

// The bounce rules. All of them want exactly one pageview.
const (
	// BounceInteraction: no event but pageviews and engagement.
	BounceInteraction BounceRule = "interaction"
	// BouncePageviews: whatever else happened.
	BouncePageviews BounceRule = "pageviews"
	// BounceEngaged: no event but pageviews and engagement, and less than 10 s of engaged time.
	BounceEngaged BounceRule = "engaged"
)

// DefaultGap is the pause that ends a visit; one of exactly that length does.
const DefaultGap = 30 * time.Minute

// MaxVisit is how long after its first hit a visit is cut.
const MaxVisit = 24 * time.Hour

// LookBack is how far before the range of a query visits are followed to where they began. One that goes on without a pause for longer is
// taken to begin there.
const LookBack = 7 * 24 * time.Hour

// Rules are a site's choices. Zero values are the defaults.
type Rules struct {
	Gap    time.Duration
	Bounce BounceRule
	Goals  []Goal
	Zone   *time.Location // UTC if nil
}

// Goal is what a site wants its visitors to do: an event of a name, or a pageview of a page.
type Goal struct {
	Name string `json:"name"` // as rows show it
	// Event is the name of the event. Page is a pattern of paths: * stands for any characters but a slash, ** for any. One of the two is set.
	Event string `json:"event,omitempty"`
	Page  string `json:"page,omitempty"`
}

// The bounds of what a site may choose.
const (
	maxGoals    = 200
	maxGoalText = 2000 // bytes of a name or pattern
)

// WithDefaults returns the rules with every choice made.
func (r Rules) WithDefaults() Rules {
	if r.Gap == 0 {
		r.Gap = DefaultGap
	}
	if r.Bounce == "" {
		r.Bounce = BounceInteraction
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	return r
}

// Check reports everything that is wrong with the rules, as Faults.
func (r Rules) Check() error { return r.Faults().err() }

// Faults are everything that is wrong with the rules.
func (r Rules) Faults() (f Faults) {
	r.check(&f)
	return f
}

func (r Rules) check(f *Faults) {
	r = r.WithDefaults()
	f.unless(r.Gap > 0 && r.Gap <= MaxVisit, "gap", r.Gap, "a duration above 0 and at most 24h")
	f.unless(r.Bounce == BounceInteraction || r.Bounce == BouncePageviews || r.Bounce == BounceEngaged, "bounce", r.Bounce,
		list(BounceInteraction, BouncePageviews, BounceEngaged))
	f.unless(len(r.Goals) <= maxGoals, "goals", len(r.Goals), "at most 200 goals")
	for i, g := range r.Goals {
		g.check(f, at("goals", i))
	}
}

func (g Goal) check(f *Faults, field string) {
	f.unless(g.Name != "" && isText(g.Name, maxGoalText), field+".name", g.Name, "a text of 1 to 2000 bytes")
	f.unless((g.Event != "") != (g.Page != ""), field, g.Name, "an event or a page, and not both")
	f.unless(g.Event != engagement, field+".event", g.Event, "any other event: an engagement is nothing that a visitor does")
	f.unless(isText(g.Event, maxGoalText), field+".event", g.Event, "a text of at most 2000 bytes")
	f.unless(isText(g.Page, maxGoalText), field+".page", g.Page, "a pattern of at most 2000 bytes")
}

func isText(s string, limit int) bool { return len(s) <= limit && utf8.ValidString(s) }

// goalNames are the names of the goals, each once, in their order.
func (r Rules) goalNames() (names []string) {
	known := make(map[string]bool)
	for _, g := range r.Goals {
		if !known[g.Name] {
			known[g.Name] = true
			names = append(names, g.Name)
		}
	}
	return names
}

// hasWildcard tells a pattern from a path that stands for itself.
func hasWildcard(pattern string) bool { return strings.Contains(pattern, "*") }

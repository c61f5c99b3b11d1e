package naive

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

// Hit is a counted event of a visitor. Its vitals are the values themselves, not bins.
type Hit struct {
	Visitor string
	sketch.Hit
	Vitals event.Vitals
}

func (h *Hit) name() string     { return h.Text[sketch.Name] }
func (h *Hit) page() string     { return h.Text[sketch.Page] }
func (h *Hit) isPageview() bool { return h.name() == event.Pageview }
func (h *Hit) counts() bool     { return h.name() != event.Engagement }
func (h *Hit) hasRevenue() bool { return h.Text[sketch.Currency] != "" }

// lookBack is how long before a range visits are looked for that reach into it: one that has gone on for longer is taken to begin there.
const lookBack = 7 * 24 * time.Hour

// History is everything that the visitors of a site did, and the site's rules.
type History struct {
	rules    query.Rules
	visitors []string
	hits     map[string][]*Hit // by visitor, in order
	patterns map[string]*regexp.Regexp
}

// visit is a run of a visitor's hits.
type visit struct {
	visitor string
	hits    []*Hit
}

// NewHistory takes a site's hits, in whatever order they are.
func NewHistory(rules query.Rules, hits []Hit) *History {
	s := &History{rules: rules, hits: make(map[string][]*Hit), patterns: make(map[string]*regexp.Regexp)}
	for i := range hits {
		s.hits[hits[i].Visitor] = append(s.hits[hits[i].Visitor], &hits[i])
	}
	s.visitors = slices.Sorted(maps.Keys(s.hits))
	for _, all := range s.hits {
		slices.SortFunc(all, inOrder)
	}
	return s
}

// matches compiles every pattern once: to do so takes longer than all the rest.
func (s *History) matches(pattern, text string) bool {
	if s.patterns[pattern] == nil {
		s.patterns[pattern] = regexp.MustCompile(pattern)
	}
	return s.patterns[pattern].MatchString(text)
}

// All are the hits, each visitor's in order.
func (s *History) All(yield func(*Hit) bool) {
	for _, who := range s.visitors {
		for _, h := range s.hits[who] {
			if !yield(h) {
				return
			}
		}
	}
}

// visits are those that matter for a range which begins at from: all of a visitor follow each other in order.
func (s *History) visits(from int64) (all []*visit) {
	for _, who := range s.visitors {
		var own []*visit
		for _, h := range s.hits[who] {
			if h.At < from-lookBack.Milliseconds() {
				continue
			}
			if len(own) == 0 || s.ends(own[len(own)-1], h) {
				own = append(own, &visit{visitor: who})
			}
			v := own[len(own)-1]
			v.hits = append(v.hits, h)
		}
		all = append(all, own...)
	}
	return all
}

// ends says whether the visit is over when its visitor's next hit comes.
func (s *History) ends(v *visit, next *Hit) bool {
	gap := cmp.Or(s.rules.Gap, query.DefaultGap)
	return next.At-v.hits[len(v.hits)-1].At >= gap.Milliseconds() || next.At-v.start() >= query.MaxVisit.Milliseconds()
}

// inOrder is the order of a visitor's hits: by time, and at the same time by what they hold.
func inOrder(a, b *Hit) int {
	if c := cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(rank(a), rank(b)), slices.Compare(a.Text[:], b.Text[:])); c != 0 {
		return c
	}
	props := slices.CompareFunc(a.Props, b.Props, func(p, q sketch.Prop) int {
		return cmp.Or(cmp.Compare(p.Key, q.Key), cmp.Compare(p.Value, q.Value))
	})
	return cmp.Or(props, cmp.Compare(a.Revenue, b.Revenue), cmp.Compare(a.EngagedMS, b.EngagedMS), cmp.Compare(a.Scroll, b.Scroll))
}

// rank puts the engagement of a page before the next pageview, and what is done on a page after its pageview.
func rank(h *Hit) int {
	switch h.name() {
	case event.Engagement:
		return 0
	case event.Pageview:
		return 1
	}
	return 2
}

func (v *visit) pageviews() (views []*Hit) {
	for _, h := range v.hits {
		if h.isPageview() {
			views = append(views, h)
		}
	}
	return views
}

// entry is the first pageview, exit the last; nil if there is none.
func (v *visit) entry() *Hit {
	if views := v.pageviews(); len(views) > 0 {
		return views[0]
	}
	return nil
}

func (v *visit) exit() *Hit {
	if views := v.pageviews(); len(views) > 0 {
		return views[len(views)-1]
	}
	return nil
}

// face is the hit whose source, country, browser… are the visit's.
func (v *visit) face() *Hit {
	if e := v.entry(); e != nil {
		return e
	}
	return v.hits[0]
}

func (v *visit) start() int64    { return v.hits[0].At }
func (v *visit) duration() int64 { return v.hits[len(v.hits)-1].At - v.start() }

func (v *visit) bounced(rule query.BounceRule) bool {
	var others, engaged int64
	for _, h := range v.hits {
		if h.counts() && !h.isPageview() {
			others++
		}
		engaged += h.EngagedMS
	}
	one := len(v.pageviews()) == 1
	switch rule {
	case query.BouncePageviews:
		return one
	case query.BounceEngaged:
		return one && others == 0 && engaged < 10_000
	}
	return one && others == 0
}

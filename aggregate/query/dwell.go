package query

// dwell measures how long the pages of a visit were looked at, and how far they were scrolled.
type dwell struct {
	hits    *hits
	pages   []uint32
	engaged []int64
	scroll  []uint8
	times   []stay // by hit of the visit at hand
}

// stay is what was measured of a pageview: by engagement with the same page before the next pageview, else by the pause until that.
type stay struct {
	ms       int64
	measured bool
	scroll   uint8 // zero is absent
}

func newDwell(h *hits) *dwell {
	return &dwell{hits: h, pages: h.pages().ids, engaged: h.sample.Engaged(), scroll: h.sample.Scroll()}
}

func (d *dwell) of(v *visit, h int) stay { return d.times[h-v.from] }

// measure measures every pageview of the visit.
func (d *dwell) measure(v *visit) {
	d.times = append(d.times[:0], make([]stay, v.to-v.from)...)
	if v.first < 0 {
		return
	}
	view := v.first
	for h := v.first; h < v.to; h++ {
		switch {
		case d.hits.isPageview(h):
			d.leave(v, view, h)
			view = h
			d.reach(v, view, h)
		case d.hits.isEngagement(h) && d.pages[h] == d.pages[view]:
			d.engage(v, view, h)
			d.reach(v, view, h)
		}
	}
	d.leave(v, view, view)
}

// leave ends a pageview when the next one comes; at the end of the visit, next is the pageview itself.
func (d *dwell) leave(v *visit, view, next int) {
	s := &d.times[view-v.from]
	if s.measured = s.ms > 0 || next > view; s.ms <= 0 {
		s.ms = d.hits.times[next] - d.hits.times[view]
	}
}

func (d *dwell) engage(v *visit, view, h int) {
	if len(d.engaged) > 0 {
		d.times[view-v.from].ms += d.engaged[h]
	}
}

func (d *dwell) reach(v *visit, view, h int) {
	if len(d.scroll) > 0 {
		s := &d.times[view-v.from]
		s.scroll = max(s.scroll, d.scroll[h])
	}
}

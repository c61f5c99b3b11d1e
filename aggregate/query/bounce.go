package query

// engagedEnough is the engaged time, in milliseconds, from which a visit is no bounce by BounceEngaged.
const engagedEnough = 10_000

// isBounce reports whether the visit is a bounce by the rule.
func (h *hits) isBounce(v *visit, rule BounceRule) bool {
	if v.views != 1 {
		return false
	}
	if rule == BouncePageviews {
		return true
	}
	for i := v.from; i < v.to; i++ {
		if !h.isPageview(i) && !h.isEngagement(i) {
			return false
		}
	}
	return rule != BounceEngaged || h.engaged(v) < engagedEnough
}

// engaged is the engaged time of the visit in milliseconds.
func (h *hits) engaged(v *visit) (ms int64) {
	engaged := h.sample.Engaged()
	for i := v.from; i < v.to && len(engaged) > 0; i++ {
		ms += engaged[i]
	}
	return ms
}

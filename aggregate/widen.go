package aggregate

// widen returns the smallest span around [from, to) that can still be answered for: whole windows of what is recent, and where logs or roll-ups may have been removed
// since, whole periods of those that are kept.
func (r *Reader) widen(site Site, from, to int64) (int64, int64) {
	return r.grain(site, from).from, r.grain(site, to-1).to
}

// grain returns the shortest period around ms that is kept.
func (r *Reader) grain(site Site, ms int64) span { return r.kept(site, ms).period(site.Zone(), ms) }

// keptMarginMS is how long before [Roller.Expire] may remove something nobody relies on it any more: an answer takes its time.
const keptMarginMS = hourMS

// kept returns the level of the shortest roll-ups that are there for all of the day that holds ms, zero where its logs are: what [Roller.Expire] removes, it removes by days.
func (r *Reader) kept(site Site, ms int64) level {
	keep := site.Keep.orDefaults()
	now, end := r.sites.now().UnixMilli()+keptMarginMS, days.period(site.Zone(), ms).to
	switch {
	case end <= max(now-int64(keep.Quarters)*dayMS, site.Gone.Quarters):
		return days
	case end <= max(now-int64(keep.Minutes)*dayMS, site.Gone.Minutes):
		return quarters
	case end <= now-dropAfterMS:
		return minutes
	}
	return 0
}

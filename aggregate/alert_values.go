package aggregate

import (
	"context"
	"maps"

	"github.com/streamgauge/streamgauge/aggregate/alert"
)

// values reads what the rules of the site need to know to be evaluated for the minutes of the span.
func (f evaluation) values(ctx context.Context, sp span) (alert.Values, error) {
	site := f.site
	v := alert.Values{Since: f.known.from, Begin: site.Created.UnixMilli(), Zone: site.Zone()}
	back, week, invalid := int64(0), false, false
	for _, r := range site.Alerts {
		back = max(back, r.Reach())
		week = week || r.Kind == alert.Change
		invalid = invalid || r.Kind == alert.Errors
	}
	now := span{max(0, sp.from-back), sp.to}
	all, err := f.manifests(ctx, now)
	if err != nil {
		return v, err
	}
	if week {
		then := span{alert.WeekBefore(v.Zone, now.from) - hourMS, alert.WeekBefore(v.Zone, now.to) + hourMS} // the clock may be put forward or back between
		old, err := f.manifests(ctx, then)
		if err != nil {
			return v, err
		}
		maps.Copy(all, old)
	}
	refused := make(map[int64]uint64)
	if invalid {
		if refused, err = refusedByMinute(ctx, f.store, site.ID, now, f.tell); err != nil {
			return v, err
		}
	}
	v.At = func(minute int64) alert.Value {
		value := alert.Value{Invalid: refused[minute]}
		m := all[minute]
		value.Unknown = m == nil && f.unmade[minute] || m != nil && m.damage != nil
		if m != nil {
			value.Events, value.Pageviews, value.Visitors, value.Names, value.Cut = m.events, m.pageviews, m.visitors, m.names, m.cut
			l := m.ledger
			value.Received, value.Quarantined, value.Late, value.Bot = l.Received, l.Quarantined, l.Late, l.Bot
		}
		return value
	}
	return v, nil
}

// manifests reads the last manifests of the minutes in a span. Of those that cannot be read the next revision is made in the next round.
func (f evaluation) manifests(ctx context.Context, sp span) (map[int64]*manifest, error) {
	all, err := manifests(ctx, f.store, f.site.Gen, f.site.ID, sp, f.tell)
	if err != nil {
		return nil, err
	}
	for minute, m := range all {
		if m.damage == nil {
			continue
		}
		if err := remakeFinal(ctx, f.store, f.site, minute, f.now()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// refusedByMinute returns how many events of a site its doors refused in each minute.
func refusedByMinute(ctx context.Context, items itemStore, site string, sp span, tell teller) (map[int64]uint64, error) {
	all := make(map[int64]uint64)
	return all, eachMinute(ctx, items, site, sp, tell, func(minute int64, one account) { all[minute] += one.Invalid })
}

package aggregate

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

const crowdVisitors = 6000 // more than a sample holds

// newCrowd is a site with more visitors than a sample holds, each of whom saw one page within ten minutes of the same quarter of an hour.
func newCrowd(t *testing.T) *counted {
	c := newCounted(t, "UTC")
	copies := make([]Copy, crowdVisitors)
	for i := range copies {
		at := c.now.UnixMilli() - 5*minuteMS - int64(i)*10*minuteMS/crowdVisitors
		e := event.Event{Site: c.site.ID, Name: event.Pageview, URL: "/", ID: fmt.Sprint("c", i), Visitor: fmt.Sprint("v", i), TS: at, ReceivedAt: c.now.UnixMilli()}
		copies[i] = must(c.committer.Place(c.ctx, c.site, &e, c.position()))
		copies[i].Hit = plainHit(&e, at)
	}
	must(c.committer.Commit(c.ctx, copies))
	return c
}

// age lets days pass, with all that happens in them.
func (c *counted) age(n int) {
	c.now = c.now.Add(time.Duration(n) * 24 * time.Hour)
	mustDo(c.roller.Round(c.ctx))
	mustDo(c.roller.Expire(c.ctx))
}

// total is the sum of the first metric over the rows of an answer.
func total(res query.Result) (sum float64) {
	for _, r := range res.Rows {
		sum += r.Values[0].X
	}
	return sum
}

// A crowd's figures by the minute were asked for after its minutes had been removed, and the answer was that nobody had been there.
func TestBucketsShorterThanWhatIsKeptAreNotEmpty(t *testing.T) {
	c := newCrowd(t)
	c.site = must(c.sites.Update(c.ctx, c.site.ID, func(s *Site) { s.Keep = Keep{Quarters: 20} }))
	q := query.Query{Metrics: []query.Metric{query.Visits}, From: c.now.Add(-30 * time.Minute).UnixMilli(), To: c.now.Add(time.Minute).UnixMilli()}
	for _, kept := range []struct {
		later    int // days
		shortest string
		by       []query.Dimension
	}{
		{0, "windows", []query.Dimension{query.Time10s, query.TimeMinute, query.Time15Min, query.TimeHour}},
		{12, "minutes", []query.Dimension{query.Time10s, query.TimeMinute, query.Time15Min}},
		{4, "quarters", []query.Dimension{query.Time10s, query.TimeMinute, query.Time15Min}},
		{6, "days", []query.Dimension{query.Time15Min, query.TimeHour, query.TimeDay}},
	} {
		c.age(kept.later)
		for _, by := range kept.by {
			q.Dimensions = []query.Dimension{by}
			res, _, err := c.reader.Query(c.ctx, c.site, q)
			if got := total(res); err != nil || math.Abs(got-crowdVisitors) > crowdVisitors/10 {
				t.Errorf("%s are kept, by %s: %v visits, %v; want about %d", kept.shortest, by, got, err, crowdVisitors)
			}
		}
	}
}

// The views of days whose samples were given up are kept for ever, and a chart of them was empty.
func TestDaysWithoutASampleAreInTheChart(t *testing.T) {
	c := newCrowd(t)
	day := days.period(time.UTC, c.now.UnixMilli())
	q := query.Query{Metrics: []query.Metric{query.Pageviews, query.Visitors}, From: day.from - dayMS, To: day.to + dayMS}
	for _, later := range []int{2, 410} {
		c.age(later)
		for _, by := range [][]query.Dimension{{query.TimeDay}, {query.TimeWeek}, {query.TimeDay, query.EventPage}, {query.EventPage, query.TimeMonth}} {
			q.Dimensions = by
			if len(by) > 1 {
				q.Metrics = q.Metrics[:1]
			}
			res, _, err := c.reader.Query(c.ctx, c.site, q)
			if err != nil || len(res.Rows) != 1 || res.Rows[0].Values[0].X != crowdVisitors || res.Rows[0].Values[0].Err != 0 {
				t.Errorf("%d days later, by %v: %v, %v; want one row of %d pageviews", later, by, res.Rows, err, crowdVisitors)
			}
		}
	}
}

// A question that touches a day whose sample was given up had no figure but totals, for its whole span.
func TestFiguresBesideDaysWithoutASample(t *testing.T) {
	c := newCrowd(t)
	first := days.period(time.UTC, c.now.UnixMilli())
	c.age(410)
	c.countAt(time.Hour)
	c.countAt(time.Hour)
	recent := days.period(time.UTC, c.now.UnixMilli()-hourMS)
	all := []query.Metric{query.Visits, query.Pageviews, query.BounceRate, query.Visitors}
	q := query.Query{Metrics: all, From: first.from, To: recent.to, Dimensions: []query.Dimension{query.TimeMonth}}
	res, reading, err := c.reader.Query(c.ctx, c.site, q)
	if err != nil || res.Exact || len(res.Rows) != 2 || len(reading.Unsampled) != 1 || reading.Unsampled[0] != [2]int64{first.from, first.to} {
		t.Fatalf("%+v, %+v, %v", res, reading, err)
	}
	old, recently := res.Rows[0].Values, res.Rows[1].Values
	if !old[0].Null || old[1].X != crowdVisitors || !old[2].Null || old[3].X < crowdVisitors*.95 || old[3].Err == 0 {
		t.Errorf("the month without samples: %+v", old)
	}
	if recently[0].X != 1 || recently[1].X != 2 || recently[2].X != 0 || recently[3].X != 1 || recently[3].Err != 0 {
		t.Errorf("the month with samples: %+v", recently)
	}
	for _, ask := range []struct {
		name   string
		query  query.Query
		values string // of the first row: known ones
	}{
		{"of all", query.Query{Metrics: all}, fmt.Sprint("1 ", crowdVisitors+2, " 0 *")},
		{"filtered", query.Query{Metrics: all, Filter: &query.Filter{Op: query.Is, Dimension: query.EventName, Values: []string{"pageview"}}}, "1 2 0 1"},
		{"by source", query.Query{Metrics: all, Dimensions: []query.Dimension{query.VisitSource}}, "1 2 0 1"},
	} {
		ask.query.From, ask.query.To = first.from, recent.to
		res, reading, err := c.reader.Query(c.ctx, c.site, ask.query)
		if err != nil || res.Exact || len(res.Rows) != 1 || len(reading.Unsampled) != 1 {
			t.Errorf("%s: %+v, %+v, %v", ask.name, res, reading, err)
			continue
		}
		var got []string
		for _, v := range res.Rows[0].Values {
			got = append(got, fmt.Sprint(v.X))
		}
		if strings.HasSuffix(ask.values, "*") {
			got[len(got)-1] = "*"
		}
		if text := strings.Join(got, " "); text != ask.values {
			t.Errorf("%s: %s, want %s", ask.name, text, ask.values)
		}
	}
	q = query.Query{Metrics: []query.Metric{query.Pageviews}, From: first.from, To: recent.to}
	if res, reading, err := c.reader.Query(c.ctx, c.site, q); err != nil || !res.Exact || reading.Unsampled != nil {
		t.Errorf("totals alone: %+v, %+v, %v", res, reading, err)
	}
}

// Where only days were left, the visit that began before midnight was looked for in the half hour before it, found nowhere, and counted again.
func TestAVisitOverMidnightIsFoundWhereOnlyDaysAreKept(t *testing.T) {
	c := newCounted(t, "UTC")
	c.site = must(c.sites.Update(c.ctx, c.site.ID, func(s *Site) { s.Keep = Keep{Quarters: 20} }))
	c.countAt(12*time.Hour + 10*time.Minute) // the clock stands at half a minute past noon
	c.countAt(11*time.Hour + 50*time.Minute)
	midnight := days.period(time.UTC, c.now.UnixMilli()).from
	for _, later := range []int{0, 22} {
		c.age(later)
		for _, day := range []struct {
			from int64
			want string // visits, seconds that they took
		}{{midnight - dayMS, "1 1200"}, {midnight, "0 0"}} {
			res, _, err := c.reader.Query(c.ctx, c.site, query.Query{
				Metrics: []query.Metric{query.Visits, query.VisitDuration}, From: day.from, To: day.from + dayMS,
			})
			if err != nil {
				t.Fatal(err)
			}
			if v := res.Rows[0].Values; fmt.Sprint(v[0].X, v[1].X) != day.want {
				t.Errorf("%d days later, visits and seconds from %d on: %v %v, want %s", later, day.from, v[0].X, v[1].X, day.want)
			}
		}
	}
}

// Every bucket of a long span cost two dozen calls of the store, those in which nothing ever happened too.
func TestEmptyBucketsCostNothing(t *testing.T) {
	c := newCrowd(t)
	c.age(1)
	calls := 0
	reader := NewReader(storetest.Faulty(c.store, func(storetest.Op) storetest.Fault { calls++; return storetest.Pass }), c.sites)
	q := query.Query{
		Metrics: []query.Metric{query.Visits}, Dimensions: []query.Dimension{query.TimeDay},
		From: c.now.Add(-990 * 24 * time.Hour).UnixMilli(), To: c.now.UnixMilli(),
	}
	res, _, err := reader.Query(c.ctx, c.site, q)
	if err != nil || len(res.Rows) != 1 || calls > 100 {
		t.Errorf("%d rows, %d calls of the store, %v; want one row, and calls for one day", len(res.Rows), calls, err)
	}
	calls = 0
	st := must(reader.stretch(c.ctx, c.site, span{0, c.now.Add(-30 * 24 * time.Hour).UnixMilli()}, days))
	if len(st.parts.samples) != 0 || calls > 2 {
		t.Errorf("%d calls of the store for a time without anything, want 2", calls)
	}
}

// A site that chose to keep more was believed to have kept it: part of a day that was left as a whole was answered as empty.
func TestWhatIsGoneStaysGoneWhereMoreIsKept(t *testing.T) {
	c := newCounted(t, "UTC")
	keep := func(k Keep) { c.site = must(c.sites.Update(c.ctx, c.site.ID, func(s *Site) { s.Keep = k })) }
	keep(Keep{Quarters: 20})
	c.countAt(0)
	at := c.now
	c.age(22)
	keep(Keep{Minutes: 30, Quarters: 400})
	res, reading, err := c.reader.Query(c.ctx, c.site, query.Query{
		Metrics: []query.Metric{query.Visits}, From: at.Add(-time.Hour).UnixMilli(), To: at.Add(time.Hour).UnixMilli(),
	})
	if err != nil || total(res) != 1 || reading.To-reading.From != dayMS {
		t.Errorf("%v visits in %d ms, %v; want the one of the day", total(res), reading.To-reading.From, err)
	}
	keep(Keep{Minutes: 30, Quarters: 300})
	keep(Keep{Minutes: 30, Quarters: 400})
	if got, want := c.site.Gone.Quarters, at.UnixMilli()+2*dayMS; got != want {
		t.Errorf("quarters are gone up to %d, want %d", got, want)
	}
}

// What was known exactly was estimated as soon as it was asked for together with what is not.
func TestTotalsAreExactBesideEstimates(t *testing.T) {
	c := newCrowd(t)
	q := query.Query{From: c.now.Add(-30 * time.Minute).UnixMilli(), To: c.now.Add(time.Minute).UnixMilli()}
	for _, compare := range []query.Comparison{"", query.PreviousPeriod} {
		for _, by := range [][]query.Dimension{nil, {query.TimeHour}, {query.TimeDay}} {
			q.Metrics, q.Compare, q.Dimensions = []query.Metric{query.BounceRate, query.Pageviews, query.Visitors, query.Events, query.Visits}, compare, by
			res, _, err := c.reader.Query(c.ctx, c.site, q)
			if err != nil || res.Exact {
				t.Fatalf("by %s: exact %v, %v", by, res.Exact, err)
			}
			sums := make([]query.Value, len(q.Metrics))
			for _, r := range res.Rows {
				for i, v := range r.Values {
					sums[i].X, sums[i].Err = sums[i].X+v.X, sums[i].Err+v.Err
				}
			}
			for _, i := range []int{1, 3} {
				if sums[i].X != crowdVisitors || sums[i].Err != 0 {
					t.Errorf("by %s, compare %q: %s %+v, want exactly %d", by, compare, q.Metrics[i], sums[i], crowdVisitors)
				}
			}
			if sums[4].Err == 0 || math.Abs(sums[4].X-crowdVisitors) > 6*sums[4].Err+1 {
				t.Errorf("by %s, compare %q: visits %+v, want about %d", by, compare, sums[4], crowdVisitors)
			}
		}
	}
}

// Figures of a crowd contradicted each other: more visits than pageviews, and rows that together were not the visitors, by as much as the sample is off.
func TestEstimatesOfACrowdAddUp(t *testing.T) {
	c := newCrowd(t)
	q := query.Query{From: c.now.Add(-30 * time.Minute).UnixMilli(), To: c.now.Add(time.Minute).UnixMilli()}
	ask := func(m []query.Metric, by ...query.Dimension) query.Result {
		q.Metrics, q.Dimensions = m, by
		res, _, err := c.reader.Query(c.ctx, c.site, q)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	all := ask([]query.Metric{query.Visitors, query.Visits, query.Pageviews}).Rows[0].Values
	if all[1].Err <= 0 || math.Abs(all[1].X-all[0].X) > 1e-6 || all[0].Err == 0 && all[1].X > all[2].X {
		t.Errorf("%+v visits of %+v visitors, who had one each, and %v pageviews", all[1], all[0], all[2].X)
	}
	if alone := ask([]query.Metric{query.Visits}).Rows[0].Values[0]; alone.X != all[1].X || alone.Err != all[1].Err {
		t.Errorf("%+v visits beside other figures, %+v alone", all[1], alone)
	}
	for _, by := range []query.Dimension{query.VisitEntryPage, query.VisitCountry, query.VisitBrowser} {
		if sum := total(ask([]query.Metric{query.Visitors}, by)); math.Abs(sum-all[0].X) > 1e-6 {
			t.Errorf("%v visitors by %s, and %v in all", sum, by, all[0].X)
		}
	}
	f := query.Funnel{From: q.From, To: q.To, Steps: []*query.Filter{{Op: query.Is, Dimension: query.EventPage, Values: []string{"/"}}, {Op: query.Is, Dimension: query.EventName, Values: []string{"signup"}}}}
	res, _, err := c.reader.Funnel(c.ctx, c.site, f)
	if err != nil || math.Abs(res.Steps[0].Visitors.X-all[0].X) > 1e-6 {
		t.Errorf("%v visitors in the first step of a funnel that all of %v take, %v", res.Steps, all[0].X, err)
	}
}

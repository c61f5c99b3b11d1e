package query

import (
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Metric is something that is measured. Beside those here, VITAL_pN is the N-th percentile (1 to 99) of a web vital, as in "lcp_p75".
type Metric string

// The metrics. The names that Plausible has mean here what they mean there.
const (
	Visitors          Metric = "visitors"
	Visits            Metric = "visits"
	Pageviews         Metric = "pageviews"
	Events            Metric = "events"
	ViewsPerVisit     Metric = "views_per_visit"
	BounceRate        Metric = "bounce_rate"    // percent
	VisitDuration     Metric = "visit_duration" // mean, seconds
	TimeOnPage        Metric = "time_on_page"   // mean, seconds
	ScrollDepth       Metric = "scroll_depth"   // mean, percent
	ExitRate          Metric = "exit_rate"      // percent
	Percentage        Metric = "percentage"     // of all visitors, percent
	ConversionRate    Metric = "conversion_rate"
	GroupConversion   Metric = "group_conversion_rate"
	TotalRevenue      Metric = "total_revenue"
	AverageRevenue    Metric = "average_revenue"
	NewVisitors       Metric = "new_visitors"
	ReturningVisitors Metric = "returning_visitors"
)

// stat is a number that hits or visits add to, in a row.
type stat uint8

const (
	statVisitors stat = iota
	statEvents
	statPageviews
	statExits    // pageviews that are the last of their visit
	statDwell    // milliseconds on pages
	statDwelt    // pageviews for which that could be measured
	statScroll   // percent
	statScrolled // pageviews with any
	statNew
	statReturning

	statVisits
	statLandings // visits that rates are of: with pages as a dimension, those that began at the page
	statBounces
	statDuration // milliseconds
	statViews    // pageviews of visits
	numStats

	noStat = numStats
)

// formula says what a metric is made of.
type formula struct {
	num, den stat // den is noStat for a total
	scale    float64
}

// formulas are those of the metrics that are totals and ratios of stats.
var formulas = map[Metric]formula{
	Visitors:          {num: statVisitors, den: noStat},
	Visits:            {num: statVisits, den: noStat},
	Pageviews:         {num: statPageviews, den: noStat},
	Events:            {num: statEvents, den: noStat},
	NewVisitors:       {num: statNew, den: noStat},
	ReturningVisitors: {num: statReturning, den: noStat},
	ViewsPerVisit:     {num: statViews, den: statLandings, scale: 1},
	BounceRate:        {num: statBounces, den: statLandings, scale: 100},
	VisitDuration:     {num: statDuration, den: statLandings, scale: 0.001},
	TimeOnPage:        {num: statDwell, den: statDwelt, scale: 0.001},
	ScrollDepth:       {num: statScroll, den: statScrolled, scale: 1},
	ExitRate:          {num: statExits, den: statPageviews, scale: 100},
}

// isCount tells the metrics of which zero is nothing from those of which nothing is null.
func (m Metric) isCount() bool { return formulas[m].den == noStat && formulas[m] != (formula{}) }

// isShare reports whether the metric compares a row's visitors with those of another question.
func (m Metric) isShare() bool { return m == Percentage || m == ConversionRate || m == GroupConversion }

func (m Metric) isRevenue() bool { return m == TotalRevenue || m == AverageRevenue }

// ofVisits reports whether the visits have to be cut for it.
func (m Metric) ofVisits() bool {
	switch m {
	case Visits, ViewsPerVisit, BounceRate, VisitDuration, TimeOnPage, ScrollDepth, ExitRate:
		return true
	}
	_, _, isVital := m.quantile() // an engagement belongs to the pageview before it
	return isVital
}

// vitals are the names of the web vitals, in the order of their numbers.
var vitals = [sketch.NumVitals]string{sketch.LCP: "lcp", sketch.INP: "inp", sketch.CLS: "cls", sketch.FCP: "fcp", sketch.TTFB: "ttfb"}

// quantile returns which percentile of which vital the metric is.
func (m Metric) quantile() (vital, percentile int, ok bool) {
	name, p, found := strings.Cut(string(m), "_p")
	percentile, err := strconv.Atoi(p)
	if !found || err != nil || percentile < 1 || percentile > 99 || strconv.Itoa(percentile) != p {
		return 0, 0, false
	}
	for i, v := range vitals {
		if v == name {
			return i, percentile, true
		}
	}
	return 0, 0, false
}

func (m Metric) known() bool {
	_, _, isQuantile := m.quantile()
	return formulas[m] != (formula{}) || m.isShare() || m.isRevenue() || isQuantile
}

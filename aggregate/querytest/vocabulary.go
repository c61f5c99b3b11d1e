package querytest

import "github.com/streamgauge/streamgauge/aggregate/query"

// Metrics are all metrics but the percentiles of web vitals.
var Metrics = []query.Metric{
	query.Visitors, query.Visits, query.Pageviews, query.Events, query.ViewsPerVisit, query.BounceRate, query.VisitDuration, query.TimeOnPage,
	query.ScrollDepth, query.ExitRate, query.Percentage, query.ConversionRate, query.GroupConversion, query.TotalRevenue, query.AverageRevenue,
	query.NewVisitors, query.ReturningVisitors,
}

// Dimensions are all dimensions but properties.
var Dimensions = []query.Dimension{
	query.EventName, query.EventPage, query.EventHostname, query.EventGoal, query.EventCurrency,
	query.VisitEntryPage, query.VisitExitPage, query.VisitEntryPageHostname, query.VisitExitPageHostname,
	query.VisitSource, query.VisitReferrer, query.VisitChannel,
	query.VisitUTMSource, query.VisitUTMMedium, query.VisitUTMCampaign, query.VisitUTMContent, query.VisitUTMTerm,
	query.VisitCountry, query.VisitRegion, query.VisitCity,
	query.VisitDevice, query.VisitBrowser, query.VisitBrowserVersion, query.VisitOS, query.VisitOSVersion, query.VisitLanguage, query.VisitScreen,
	query.Time10s, query.TimeMinute, query.Time15Min, query.TimeHour, query.TimeDay, query.TimeWeek, query.TimeMonth,
}

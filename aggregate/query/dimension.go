package query

import (
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Dimension is what rows are told apart by and what filters look at. "event:props:KEY" is the property KEY.
type Dimension string

// The dimensions. An event's are those of each hit; a visit's are those of the first pageview of the visit that a hit belongs to (of its first
// hit, where it has no pageview).
const (
	EventName     Dimension = "event:name"
	EventPage     Dimension = "event:page"
	EventHostname Dimension = "event:hostname"
	EventGoal     Dimension = "event:goal"
	EventCurrency Dimension = "event:currency"
	PropPrefix              = "event:props:"

	VisitEntryPage         Dimension = "visit:entry_page"
	VisitExitPage          Dimension = "visit:exit_page"
	VisitEntryPageHostname Dimension = "visit:entry_page_hostname"
	VisitExitPageHostname  Dimension = "visit:exit_page_hostname"
	VisitSource            Dimension = "visit:source"
	VisitReferrer          Dimension = "visit:referrer"
	VisitChannel           Dimension = "visit:channel"
	VisitUTMSource         Dimension = "visit:utm_source"
	VisitUTMMedium         Dimension = "visit:utm_medium"
	VisitUTMCampaign       Dimension = "visit:utm_campaign"
	VisitUTMContent        Dimension = "visit:utm_content"
	VisitUTMTerm           Dimension = "visit:utm_term"
	VisitCountry           Dimension = "visit:country"
	VisitRegion            Dimension = "visit:region"
	VisitCity              Dimension = "visit:city"
	VisitDevice            Dimension = "visit:device"
	VisitBrowser           Dimension = "visit:browser"
	VisitBrowserVersion    Dimension = "visit:browser_version"
	VisitOS                Dimension = "visit:os"
	VisitOSVersion         Dimension = "visit:os_version"
	VisitLanguage          Dimension = "visit:language"
	VisitScreen            Dimension = "visit:screen"

	Time10s    Dimension = "time:10s"
	TimeMinute Dimension = "time:minute"
	Time15Min  Dimension = "time:15m"
	TimeHour   Dimension = "time:hour"
	TimeDay    Dimension = "time:day"
	TimeWeek   Dimension = "time:week" // begins on Monday
	TimeMonth  Dimension = "time:month"
)

// kind is where the value of a dimension is found.
type kind uint8

const (
	ofHit   kind = iota + 1 // the hit itself
	ofFace                  // the hit that the attributes of its visit are of
	ofEntry                 // the first pageview of its visit
	ofExit                  // the last one
	ofGoal
	ofTime
)

// place says where the value of a dimension is found: in the field, or the property, of some hit.
type place struct {
	kind  kind
	field sketch.Field
	prop  string // of a property instead of the field
}

// places are those of all dimensions but the properties.
var places = map[Dimension]place{
	EventName:     {kind: ofHit, field: sketch.Name},
	EventPage:     {kind: ofHit, field: sketch.Page},
	EventHostname: {kind: ofHit, field: sketch.Hostname},
	EventCurrency: {kind: ofHit, field: sketch.Currency},
	EventGoal:     {kind: ofGoal},

	VisitEntryPage:         {kind: ofEntry, field: sketch.Page},
	VisitExitPage:          {kind: ofExit, field: sketch.Page},
	VisitEntryPageHostname: {kind: ofEntry, field: sketch.Hostname},
	VisitExitPageHostname:  {kind: ofExit, field: sketch.Hostname},
	VisitSource:            {kind: ofFace, field: sketch.Source},
	VisitReferrer:          {kind: ofFace, field: sketch.Referrer},
	VisitChannel:           {kind: ofFace, field: sketch.Channel},
	VisitUTMSource:         {kind: ofFace, field: sketch.UTMSource},
	VisitUTMMedium:         {kind: ofFace, field: sketch.UTMMedium},
	VisitUTMCampaign:       {kind: ofFace, field: sketch.UTMCampaign},
	VisitUTMContent:        {kind: ofFace, field: sketch.UTMContent},
	VisitUTMTerm:           {kind: ofFace, field: sketch.UTMTerm},
	VisitCountry:           {kind: ofFace, field: sketch.Country},
	VisitRegion:            {kind: ofFace, field: sketch.Region},
	VisitCity:              {kind: ofFace, field: sketch.City},
	VisitDevice:            {kind: ofFace, field: sketch.Device},
	VisitBrowser:           {kind: ofFace, field: sketch.Browser},
	VisitBrowserVersion:    {kind: ofFace, field: sketch.BrowserVersion},
	VisitOS:                {kind: ofFace, field: sketch.OS},
	VisitOSVersion:         {kind: ofFace, field: sketch.OSVersion},
	VisitLanguage:          {kind: ofFace, field: sketch.Language},
	VisitScreen:            {kind: ofFace, field: sketch.Screen},

	Time10s:    {kind: ofTime},
	TimeMinute: {kind: ofTime},
	Time15Min:  {kind: ofTime},
	TimeHour:   {kind: ofTime},
	TimeDay:    {kind: ofTime},
	TimeWeek:   {kind: ofTime},
	TimeMonth:  {kind: ofTime},
}

// place returns where the dimension's value is found; its kind is zero if there is no such dimension.
func (d Dimension) place() place {
	if key, ok := strings.CutPrefix(string(d), PropPrefix); ok && key != "" {
		return place{kind: ofHit, prop: key}
	}
	return places[d]
}

// IsTime reports whether the dimension is one of time.
func (d Dimension) IsTime() bool { return d.place().kind == ofTime }

// ofVisits reports whether the value is known only once the visits are cut.
func (p place) ofVisits() bool { return p.kind == ofFace || p.kind == ofEntry || p.kind == ofExit }

// Absent is the text that rows show, and filters compare with, where a hit or visit has no value. A goal has none: a hit that meets no goal
// is in no row.
func (d Dimension) Absent() string {
	switch d {
	case VisitSource, VisitReferrer:
		return "Direct / None"
	case VisitChannel:
		return "Direct"
	}
	if d.place().prop != "" {
		return "(none)"
	}
	return "(not set)"
}

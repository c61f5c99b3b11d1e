package alert

import (
	"strings"
	"testing"
)

func f(x float64) *float64 { return &x }

func TestCheck(t *testing.T) {
	good := []Rule{
		{Name: "Busy day", Kind: Threshold, Metric: Visitors, Over: f(100)},
		{Name: "Few", Kind: Threshold, Metric: "event:Purchase", Under: f(1), Minutes: 30, Quiet: 10},
		{Name: "Ümläut", ID: "x", Kind: Change, Metric: Pageviews, Fall: f(50)},
		{Name: "Quiet", Kind: Silence},
		{Name: "Broken", Kind: Errors, Over: f(5), Count: []Outcome{Late}},
	}
	filled := Filled(good)
	if err := Check(filled); err != nil {
		t.Fatal(err)
	}
	if good[0].ID != "" || filled[0].ID != "busy-day" || filled[0].Minutes != 5 || filled[3].Metric != Events || filled[3].Minutes != 10 || filled[4].Quiet != 5 {
		t.Errorf("filled %+v of %+v", filled, good)
	}
	for want, r := range map[string]Rule{
		"name":                    {Kind: Silence},
		"kind \"x\"":              {Name: "a", Kind: "x"},
		"threshold, change":       {Name: "a"},
		"over or under":           {Name: "a", Kind: Threshold, Metric: Events},
		"not both":                {Name: "a", Kind: Threshold, Metric: Events, Over: f(1), Under: f(1)},
		"event:NAME":              {Name: "a", Kind: Threshold, Metric: "bounce_rate", Over: f(1)},
		"visitors, pageviews":     {Name: "a", Kind: Threshold, Over: f(1)},
		"pageviews, events and":   {Name: "a", Kind: Change, Metric: Visitors, Fall: f(1)},
		"up to 100":               {Name: "a", Kind: Change, Metric: Events, Fall: f(101)},
		"rise_percent, fall_perc": {Name: "a", Kind: Change, Metric: Events},
		"60 minutes":              {Name: "a", Kind: Change, Metric: Events, Fall: f(1), Minutes: 5},
		"1 to 60":                 {Name: "a", Kind: Silence, Minutes: 61},
		"quiet_minutes":           {Name: "a", Kind: Silence, Quiet: -1},
		"another kind":            {Name: "a", Kind: Silence, Over: f(1)},
		"share in percent":        {Name: "a", Kind: Errors},
		"it has none":             {Name: "a", Kind: Errors, Metric: Events, Over: f(1)},
		"quarantined, invalid":    {Name: "a", Kind: Errors, Over: f(1), Count: []Outcome{"duplicate"}},
		"count is for":            {Name: "a", Kind: Silence, Count: []Outcome{Late}},
		"id \"A\"":                {Name: "a", ID: "A", Kind: Silence},
		"needs an id":             {Name: "日本", Kind: Silence},
		"a number from 0":         {Name: "a", Kind: Threshold, Metric: Events, Over: f(-1)},
	} {
		err := Check(Filled([]Rule{{Name: "ok", Kind: Silence}, r}))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "alerts[1]: ") {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
	if err := Check(Filled([]Rule{{Name: "a b", Kind: Silence}, {Name: "a-b", Kind: Silence}})); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("two of an id: %v", err)
	}
	if err := Check(make([]Rule, MaxRules+1)); err == nil || !strings.Contains(err.Error(), "50") {
		t.Errorf("too many: %v", err)
	}
}

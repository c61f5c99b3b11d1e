package main

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 1, 31, 18, 0, 0, 0, time.UTC)
	tests := []struct {
		text string
		want time.Time // zero: an error
	}{
		{"now", now},
		{"2026-01-31T19:00:00+01:00", now},
		{"2026-01-31T18:00:00.25Z", now.Add(250 * time.Millisecond)},
		{"-2h", now.Add(-2 * time.Hour)},
		{"2h ago", now.Add(-2 * time.Hour)},
		{"1h30m ago", now.Add(-90 * time.Minute)},
		{"-7d", now.AddDate(0, 0, -7)},
		{"7d ago", now.AddDate(0, 0, -7)},
		{"0s ago", now},
		{"", time.Time{}},
		{"2h", time.Time{}},
		{"ago", time.Time{}},
		{"--2h", time.Time{}},
		{"-2h ago", time.Time{}},
		{"-2", time.Time{}},
		{"-1.5d", time.Time{}},
		{"-70000d", time.Time{}},
		{"tomorrow", time.Time{}},
		{"2026-01-31", time.Time{}},
	}
	for _, test := range tests {
		got, err := parseMoment(test.text, now)
		if (err == nil) == test.want.IsZero() || !got.Equal(test.want) {
			t.Errorf("%q: %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		text        string
		rate, speed bool // what it is good for
	}{
		{"500", true, true}, {"500/s", true, false}, {"0.5", true, true}, {"0", false, false}, {"-1", false, false},
		{"NaN", false, false}, {"Inf", false, false}, {"1e300", false, false}, {"5/m", false, false}, {"", false, false},
	}
	for _, test := range tests {
		if err := new(perSecond).UnmarshalText([]byte(test.text)); (err == nil) != test.rate {
			t.Errorf("rate %q: %v", test.text, err)
		}
		if err := new(factor).UnmarshalText([]byte(test.text)); (err == nil) != test.speed {
			t.Errorf("speed %q: %v", test.text, err)
		}
	}
}

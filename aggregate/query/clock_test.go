package query_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// odd are zones whose clocks did something unusual, and when: changes of half an hour, at midnight, a minute after it, back into the day before, a
// day left out, offsets of :30 and :45.
var odd = map[string]time.Time{
	"UTC":                 time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
	"Asia/Kolkata":        time.Date(2026, 3, 29, 18, 30, 0, 0, time.UTC),
	"Asia/Kathmandu":      time.Date(2026, 3, 29, 18, 15, 0, 0, time.UTC),
	"America/New_York":    time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC),
	"Europe/Berlin":       time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
	"Australia/Lord_Howe": time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC),
	"Africa/Cairo":        time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC),
	"America/Santiago":    time.Date(2026, 4, 5, 3, 0, 0, 0, time.UTC),
	"America/Havana":      time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC),
	"America/St_Johns":    time.Date(2010, 11, 7, 2, 31, 0, 0, time.UTC),
	"Pacific/Apia":        time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC),
}

// naiveKey is the bucket of an instant by the time package.
func naiveKey(unit query.Dimension, ms int64, zone *time.Location) query.Key {
	t := time.UnixMilli(ms).In(zone)
	y, m, d := t.Date()
	switch unit {
	case query.TimeWeek:
		d -= (int(t.Weekday()) + 6) % 7
	case query.TimeMonth:
		d = 1
	case query.TimeDay:
	default:
		length := map[query.Dimension]time.Duration{query.Time10s: 10 * time.Second, query.TimeMinute: time.Minute, query.Time15Min: 15 * time.Minute,
			query.TimeHour: time.Hour}[unit]
		wall := time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Truncate(length)
		_, offset := t.Zone()
		return query.Key{Text: wall.Format(time.DateTime), Time: wall.UnixMilli() - int64(offset)*1000}
	}
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return query.Key{Text: date.Format(time.DateOnly), Time: naiveFirst(date, zone).UnixMilli()}
}

// naiveFirst looks for the first instant of a date minute by minute.
func naiveFirst(date time.Time, zone *time.Location) time.Time {
	for first := date.Add(-15 * time.Hour); ; first = first.Add(time.Minute) {
		if y, m, d := first.In(zone).Date(); !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(date) {
			return first
		}
	}
}

func TestBucketsAreThoseOfTheWallClock(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, change := range odd {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []query.Dimension{query.Time10s, query.TimeMinute, query.Time15Min, query.TimeHour, query.TimeDay, query.TimeWeek, query.TimeMonth} {
			spread := []int64{7200_000, 50 * 3600_000, 60 * 86400_000}[r.IntN(3)]
			for range 60 {
				at := change.UnixMilli() + r.Int64N(2*spread) - spread
				checkBucket(t, unit, at, zone)
			}
			for _, near := range []int64{-1, 0, 1} {
				checkBucket(t, unit, change.UnixMilli()+near, zone)
			}
		}
	}
}

func checkBucket(t *testing.T, unit query.Dimension, at int64, zone *time.Location) {
	t.Helper()
	b := query.Buckets(unit, at, at+1, zone, 10)
	if want := naiveKey(unit, at, zone); len(b) != 1 || b[0].Key != want {
		t.Fatalf("%s in %s at %s: got %v, want %v", unit, zone, time.UnixMilli(at).In(zone), b, want)
	}
}

// TestBucketsCoverTheSpan looks at each minute of some days around a change of the clocks.
func TestBucketsCoverTheSpan(t *testing.T) {
	for name, change := range odd {
		if name == "America/St_Johns" {
			continue // a date that is left and comes back has two stretches
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []query.Dimension{query.Time15Min, query.TimeHour, query.TimeDay, query.TimeWeek} {
			from, to := change.Add(-40*time.Hour).UnixMilli(), change.Add(40*time.Hour).UnixMilli()
			at := from
			seen := make(map[query.Key]bool)
			for _, b := range query.Buckets(unit, from, to, zone, 10_000) {
				if b.From != at || b.To <= b.From || seen[b.Key] {
					t.Fatalf("%s in %s: bucket %v after %d", unit, name, b, at)
				}
				seen[b.Key] = true
				for at = b.From; at < b.To; at += 13 * 60_000 {
					if want := naiveKey(unit, at, zone); b.Key != want {
						t.Fatalf("%s in %s at %d: in bucket %v, want %v", unit, name, at, b.Key, want)
					}
				}
				at = b.To
			}
			if at != to {
				t.Fatalf("%s in %s: buckets end at %d, not at %d", unit, name, at, to)
			}
		}
	}
}

func TestBucketsStopAtTheLimit(t *testing.T) {
	b := query.Buckets(query.TimeMinute, start, start+86400_000, time.UTC, 7)
	if len(b) != 7 || b[6].From != start+6*60_000 {
		t.Fatalf("got %v", b)
	}
}

func ExampleBuckets() {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, zone)
	for _, b := range query.Buckets(query.TimeHour, midnight.UnixMilli(), midnight.Add(4*time.Hour).UnixMilli(), zone, 100) {
		fmt.Println(b.Key.Text, time.UnixMilli(b.Key.Time).UTC().Format(time.TimeOnly))
	}
	// Output:
	// 2026-11-01 00:00:00 04:00:00
	// 2026-11-01 01:00:00 05:00:00
	// 2026-11-01 01:00:00 06:00:00
	// 2026-11-01 02:00:00 07:00:00
}

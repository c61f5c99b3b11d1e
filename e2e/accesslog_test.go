package e2e

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// accessLog is what a log holds, read with a regular expression and counted with maps: it shares nothing with the product but
// the rules that are written down for its users.
type accessLog struct {
	path      string
	events    []logEvent
	malformed []int // lines, from 1
}

// logEvent is a line of a log, as an event.
type logEvent struct {
	time    time.Time
	name    string
	page    string
	visitor string

	target, referrer, agent string // as the line has them
}

var (
	combined = regexp.MustCompile(`^(\S+) .*?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)` +
		`(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)".*| [^"].*)?$`)
	request11 = regexp.MustCompile(`^([A-Z]+) (.*?)(?: HTTP/\d\.\d)?$`)
	answered  = regexp.MustCompile(`^(2..|304)$`)
	asset     = regexp.MustCompile(`(?i)\.(css|js|mjs|map|json|xml|txt|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp3|mp4|webm|pdf|zip|gz|tgz|jar)$`)
)

func readAccessLog(t *testing.T, path string) accessLog {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	log := accessLog{path: path}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		if e, ok := readLine(in.Text()); ok {
			log.events = append(log.events, e)
		} else {
			log.malformed = append(log.malformed, n)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return log
}

func readLine(text string) (logEvent, bool) {
	m := combined.FindStringSubmatch(text)
	if m == nil {
		return logEvent{}, false
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", m[2])
	if err != nil {
		return logEvent{}, false
	}
	referrer, agent := known(m[6]), known(m[7])
	e := logEvent{time: at, name: "request", visitor: m[1] + " " + agent, referrer: referrer, agent: agent}
	method, target := "", m[3]
	if r := request11.FindStringSubmatch(m[3]); r != nil {
		method, target = r[1], r[2]
	}
	path, _, _ := strings.Cut(target, "?")
	if method == "GET" && answered.MatchString(m[4]) && !asset.MatchString(path) {
		e.name = "pageview"
	}
	e.page, _, _ = strings.Cut(path, "#")
	e.target = target
	return e, true
}

// known is a field of a log, which writes "-" for what is not known.
func known(field string) string {
	if field == "-" {
		return ""
	}
	return field
}

// generatedLog is the log in testdata; realLog is a real one, which lies beside the project where there is one.
func generatedLog(t *testing.T) accessLog {
	return readAccessLog(t, "../event/accesslog/testdata/generated.log")
}

func realLog(t *testing.T) accessLog {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", "apache_combined.log")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real log: %v", err)
	}
	return readAccessLog(t, path)
}

// at is the event time of an event: start + (its time − the first line's time) / speed.
func (l accessLog) at(e logEvent, start time.Time, speed float64) time.Time {
	ms := math.Round(float64(e.time.Sub(l.events[0].time).Milliseconds()) / speed)
	return start.Add(time.Duration(ms) * time.Millisecond)
}

// span is the whole minutes that hold the events of a replay.
func (l accessLog) span(start time.Time, speed float64) span {
	sp := span{start, start}
	for _, e := range l.events {
		at := l.at(e, start, speed)
		if at.Before(sp.from) {
			sp.from = at
		}
		if at.After(sp.to) {
			sp.to = at
		}
	}
	return span{sp.from.Truncate(time.Minute), sp.to.Truncate(time.Minute).Add(time.Minute)}
}

// figures is what every query must answer after a replay.
func (l accessLog) figures(start time.Time, speed float64) figures {
	all := make(figures)
	visitors := make(map[[3]string]bool)
	for _, d := range dimensions {
		all[d] = make(map[string][3]int64)
	}
	for _, e := range l.events {
		minute := l.at(e, start, speed).UTC().Truncate(time.Minute).Format("2006-01-02 15:04:05")
		for d, key := range map[string]string{"": "", "event:page": e.page, "event:name": e.name, "time:minute": minute} {
			n := all[d][key]
			if who := [3]string{d, key, e.visitor}; !visitors[who] {
				visitors[who] = true
				n[0]++
			}
			if e.name == "pageview" {
				n[1]++
			}
			n[2]++
			all[d][key] = n
		}
	}
	return all
}

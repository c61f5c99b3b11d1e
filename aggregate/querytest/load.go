package querytest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// load reads the lines of a load statement.
func (p *parser) load(lines []line) ([]event.Event, error) {
	var batch []event.Event
	for _, l := range lines {
		words, err := l.words(false)
		if err != nil {
			return nil, err
		}
		e, err := p.event(l, words)
		if err != nil {
			return nil, err
		}
		batch = append(batch, e)
	}
	return batch, nil
}

func (p *parser) event(l line, words []token) (event.Event, error) {
	if len(words) < 4 {
		return event.Event{}, l.fault("an event is written as TIME VISITOR NAME URL [FIELD=VALUE…]")
	}
	at, err := p.when(words[0])
	if err != nil {
		return event.Event{}, err
	}
	p.last = at
	p.events++
	e := event.Event{
		Site: SiteID, ID: fmt.Sprintf("e%d", p.events), Name: words[2].text, TS: at.UnixMilli(), ReceivedAt: at.UnixMilli(),
	}
	if who, cookieless := strings.CutPrefix(words[1].text, "~"); cookieless {
		e.DoorVisitor = who
	} else if who != "-" {
		e.Visitor = who
	}
	if url := words[3].text; url != "-" {
		e.URL = url
	}
	for _, w := range words[4:] {
		name, value, ok := strings.Cut(w.text, "=")
		if !ok {
			return e, w.fault("%q is no field: FIELD=VALUE is expected", w.text)
		}
		if err := setField(&e, name, value); err != nil {
			return e, w.fault("%s: %v", name, err)
		}
	}
	if problems := e.Validate(); len(problems) > 0 {
		return e, l.fault("the event is not valid: %s: %s", problems[0].Field, problems[0].Message)
	}
	return e, nil
}

// when reads a time that is absolute or relative to the last one.
func (p *parser) when(w token) (time.Time, error) {
	if !strings.HasPrefix(w.text, "+") && !strings.HasPrefix(w.text, "-") {
		return instant(w)
	}
	d, err := time.ParseDuration(w.text)
	if err != nil {
		return time.Time{}, w.fault("%q is no duration such as +30s or -2h", w.text)
	}
	if p.last.IsZero() {
		return time.Time{}, w.fault("the first event needs a time such as 2026-03-14T12:00:00")
	}
	return p.last.Add(d), nil
}

func instant(w token) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, w.text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, w.fault("%q is no time such as 2026-03-14T12:00:00 or 2026-03-14T12:00:00-04:00", w.text)
}

// texts are the fields of an event that are set as they stand.
var texts = map[string]func(*event.Event) *string{
	"id": func(e *event.Event) *string { return &e.ID }, "session": func(e *event.Event) *string { return &e.Session },
	"user": func(e *event.Event) *string { return &e.User }, "ref": func(e *event.Event) *string { return &e.Referrer },
	"title": func(e *event.Event) *string { return &e.Title }, "screen": func(e *event.Event) *string { return &e.Screen },
	"lang": func(e *event.Event) *string { return &e.Lang }, "ua": func(e *event.Event) *string { return &e.UserAgent },
	"country": func(e *event.Event) *string { return &e.Country }, "region": func(e *event.Event) *string { return &e.Region },
	"city": func(e *event.Event) *string { return &e.City }, "bot": func(e *event.Event) *string { return &e.Bot },
}

var vitals = map[string]func(*event.Vitals) *event.Vital{
	"lcp": func(v *event.Vitals) *event.Vital { return &v.LCP }, "inp": func(v *event.Vitals) *event.Vital { return &v.INP },
	"cls": func(v *event.Vitals) *event.Vital { return &v.CLS }, "fcp": func(v *event.Vitals) *event.Vital { return &v.FCP },
	"ttfb": func(v *event.Vitals) *event.Vital { return &v.TTFB },
}

func setField(e *event.Event, name, value string) error {
	if text := texts[name]; text != nil {
		*text(e) = value
		return nil
	}
	if vital := vitals[name]; vital != nil {
		x, err := strconv.ParseFloat(value, 64)
		*vital(&e.Vitals) = event.Vital{Value: x, Set: true}
		return err
	}
	if key, ok := strings.CutPrefix(name, "prop:"); ok {
		e.Props = append(e.Props, event.Prop{Key: key, Value: value})
		return nil
	}
	switch name {
	case "engaged":
		d, err := time.ParseDuration(value)
		e.EngagedMS = d.Milliseconds()
		return err
	case "scroll":
		n, err := strconv.Atoi(value)
		e.Scroll = n
		return err
	case "arrives":
		d, err := time.ParseDuration(value)
		e.ReceivedAt += d.Milliseconds()
		return err
	case "ts":
		if value != "none" {
			return fmt.Errorf("%q: none is allowed; a time stands at the beginning of the line", value)
		}
		e.TS = 0
		return nil
	case "revenue":
		return setRevenue(e, value)
	}
	return fmt.Errorf("there is no such field; allowed are id, ts, arrives, session, user, ref, title, screen, lang, ua, country, region, city, bot, engaged, scroll, " +
		"revenue, lcp, inp, cls, fcp, ttfb and prop:KEY")
}

// setRevenue reads "12.50 EUR".
func setRevenue(e *event.Event, value string) error {
	amount, currency, _ := strings.Cut(value, " ")
	units, fraction, _ := strings.Cut(amount, ".")
	micros, err := strconv.ParseInt(units+(fraction + "000000")[:6], 10, 64)
	if err != nil || len(fraction) > 6 || currency == "" {
		return fmt.Errorf(`%q is no amount such as "12.50 EUR"`, value)
	}
	e.Revenue = event.Revenue{Micros: micros, Currency: currency}
	return nil
}

package event

import (
	"strings"
	"unicode/utf8"
)

// Validate checks an event built in Go against the limits, the size of its canonical JSON among them. Decode already
// includes it. Of a valid event AppendJSON writes what Decode reads back.
func (e *Event) Validate() []FieldError {
	c := checks{strict: true}
	c.numbers(e)
	c.strings(e)
	if problems, _ := c.problems(e); len(problems) > 0 {
		return problems
	}
	return e.checkSize()
}

// checks collects what is wrong with an event, at most one verdict a field: the first.
type checks struct {
	found [fieldCount]verdict

	// strict is for an event that no decoder has seen: are its strings text, its numbers in range, its keys unique?
	strict bool
}

func (c *checks) set(f field, v verdict) {
	if c.found[f] == valid {
		c.found[f] = v
	}
}

// strings checks all fields that are strings.
func (c *checks) strings(e *Event) {
	c.site(e.Site)
	if e.Name == "" {
		c.set(fieldName, missing)
	}
	c.length(fieldName, e.Name)
	c.length(fieldID, e.ID)
	c.length(fieldURL, e.URL)
	c.length(fieldReferrer, e.Referrer)
	c.length(fieldTitle, e.Title)
	c.length(fieldVisitor, e.Visitor)
	c.length(fieldSession, e.Session)
	c.length(fieldUser, e.User)
	c.currency(e.Revenue)
	c.length(fieldScreen, e.Screen)
	c.length(fieldLang, e.Lang)
	c.length(fieldUserAgent, e.UserAgent)
	c.length(fieldCountry, e.Country)
	c.length(fieldRegion, e.Region)
	c.length(fieldCity, e.City)
	c.length(fieldDoorVisitor, e.DoorVisitor)
	c.length(fieldBot, e.Bot)
	c.noControls(fieldURL, e.URL)
	c.noControls(fieldReferrer, e.Referrer)
}

func (c *checks) site(site string) {
	switch {
	case ValidSite(site):
	case site == "":
		c.set(fieldSite, missing)
	case len(site) > MaxSite:
		c.set(fieldSite, tooLong)
	default:
		c.set(fieldSite, badForm)
	}
}

// length checks a string that may be any text. It is no more than what the compiler makes part of its caller.
func (c *checks) length(f field, s string) {
	if c.strict || len(s) > specs[f].max {
		c.judge(f, s)
	}
}

func (c *checks) judge(f field, s string) {
	if c.strict {
		c.set(f, textFault(s))
	}
	if len(s) > specs[f].max {
		c.set(f, tooLong)
	}
}

// noControls keeps line ends and the like out of what is shown and split as an address.
func (c *checks) noControls(f field, s string) {
	if hasControl(s) {
		c.set(f, badForm)
	}
}

func (c *checks) currency(r Revenue) {
	switch {
	case r.Currency == "" && r.Micros != 0:
		c.set(fieldCurrency, missing)
	case r.Currency != "" && !validCurrency(r.Currency):
		c.set(fieldCurrency, badForm)
	}
}

func validCurrency(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) == 3
}

// numbers checks all fields that are numbers. 0 is absent, or within the bounds.
func (c *checks) numbers(e *Event) {
	c.bounds(fieldTS, e.TS)
	c.bounds(fieldEngaged, e.EngagedMS)
	c.bounds(fieldScroll, int64(e.Scroll))
	c.bounds(fieldReceivedAt, e.ReceivedAt)
	if e.Revenue.Micros < -MaxMicros || e.Revenue.Micros > MaxMicros {
		c.set(fieldAmount, outOfRange)
	}
	for i, v := range [...]Vital{e.Vitals.LCP, e.Vitals.INP, e.Vitals.CLS, e.Vitals.FCP, e.Vitals.TTFB} {
		if v.Set && !(v.Value >= 0 && v.Value <= MaxVital) { // NaN is neither
			c.set(fieldLCP+field(i), outOfRange)
		}
	}
}

func (c *checks) bounds(f field, v int64) {
	if v != 0 && (v < specs[f].lo || v > specs[f].hi) {
		c.set(f, outOfRange)
	}
}

// prop judges property i of e.
func (c *checks) prop(props []Prop, i int) verdict {
	p := &props[i]
	switch {
	case p.Kind&wrongProp != 0 && !c.strict:
		return verdict(p.Kind &^ wrongProp)
	case p.Key == "" || len(p.Key) > MaxKey:
		return badKey
	case len(p.Value) > MaxValue:
		return tooLong
	case c.strict:
		return strictProp(props, i)
	}
	return valid
}

func strictProp(props []Prop, i int) verdict {
	p := props[i]
	if v := textFault(p.Key); v != valid {
		return v
	}
	switch {
	case findProp(props[:i], p.Key) >= 0:
		return repeated
	case p.Kind == PropString:
		return textFault(p.Value)
	case p.Kind == PropNumber && isNumber(p.Value), p.Kind == PropBool && (p.Value == "true" || p.Value == "false"):
		return valid
	}
	return badForm
}

func textFault(s string) verdict {
	switch {
	case !utf8.ValidString(s):
		return notUTF8
	case strings.IndexByte(s, 0) >= 0:
		return holdsNUL
	}
	return valid
}

// problems words what was found, and what is wrong with properties. faults counts the strings of e that are not text.
func (c *checks) problems(e *Event) (problems []FieldError, faults int) {
	if len(e.Props) > MaxProps {
		c.set(fieldProps, tooMany)
	}
	add := func(v verdict, s spec, got string) {
		if v == notUTF8 || v == holdsNUL {
			faults++
		}
		problems = append(problems, v.problem(s, got))
	}
	if c.found != [fieldCount]verdict{} {
		for f, v := range c.found {
			if v != valid {
				add(v, specs[f], field(f).got(e))
			}
		}
	}
	for i := range e.Props[:min(len(e.Props), MaxProps)] {
		if v := c.prop(e.Props, i); v != valid {
			add(v, e.Props[i].spec(), e.Props[i].Value)
		}
	}
	return problems, faults
}

// got returns the value that a problem repeats.
func (f field) got(e *Event) string {
	switch f {
	case fieldSite:
		return e.Site
	case fieldCurrency:
		return e.Revenue.Currency
	}
	return ""
}

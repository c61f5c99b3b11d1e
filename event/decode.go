package event

import (
	"strconv"
	"unicode/utf8"
)

// Decode reads one event: a single JSON object. It resets e first and reuses the capacity of e.Props. Strings of e alias
// data where no escape had to be resolved.
//
// err is a *SyntaxError: data is not one JSON object at all, and e is empty. Otherwise problems are what is wrong with
// single fields: wrong types, and everything that Validate finds, at most one for each field or property. An event with
// problems must not be used, except for its Site and ID where no problem names those.
//
// The rules, in the order in which they matter:
//
//   - More than MaxStampedBytes is the problem too_long of the field "", and nothing else is looked at.
//   - JSON is as in RFC 8259, at most MaxDepth deep. White space may stand around the object, a byte order mark may not.
//   - Keys match exactly. Of equal keys in one object the last wins, whatever the others hold. Unknown keys are ignored.
//   - null is as good as absent, and so is "" except as the value of a property.
//   - A string must be UTF-8, without half surrogate pairs and without U+0000. Where it is not, the known field or the
//     property that has it as its value has a problem; anywhere else (keys, unknown fields, values that a later equal
//     key replaces) it is a syntax error.
//   - ts, received_at, engaged_ms and scroll drop a fraction. An amount of money is a number, or a string that holds a
//     JSON number. Exponents are resolved exactly.
//   - A property whose value is null does not count towards MaxProps, nor does a key that is there already. From the
//     first that is one too many, the rest of props need only be JSON.
func (e *Event) Decode(data []byte) (problems []FieldError, err error) {
	*e = Event{Props: e.Props[:0]}
	if len(data) > MaxStampedBytes {
		return []FieldError{tooLarge(len(data))}, nil
	}
	d := decoder{e: e, scanner: scanText(data)}
	d.dirty = !utf8.ValidString(d.text)
	d.event()
	d.end()
	d.strings(e)
	problems, named := d.problems(e)
	if d.faults > named {
		d.fail(d.faultAt, "expected strings in UTF-8, without half surrogate pairs and U+0000")
	}
	if d.err != nil {
		*e = Event{Props: e.Props[:0]}
		return nil, d.err
	}
	if len(problems) == 0 && len(data) > MaxStampedBytes-maxGrowth {
		problems = e.checkSize()
	}
	return problems, nil
}

// decoder fills an event while it scans. What it finds wrong with a field waits in its checks, because a later equal
// key may still replace the value.
type decoder struct {
	scanner
	checks
	e         *Event
	hasAmount bool
}

func (d *decoder) event() {
	if d.peek() != '{' {
		d.expected("'{'")
		return
	}
	e := d.e
	d.open()
	for n := 0; d.more(n, '}'); n++ {
		switch d.key().value() {
		case "site":
			d.string(fieldSite, &e.Site)
		case "name":
			d.string(fieldName, &e.Name)
		case "id":
			d.string(fieldID, &e.ID)
		case "ts":
			d.integer(fieldTS, &e.TS)
		case "url":
			d.string(fieldURL, &e.URL)
		case "referrer":
			d.string(fieldReferrer, &e.Referrer)
		case "title":
			d.string(fieldTitle, &e.Title)
		case "visitor":
			d.string(fieldVisitor, &e.Visitor)
		case "session":
			d.string(fieldSession, &e.Session)
		case "user":
			d.string(fieldUser, &e.User)
		case "props":
			d.props()
		case "revenue":
			d.revenue()
		case "vitals":
			d.vitals()
		case "engaged_ms":
			d.integer(fieldEngaged, &e.EngagedMS)
		case "scroll":
			d.scroll()
		case "screen":
			d.string(fieldScreen, &e.Screen)
		case "lang":
			d.string(fieldLang, &e.Lang)
		case "received_at":
			d.integer(fieldReceivedAt, &e.ReceivedAt)
		case "ua":
			d.string(fieldUserAgent, &e.UserAgent)
		case "country":
			d.string(fieldCountry, &e.Country)
		case "region":
			d.string(fieldRegion, &e.Region)
		case "city":
			d.string(fieldCity, &e.City)
		case "door_visitor":
			d.string(fieldDoorVisitor, &e.DoorVisitor)
		case "bot":
			d.string(fieldBot, &e.Bot)
		default:
			d.skip()
		}
	}
}

// value moves to the value of field f and reports whether it has the wanted type. If not, the value is taken, and is a
// problem unless it is null. What was found wrong with an earlier value of f is forgotten.
func (d *decoder) value(f field, want kind) bool {
	d.found[f] = valid
	k := d.kind()
	if k == want {
		return true
	}
	d.skip()
	if k != kindNull {
		d.found[f] = wrongType + verdict(k)
	}
	return false
}

func (d *decoder) string(f field, dst *string) {
	*dst = ""
	if !d.value(f, kindString) {
		return
	}
	t := d.str()
	if d.found[f] = t.fault; t.fault == valid {
		*dst = t.value()
	}
}

func (d *decoder) integer(f field, dst *int64) {
	*dst = 0
	if !d.value(f, kindNumber) {
		return
	}
	v, ok := decimal(d.number(), 0, truncate)
	if !ok || v < specs[f].lo || v > specs[f].hi {
		d.found[f] = outOfRange
		return
	}
	*dst = v
}

func (d *decoder) scroll() {
	var percent int64
	d.integer(fieldScroll, &percent)
	d.e.Scroll = int(percent)
}

func (d *decoder) revenue() {
	d.e.Revenue, d.hasAmount = Revenue{}, false
	d.found[fieldAmount], d.found[fieldCurrency] = valid, valid
	if !d.value(fieldRevenue, kindObject) {
		return
	}
	d.open()
	for n := 0; d.more(n, '}'); n++ {
		switch d.key().value() {
		case "amount":
			d.amount()
		case "currency":
			d.string(fieldCurrency, &d.e.Revenue.Currency)
		default:
			d.skip()
		}
	}
	amount := d.hasAmount || d.found[fieldAmount] != valid
	currency := d.e.Revenue.Currency != "" || d.found[fieldCurrency] != valid
	switch {
	case currency && !amount:
		d.found[fieldAmount] = missing
	case amount && !currency:
		d.found[fieldCurrency] = missing
	}
}

func (d *decoder) amount() {
	d.e.Revenue.Micros, d.hasAmount = 0, false
	lit := ""
	if d.kind() == kindString {
		d.found[fieldAmount] = valid
		t := d.str()
		if d.found[fieldAmount] = t.fault; t.fault != valid || t.raw == "" {
			return
		}
		if lit = t.value(); !isNumber(lit) {
			d.found[fieldAmount] = badForm
			return
		}
	} else if d.value(fieldAmount, kindNumber) {
		lit = d.number()
	} else {
		return
	}
	micros, ok := decimal(lit, 6, round)
	if !ok || micros < -MaxMicros || micros > MaxMicros {
		d.found[fieldAmount] = outOfRange
		return
	}
	d.e.Revenue.Micros, d.hasAmount = micros, true
}

func (d *decoder) vitals() {
	v := &d.e.Vitals
	*v = Vitals{}
	clear(d.found[fieldLCP : fieldTTFB+1])
	if !d.value(fieldVitals, kindObject) {
		return
	}
	d.open()
	for n := 0; d.more(n, '}'); n++ {
		switch d.key().value() {
		case "lcp":
			d.vital(fieldLCP, &v.LCP)
		case "inp":
			d.vital(fieldINP, &v.INP)
		case "cls":
			d.vital(fieldCLS, &v.CLS)
		case "fcp":
			d.vital(fieldFCP, &v.FCP)
		case "ttfb":
			d.vital(fieldTTFB, &v.TTFB)
		default:
			d.skip()
		}
	}
}

func (d *decoder) vital(f field, dst *Vital) {
	*dst = Vital{}
	if !d.value(f, kindNumber) {
		return
	}
	v, err := strconv.ParseFloat(d.number(), 64)
	if err != nil || v < 0 || v > MaxVital {
		d.found[f] = outOfRange
		return
	}
	*dst = Vital{Value: v + 0, Set: true} // -0 + 0 is 0
}

package event

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMicros is the largest amount of money in either direction, in millionths: a billion units.
const MaxMicros = 1_000_000_000_000_000

// MaxVital is the largest value of a web vital: a million seconds.
const MaxVital = 1e9

// field is a part of an event that can have a problem of its own, in the order in which problems are reported.
type field uint8

const (
	fieldSite field = iota
	fieldName
	fieldID
	fieldTS
	fieldURL
	fieldReferrer
	fieldTitle
	fieldVisitor
	fieldSession
	fieldUser
	fieldProps
	fieldRevenue
	fieldAmount
	fieldCurrency
	fieldVitals
	fieldLCP
	fieldINP
	fieldCLS
	fieldFCP
	fieldTTFB
	fieldEngaged
	fieldScroll
	fieldScreen
	fieldLang
	fieldReceivedAt
	fieldUserAgent
	fieldCountry
	fieldRegion
	fieldCity
	fieldDoorVisitor
	fieldBot
	fieldCount
)

// spec is what a field may be.
type spec struct {
	path   string
	is     string // its JSON type
	max    int    // bytes of a string
	lo, hi int64  // bounds of a number
	unit   string // of a number
	form   string // of a value that has a form of its own
	beside string // the field that makes this one required
}

const (
	anObject = "an object"
	aNumber  = "a number"
	aString  = "a string"
	urlForm  = "text without control characters"
)

var specs = [fieldCount]spec{
	fieldSite: {path: "site", is: aString, max: MaxSite, form: "small letters, digits, dots and hyphens, the first a letter or digit"},
	fieldName: {path: "name", is: aString, max: MaxName},
	fieldID:   {path: "id", is: aString, max: MaxKey},
	fieldTS:   {path: "ts", is: aNumber, lo: 1, hi: MaxTimeMS, unit: " (Unix milliseconds)"},

	fieldURL:      {path: "url", is: aString, max: MaxURL, form: urlForm},
	fieldReferrer: {path: "referrer", is: aString, max: MaxURL, form: urlForm},
	fieldTitle:    {path: "title", is: aString, max: MaxValue},
	fieldVisitor:  {path: "visitor", is: aString, max: MaxKey},
	fieldSession:  {path: "session", is: aString, max: MaxKey},
	fieldUser:     {path: "user", is: aString, max: MaxKey},
	fieldProps:    {path: "props", is: anObject},

	fieldRevenue: {path: "revenue", is: anObject},
	fieldAmount: {path: "revenue.amount", is: "a number or a decimal string", lo: -MaxMicros / 1e6, hi: MaxMicros / 1e6,
		form: `a decimal number such as "12.50"`, beside: "revenue.currency"},
	fieldCurrency: {path: "revenue.currency", is: aString, form: "three capital letters such as EUR", beside: "revenue.amount"},

	fieldVitals: {path: "vitals", is: anObject},
	fieldLCP:    {path: "vitals.lcp", is: aNumber, hi: MaxVital, unit: " (milliseconds)"},
	fieldINP:    {path: "vitals.inp", is: aNumber, hi: MaxVital, unit: " (milliseconds)"},
	fieldCLS:    {path: "vitals.cls", is: aNumber, hi: MaxVital},
	fieldFCP:    {path: "vitals.fcp", is: aNumber, hi: MaxVital, unit: " (milliseconds)"},
	fieldTTFB:   {path: "vitals.ttfb", is: aNumber, hi: MaxVital, unit: " (milliseconds)"},

	fieldEngaged: {path: "engaged_ms", is: aNumber, hi: MaxEngagedMS, unit: " (milliseconds)"},
	fieldScroll:  {path: "scroll", is: aNumber, hi: MaxScroll, unit: " (percent)"},
	fieldScreen:  {path: "screen", is: aString, max: MaxShort},
	fieldLang:    {path: "lang", is: aString, max: MaxShort},

	fieldReceivedAt:  {path: "received_at", is: aNumber, lo: 1, hi: MaxTimeMS, unit: " (Unix milliseconds)"},
	fieldUserAgent:   {path: "ua", is: aString, max: MaxValue},
	fieldCountry:     {path: "country", is: aString, max: MaxShort},
	fieldRegion:      {path: "region", is: aString, max: MaxShort},
	fieldCity:        {path: "city", is: aString, max: MaxShort},
	fieldDoorVisitor: {path: "door_visitor", is: aString, max: MaxKey},
	fieldBot:         {path: "bot", is: aString, max: MaxShort},
}

// spec returns what a property may be. Its path is its key, made fit for a line of text.
func (p Prop) spec() spec {
	key := clip(p.Key)
	if key != p.Key {
		key += "…"
	}
	key = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, key)
	return spec{path: "props." + key, is: "a string, a number or a boolean", max: MaxValue, form: "a JSON literal of its kind"}
}

// verdict is what was found wrong with a field or a property.
type verdict uint8

const (
	valid verdict = iota
	missing
	notUTF8
	holdsNUL
	tooLong
	badKey // of a property: its length
	tooMany
	badForm
	outOfRange
	repeated  // the key of a property
	wrongType // + the kind that stood there
)

var kindNames = [...]string{
	kindString: aString, kindNumber: aNumber, kindBool: "a boolean", kindObject: anObject, kindArray: "an array",
}

// problem words the verdict on what stands at s.path. got is what stood there, or "" where it is not to be repeated.
func (v verdict) problem(s spec, got string) FieldError {
	switch v {
	case missing:
		return s.problem(CodeRequired, "is required"+s.company())
	case notUTF8:
		return s.problem(CodeUTF8, "must be UTF-8 without half surrogate pairs")
	case holdsNUL:
		return s.problem(CodeFormat, "must not hold the character U+0000")
	case tooLong:
		return s.problem(CodeTooLong, "must be at most "+strconv.Itoa(s.max)+" bytes")
	case badKey:
		code := CodeTooLong
		if s.path == "props." {
			code = CodeRequired
		}
		return s.problem(code, "must have a key of 1 to "+strconv.Itoa(MaxKey)+" bytes")
	case tooMany:
		return s.problem(CodeTooMany, "must be at most "+strconv.Itoa(MaxProps)+" pairs")
	case badForm:
		if got != "" {
			got = ", not " + quote(got)
		}
		return s.problem(CodeFormat, "must be "+s.form+got)
	case outOfRange:
		return s.problem(CodeRange, fmt.Sprintf("must be %d to %d%s", s.lo, s.hi, s.unit))
	case repeated:
		return s.problem(CodeDuplicate, "must occur once")
	}
	return s.problem(CodeType, "must be "+s.is+", not "+kindNames[v-wrongType])
}

func (s spec) problem(code, rest string) FieldError {
	return FieldError{Code: code, Field: s.path, Message: s.path + " " + rest}
}

func (s spec) company() string {
	if s.beside == "" {
		return ""
	}
	return " beside " + s.beside
}

package event

// Limits of what is accepted. A test holds each at its edge.
const (
	MaxBytes         = 32 << 10 // one event as a client sends it, as JSON, in bytes; the door checks it
	MaxStampedBytes  = 40 << 10 // one event on the stream, with all that the door can add, in bytes
	MaxRequestBytes  = 1 << 20  // one request body after decompression, in bytes
	MaxRequestEvents = 500      // events in one request
	MaxRecordBytes   = 1 << 20  // one stream record, in bytes
	MaxURL           = 2000     // url and referrer, in bytes
	MaxName          = 120      // event name, in bytes
	MaxKey           = 300      // id, visitor, session, user and property keys, in bytes
	MaxValue         = 2000     // title, user agent and property values, in bytes
	MaxShort         = 100      // screen, lang, country, region, city and bot mark, in bytes
	MaxProps         = 30       // properties of one event
	MaxDepth         = 32       // nesting of a JSON value
	MaxScroll        = 100      // scroll depth, in percent of the page
	MaxEngagedMS     = 86_400_000
	MaxTimeMS        = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z
)

// Names of events that the product itself gives a meaning to. Every other name is the user's own.
const (
	Pageview   = "pageview"
	Engagement = "engagement" // carries engaged_ms and scroll; never counted as an event
)

// Event is one thing that a visitor did, as a client sent it and the door stamped it.
//
// The zero value of a field means that it was absent. Strings of a decoded event alias the bytes it was decoded
// from: they are valid as long as those bytes are not changed.
type Event struct {
	// What the client sends.

	Site      string // "site": which site's numbers it belongs to; see ValidSite
	Name      string // "name": "pageview" or the user's own
	ID        string // "id": what makes a second copy recognisable
	TS        int64  // "ts": the client's clock, Unix milliseconds, 1..MaxTimeMS
	URL       string // "url": absolute, or a path
	Referrer  string // "referrer"
	Title     string // "title"
	Visitor   string // "visitor": who, where the site keeps such an id
	Session   string // "session": random for a page load or a session
	User      string // "user": the site's own name for a signed-in person
	Props     []Prop // "props": scalar pairs, in the order sent, keys unique
	Revenue   Revenue
	Vitals    Vitals
	EngagedMS int64  // "engaged_ms": visible and focused time, milliseconds
	Scroll    int    // "scroll": deepest point seen, percent
	Screen    string // "screen": "1920x1080"
	Lang      string // "lang": BCP 47

	// What the door adds, once. A client's own values for these are discarded at the door.

	ReceivedAt  int64  // "received_at": when the door took it, Unix milliseconds
	UserAgent   string // "ua"
	Country     string // "country": ISO 3166-1 alpha-2
	Region      string // "region"
	City        string // "city"
	DoorVisitor string // "door_visitor": the cookieless visitor, where the client sent none
	Bot         string // "bot": the mark of the door that this is automation, and why
}

// PropKind is the JSON type of a property's value.
type PropKind uint8

// The kinds of property values. A null value counts as an absent property.
const (
	PropString PropKind = iota
	PropNumber
	PropBool
)

// Prop is one property: a key and a scalar value. Value is the string itself, or the literal as it stood in the JSON
// ("12.50", "true").
type Prop struct {
	Key   string
	Value string
	Kind  PropKind
}

// Revenue is an amount of money. Micros is in millionths of the currency's unit, so that sums do not depend on their
// order. It is absent where Currency is "".
type Revenue struct {
	Micros   int64  // "amount": a JSON number or a decimal string, rounded half away from zero to 6 decimals
	Currency string // "currency": three capital letters, ISO 4217
}

// Vitals are the web vitals of a page view. Times are in milliseconds, CLS has no unit.
type Vitals struct {
	LCP, INP, CLS, FCP, TTFB Vital
}

// Vital is one measured web vital; CLS 0 is a value, so presence is kept apart.
type Vital struct {
	Value float64 // finite, >= 0
	Set   bool
}

package sketch

// Field is a text that a hit has: a dictionary-coded column of a sample.
type Field uint8

// The fields. Their numbers are stored.
const (
	Name           Field = iota
	Page                 // path of the page
	Hostname             // of the page
	Referrer             // host and path of the referring page
	Source               // who sent the visitor, as "Google"
	Channel              // kind of source, as "Organic Search"
	UTMSource            // the five tags of a campaign, as they stood in the URL
	UTMMedium            //
	UTMCampaign          //
	UTMContent           //
	UTMTerm              //
	Country              // ISO 3166-1 alpha-2
	Region               //
	City                 //
	Device               // "Desktop", "Mobile", "Tablet"…
	Browser              //
	BrowserVersion       // major, or major.minor
	OS                   //
	OSVersion            //
	Language             // primary language and region, as "en-GB"
	Screen               // class of the screen's width
	Currency             // of Revenue; ISO 4217
	NumFields
)

// The web vitals that a hit may carry, in the order of Hit.Vitals.
const (
	LCP = iota
	INP
	CLS
	FCP
	TTFB
	NumVitals
)

// Prop is a property of a hit.
type Prop struct{ Key, Value string }

// Hit is what is kept of a counted event: one row of a sample.
type Hit struct {
	At        int64 // event time, Unix milliseconds
	Text      [NumFields]string
	Props     []Prop // in order of their keys, which are unique
	Revenue   int64  // millionths of the currency's unit
	EngagedMS int64
	Scroll    uint8 // percent; zero is absent
	// Vitals are bins of web vitals, as [Bin] gives them; NoBin where there is none.
	Vitals [NumVitals]int32
	// Persistent says that the visitor's id was chosen to outlast the visit.
	Persistent bool
}

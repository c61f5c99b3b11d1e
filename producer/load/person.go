package load

import "math/rand/v2"

// person is who visits: a browser, a place, a language, and an id if the site may keep one.
type person struct {
	visitor uint64 // zero: the site may not keep one
	device  uint8  // in devices
	place   uint8  // in places
	lang    uint8  // in languages
}

// device is a browser on a machine. Not every engine measures every vital.
type device struct {
	agent, screen string
	engine        engine
}

type engine uint8

const (
	chromium engine = iota // measures all vitals
	gecko                  // no layout shift
	webkit                 // no layout shift and no interaction latency
)

// devices are what real browsers send, one line for about as many visitors as the next.
var devices = []device{
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "1920x1080", chromium},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "1536x864", chromium},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "1920x1200", chromium},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "2560x1440", gecko},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 OPR/124.0.0.0", "1366x768", chromium},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", "1440x900", webkit},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "1728x1117", chromium},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0", "1680x1050", gecko},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "1920x1080", chromium},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "3840x2160", gecko},
	{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "1366x768", chromium},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "390x844", webkit},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "430x932", webkit},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1", "375x812", webkit},
	{"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "820x1180", webkit},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36", "412x915", chromium},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "360x800", chromium},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "384x854", chromium},
	{"Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", "393x873", gecko},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "800x1280", chromium},
}

// place is where people are, with the language most of them read and the money they pay in.
type place struct {
	weight                float64
	country, region, city string
	lang, currency        string
	rate                  int64 // of the currency against the euro, in percent
}

var places = []place{
	{14, "US", "US-CA", "Los Angeles", "en-US", "USD", 110}, {12, "US", "US-NY", "New York", "en-US", "USD", 110}, {7, "US", "US-TX", "Austin", "en-US", "USD", 110},
	{10, "DE", "DE-BE", "Berlin", "de-DE", "EUR", 100}, {6, "DE", "DE-BY", "Munich", "de-DE", "EUR", 100}, {9, "GB", "GB-LND", "London", "en-GB", "GBP", 85},
	{4, "GB", "GB-SCT", "Edinburgh", "en-GB", "GBP", 85}, {7, "FR", "FR-IDF", "Paris", "fr-FR", "EUR", 100}, {4, "ES", "ES-MD", "Madrid", "es-ES", "EUR", 100},
	{3, "IT", "IT-25", "Milan", "it-IT", "EUR", 100}, {4, "NL", "NL-NH", "Amsterdam", "nl-NL", "EUR", 100}, {2, "AT", "AT-9", "Vienna", "de-AT", "EUR", 100},
	{2, "CH", "CH-ZH", "Zurich", "de-CH", "CHF", 95}, {2, "PL", "PL-14", "Warsaw", "pl-PL", "PLN", 430}, {2, "SE", "SE-AB", "Stockholm", "sv-SE", "SEK", 1120},
	{3, "BR", "BR-SP", "São Paulo", "pt-BR", "BRL", 600}, {4, "JP", "JP-13", "Tokyo", "ja-JP", "JPY", 16200}, {3, "IN", "IN-KA", "Bengaluru", "en-IN", "INR", 9200},
	{3, "CA", "CA-ON", "Toronto", "en-CA", "CAD", 150}, {3, "AU", "AU-NSW", "Sydney", "en-AU", "AUD", 165},
}

const (
	mayKeepID    = 0.65 // of new people, how many the site may give a visitor id
	returns      = 0.3  // of visits, how many are by someone who was here before
	readsEnglish = 0.12 // of people anywhere, how many have their browser in English
	knownPeople  = 2000 // how many are remembered at least; a busier site remembers half as many as visit at one time
	mostKnown    = 50_000
)

// crowd knows the people who may return.
type crowd struct {
	places weights
	known  []person
	most   int
}

func newCrowd(concurrent int) crowd {
	share := make([]float64, len(places))
	for i, p := range places {
		share[i] = p.weight
	}
	return crowd{places: newWeights(share), most: min(max(knownPeople, concurrent/2), mostKnown)}
}

// next returns who makes the next visit.
func (c *crowd) next(rnd *rand.Rand) person {
	if len(c.known) > 0 && rnd.Float64() < returns {
		return oneOf(rnd, c.known)
	}
	p := person{device: uint8(rnd.IntN(len(devices))), place: uint8(c.places.draw(rnd))}
	p.lang = p.place
	if rnd.Float64() < readsEnglish {
		p.lang = 0 // the first place's
	}
	if rnd.Float64() < mayKeepID {
		p.visitor = max(1, rnd.Uint64())
		c.remember(rnd, p)
	}
	return p
}

func (c *crowd) remember(rnd *rand.Rand, p person) {
	if len(c.known) < c.most {
		c.known = append(c.known, p)
		return
	}
	c.known[rnd.IntN(c.most)] = p
}

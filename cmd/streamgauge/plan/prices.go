package plan

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Price is what one unit of something costs.
type Price struct {
	USD    float64 `json:"usd"` // for Per units
	Per    float64 `json:"per"`
	Unit   string  `json:"unit"`
	Source string  `json:"source"` // the page that says so
	// Free is how many units of a month AWS gives every account for ever.
	Free float64 `json:"free,omitempty"`
}

// Prices is a dated table of list prices of one region, in US dollars.
type Prices struct {
	AsOf   string           `json:"as_of"` // the month when the prices were public
	Region string           `json:"region"`
	Note   string           `json:"note,omitempty"`
	Prices map[string]Price `json:"prices"`
	// Latencies of services as a function of Lambda sees them, in milliseconds. They are assumptions.
	Latencies map[string]float64 `json:"latencies_ms"`
}

//go:embed prices.json
var listPrices []byte

// ListPrices is the table that comes with the program.
func ListPrices() (*Prices, error) { return ParsePrices(listPrices) }

// ParsePrices reads a table. It must have every price and latency of the one that comes with the program, and no others.
func ParsePrices(text []byte) (*Prices, error) {
	p, err := decodePrices(text)
	if err != nil {
		return nil, fmt.Errorf("price table: %w", err)
	}
	known, err := decodePrices(listPrices)
	if err != nil {
		return nil, fmt.Errorf("embedded price table: %w", err)
	}
	if err := p.check(known); err != nil {
		return nil, fmt.Errorf("price table: %w", err)
	}
	return p, nil
}

func decodePrices(text []byte) (*Prices, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p Prices
	return &p, d.Decode(&p)
}

// check names everything that is wrong with a table at once.
func (p *Prices) check(known *Prices) error {
	var errs []error
	if p.AsOf == "" || p.Region == "" {
		errs = append(errs, errors.New("as_of and region are needed"))
	}
	errs = append(errs, sameNames("prices", p.Prices, known.Prices), sameNames("latencies_ms", p.Latencies, known.Latencies))
	for _, name := range slices.Sorted(maps.Keys(p.Prices)) {
		if v := p.Prices[name]; v.USD < 0 || v.Per <= 0 || v.Free < 0 || v.Unit == "" || v.Source == "" {
			errs = append(errs, fmt.Errorf("%s: usd and free (0 or more), per (more than 0), unit and source are needed", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Latencies)) {
		if p.Latencies[name] < 0 {
			errs = append(errs, fmt.Errorf("latencies_ms: %s is negative", name))
		}
	}
	return errors.Join(errs...)
}

func sameNames[V any](what string, got, want map[string]V) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: %s is missing", what, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: %s is not known", what, name))
		}
	}
	return errors.Join(errs...)
}

// of is what a quantity costs.
func (p *Prices) of(name string, quantity float64) float64 {
	return quantity / p.Prices[name].Per * p.Prices[name].USD
}

package aggregate

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// Summary is what is known about a set of counted events, as it is stored: of one delta, or of a roll-up. Every hit is in exactly one of Sample and Rest.
type Summary struct {
	Ledger Ledger
	Sample *sketch.Packed
	Rest   *sketch.Rest
}

// sealed is a summary in memory, ready to be written.
type sealed struct {
	ledger Ledger
	sample *sketch.Sample
	rest   *sketch.Rest
}

// parts are summaries that are to be made one. The order in which they are added does not matter.
type parts struct {
	ledger  Ledger
	samples []*sketch.Packed
	rests   []*sketch.Rest
}

func (p *parts) add(s *Summary) {
	p.ledger.Merge(s.Ledger)
	p.samples = append(p.samples, s.Sample)
	p.rests = append(p.rests, s.Rest)
}

func (p *parts) merge() (*sealed, error) {
	sample, rest, err := sketch.Merge(p.samples, p.rests)
	return &sealed{p.ledger, sample, rest}, err
}

// thin gives the sample up: what it counted goes to the rest.
func (s *Summary) thin() (*sealed, error) {
	sample, poured, err := s.Sample.Thin()
	if err != nil {
		return nil, err
	}
	poured.Merge(s.Rest)
	return &sealed{s.Ledger, sample, poured}, nil
}

// appendTo writes the summary: 1 the ledger, 2 the sample, 3 the rest where there is any.
func (s *sealed) appendTo(b []byte) []byte {
	b = appendLedger(b, 1, s.ledger)
	if s.sample != nil && (s.sample.Hits() > 0 || !s.sample.Complete()) {
		b = appendBytes(b, 2, s.sample.AppendBinary(nil))
	}
	if s.rest != nil && !s.rest.Empty() {
		b = appendBytes(b, 3, s.rest.AppendBinary(nil))
	}
	return b
}

func readSummary(b []byte) (*Summary, error) {
	s := &Summary{Sample: sketch.NewPacked(), Rest: sketch.NewRest()}
	err := fields(b, func(num protowire.Number, _ uint64, bytes []byte) (err error) {
		switch num {
		case 1:
			s.Ledger, err = readLedger(bytes)
		case 2:
			s.Sample, err = sketch.Open(bytes)
		case 3:
			s.Rest, err = sketch.DecodeRest(bytes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

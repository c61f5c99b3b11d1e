package apigw

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// sampledOutcomes are what samples are kept of. Those of quarantine are its newest copies.
var sampledOutcomes = []string{"bot", "counted", "duplicate", outcomeInvalid, "late", "quarantined"}

const (
	// quarantinePages and quarantinePage bound how many quarantined copies are looked at for those of a reason.
	quarantinePages = 4
	quarantinePage  = 250
)

type samplesView struct {
	Samples   []*Sample `json:"samples"`
	Available bool      `json:"available"` // false where this process cannot have any
}

// getSamples shows a few of the copies behind a number of the ledger.
func (s *Server) getSamples(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := sampleFilter{site: q.Get("site"), outcome: q.Get("outcome"), reason: q.Get("reason")}
	if !slices.Contains(sampledOutcomes, f.outcome) {
		return fail(http.StatusBadRequest, "bad_outcome",
			fmt.Sprintf("outcome: %q has no samples; %s have", clip(f.outcome, event.MaxSite), strings.Join(sampledOutcomes, ", ")))
	}
	if q.Has("field") {
		if f.outcome != outcomeInvalid {
			return fail(http.StatusBadRequest, "bad_field", "field: only what is invalid is told apart by it; leave it out, or ask for outcome=invalid")
		}
		field := q.Get("field")
		f.field = &field
	}
	if err := s.oneOrAll(r.Context(), f.site); err != nil {
		return err
	}
	if f.outcome == aggregate.Quarantined.String() {
		found, err := s.quarantineSamples(r, f.site, f.reason)
		if err != nil {
			return err
		}
		answer(w, http.StatusOK, samplesView{Samples: found, Available: true})
		return nil
	}
	v := samplesView{Samples: []*Sample{}}
	if v.Available = s.o.Samples != nil && (s.o.Samples.consumes || f.outcome == outcomeInvalid); v.Available {
		v.Samples = s.o.Samples.list(f)
	}
	answer(w, http.StatusOK, v)
	return nil
}

// quarantineSamples are the newest copies in quarantine, of those that arrived last.
func (s *Server) quarantineSamples(r *http.Request, site, reason string) ([]*Sample, error) {
	found, after := []*Sample{}, ""
	for range quarantinePages {
		list, next, err := s.o.Quarantine.List(r.Context(), "", after, quarantinePage)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if (site == "" || c.Site == site) && (reason == "" || c.Reason == reason) && len(found) < samplesKept {
				found = append(found, sampleOf(c))
			}
		}
		if after = next; after == "" || len(found) == samplesKept {
			break
		}
	}
	return found, nil
}

func sampleOf(c aggregate.QuarantinedCopy) *Sample {
	e := decodeAgain(event.Raw{Data: c.Data})
	return &Sample{
		At: c.Kept, T: e.TS, ID: e.ID, Name: redact(e.Name, ""), Page: redact(pageOf(e.URL), ""), Reason: c.Reason, Shard: c.Shard,
		SequenceNumber: c.SequenceNumber, Event: shown(c.Data, ""),
	}
}

package apigw

import (
	"errors"
	"net/http"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// What the door refuses is counted in the accounts, every fault of every event, where samples and what is inspected are a selection. Fields are named as they are shown.

// bookRefused enters the events of a request that are refused.
func (s *Server) bookRefused(in *intake, key string) {
	var why []aggregate.FaultKind
	for i := range in.results {
		res := &in.results[i]
		if res.Status != statusInvalid {
			continue
		}
		why = why[:0]
		for _, f := range res.Errors {
			why = append(why, faultKind(f, key))
		}
		s.o.Accounts.Refused(res.bookedTo, why...)
	}
}

func faultKind(f event.FieldError, key string) aggregate.FaultKind {
	return aggregate.FaultKind{Field: shownField(f.Field, key), Reason: f.Code}
}

// refused books and shows a request of which no event could be told from the others, as one event that names no site, and passes the reason on.
func (s *Server) refused(r *http.Request, body []byte, err error) error {
	e, ours := errors.AsType[*apiError](err)
	if !ours || e.status >= http.StatusInternalServerError {
		return err
	}
	s.o.Accounts.Refused("", aggregate.FaultKind{Reason: e.Code})
	s.inspector.refused(r, body, e)
	return err
}

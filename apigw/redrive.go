package apigw

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/streamgauge/streamgauge/aggregate"
)

// redriveLimit is how many copies one request may bring back.
const redriveLimit = 100

// redriven is what became of one copy: its outcome, or why it stays where it is.
type redriven struct {
	Key     string `json:"key"`
	Outcome string `json:"outcome,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// postRedrive brings copies back from quarantine, one after the other. It may be asked again: what was brought back stays so.
func (s *Server) postRedrive(w http.ResponseWriter, r *http.Request) error {
	if s.o.Redrive == nil {
		return fail(http.StatusNotImplemented, "not_here", "this server does not bring records back")
	}
	var ask struct {
		Keys []string `json:"keys"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	if len(ask.Keys) < 1 || len(ask.Keys) > redriveLimit {
		return fail(http.StatusBadRequest, "bad_keys", fmt.Sprintf("keys: %d are given, 1 to %d are allowed", len(ask.Keys), redriveLimit))
	}
	results := make([]redriven, len(ask.Keys))
	for i, key := range ask.Keys {
		outcome, err := s.o.Redrive(r.Context(), key)
		refused, isRefused := errors.AsType[*aggregate.RefusedError](err)
		switch {
		case isRefused:
			results[i] = redriven{Key: key, Code: refused.Reason, Message: refused.Message}
		case errors.Is(err, aggregate.ErrNotKept):
			results[i] = redriven{Key: key, Code: "not_found", Message: aggregate.ErrNotKept.Error()}
		case err != nil:
			return err // those before it are done, and asking again does no harm
		default:
			results[i] = redriven{Key: key, Outcome: outcome.String()}
		}
	}
	answer(w, http.StatusOK, map[string]any{"results": results})
	return nil
}

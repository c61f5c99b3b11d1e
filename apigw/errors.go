package apigw

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/streamgauge/streamgauge/aggregate"
)

// apiError is an answer that is no success: a code for machines, a message for people.
type apiError struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Details any    `json:"details,omitempty"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func fail(status int, code, message string) *apiError {
	return &apiError{status: status, Code: code, Message: message}
}

// The one table from the errors of other packages to HTTP.
var statuses = []struct {
	err    error
	status int
	code   string
}{
	{aggregate.ErrNoSite, http.StatusNotFound, "unknown_site"},
	{aggregate.ErrSiteExists, http.StatusConflict, "site_exists"},
	{aggregate.ErrBadSite, http.StatusBadRequest, "bad_site"},
	{aggregate.ErrBadQuery, http.StatusBadRequest, "bad_query"},
	{aggregate.ErrNotKept, http.StatusNotFound, "not_found"},
	{aggregate.ErrLiveClosed, http.StatusServiceUnavailable, "closing"},
}

// answerError writes err. What it does not know is the server's fault, and told to OnError.
func (s *Server) answerError(w http.ResponseWriter, r *http.Request, err error) {
	e, known := errors.AsType[*apiError](err)
	if !known {
		e = fail(http.StatusInternalServerError, "internal", "the server could not answer; its log says why")
		for _, st := range statuses {
			if errors.Is(err, st.err) {
				e, known = fail(st.status, st.code, err.Error()), true
				break
			}
		}
	}
	if !known && r.Context().Err() == nil {
		s.o.OnError(err)
	}
	answer(w, e.status, struct {
		Error *apiError `json:"error"`
	}{e})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client may be gone, and there is nobody else to tell
}

package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/apigw/stats"
	"github.com/streamgauge/streamgauge/store"
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

// The one table from the errors of other packages to HTTP. Where there is no message, the error's own text is made for people; otherwise
// it is about our insides, and told to OnError alone.
var statuses = []struct {
	err     error
	status  int
	code    string
	message string
}{
	{aggregate.ErrNoSite, http.StatusNotFound, "unknown_site", ""},
	{aggregate.ErrSiteExists, http.StatusConflict, "site_exists", ""},
	{aggregate.ErrBadSite, http.StatusBadRequest, "bad_site", ""},
	{aggregate.ErrBadImport, http.StatusBadRequest, "bad_import", ""},
	{aggregate.ErrNoImport, http.StatusNotFound, "unknown_import", ""},
	{aggregate.ErrImporting, http.StatusConflict, "importing", ""},
	{aggregate.ErrImported, http.StatusConflict, "imported", ""},
	{aggregate.ErrNoRebuild, http.StatusNotFound, "no_rebuild", ""},
	{aggregate.ErrManyRebuilds, http.StatusConflict, "many_rebuilds", ""},
	{query.ErrBad, http.StatusBadRequest, "bad_query", ""},
	{stats.ErrBad, http.StatusBadRequest, "bad_query", ""},
	{aggregate.ErrNotKept, http.StatusNotFound, "not_found", ""},
	{aggregate.ErrLiveClosed, http.StatusServiceUnavailable, "closing", "the server is shutting down"},
	{store.ErrFull, http.StatusServiceUnavailable, "unavailable", "the disk is full; it works again when there is room"},
	{store.ErrClosed, http.StatusServiceUnavailable, "closing", "the server is shutting down"},
}

// errorBody is the body of every answer that is an error.
type errorBody struct {
	Error *apiError `json:"error"`
}

// answerError writes err.
func (s *Server) answerError(w http.ResponseWriter, r *http.Request, err error) {
	e := s.errorOf(r.Context(), err)
	answer(w, e.status, errorBody{e})
}

// errorOf is err as a client is told of it. What is the server's fault is told to OnError.
func (s *Server) errorOf(ctx context.Context, err error) *apiError {
	e, ours := errors.AsType[*apiError](err)
	if !ours {
		e = judge(err)
		gone := ctx.Err() != nil && errors.Is(err, ctx.Err())
		if e.status >= http.StatusInternalServerError && !gone {
			s.o.OnError(err)
		}
	}
	return e
}

func judge(err error) *apiError {
	for _, st := range statuses {
		switch {
		case !errors.Is(err, st.err):
		case st.message != "":
			return fail(st.status, st.code, st.message)
		default:
			return fail(st.status, st.code, err.Error())
		}
	}
	return fail(http.StatusInternalServerError, "internal", "the server could not answer; its log says why")
}

// jsonType is the type of answers in JSON.
const jsonType = "application/json; charset=utf-8"

// head sets what every answer begins with, and returns the header.
func head(w http.ResponseWriter, contentType string) http.Header {
	h := w.Header()
	if contentType == jsonType {
		h["Content-Type"] = jsonTypes
	} else {
		h.Set("Content-Type", contentType)
	}
	h["X-Content-Type-Options"] = noSniff // no page may take it for a script
	h["Cache-Control"] = noStore
	return h
}

// Values of headers that answers share. Nobody changes them: Set replaces, and Add finds no room.
var (
	jsonTypes = []string{jsonType}
	noSniff   = []string{"nosniff"}
	noStore   = []string{"no-store"}
	anyOrigin = []string{"*"}
)

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	head(w, jsonType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client may be gone, and there is nobody else to tell
}

package apigw

import (
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// getLedger answers the books of a site, or of all without one. What this process accepted up to now is in them.
func (s *Server) getLedger(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, err := timeParam(q.Get("from"), "from")
	if err != nil {
		return err
	}
	to, err := timeParam(q.Get("to"), "to")
	if err != nil {
		return err
	}
	if q.Get("to") != "" && to <= from {
		return fail(http.StatusBadRequest, "bad_time", "to: it must be after from")
	}
	if err := s.oneOrAll(r.Context(), q.Get("site")); err != nil {
		return err
	}
	// On a full disk the books can be read all the same, without what was accepted since.
	if err := s.o.Accounts.Flush(r.Context()); err != nil {
		s.o.OnError(err)
	}
	books, err := s.o.Reader.Books(r.Context(), q.Get("site"), from, to)
	if err != nil {
		return err
	}
	imported, err := s.imported(r.Context(), q.Get("site"))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, struct {
		Site string `json:"site"`
		*aggregate.BooksView
		// Refused never was received, and is no part of the books.
		Refused  *aggregate.RefusedView `json:"refused"`
		Imported importedView           `json:"imported"`
	}{q.Get("site"), books.View(), books.Refused.View(), imported})
	return nil
}

// timeParam reads an optional time in ISO 8601, as Unix milliseconds.
func timeParam(s, name string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UnixMilli() < 0 {
		return 0, fail(http.StatusBadRequest, "bad_time", fmt.Sprintf("%s: %q is no time in ISO 8601 with a zone, as 2026-03-14T00:00:00Z", name, s))
	}
	return t.UnixMilli(), nil
}

// postAudit re-reads the stream and looks every copy up.
func (s *Server) postAudit(w http.ResponseWriter, r *http.Request) error {
	if s.o.Audit == nil {
		return fail(http.StatusNotImplemented, "no_audit", "this server cannot read the stream")
	}
	site := r.URL.Query().Get("site")
	if err := s.oneOrAll(r.Context(), site); err != nil {
		return err
	}
	found, err := s.o.Audit(r.Context(), site)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, found)
	return nil
}

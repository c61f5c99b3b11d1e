package apigw

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// importView is an import as it is shown. Its generation is nobody's business.
type importView struct {
	ID       string                 `json:"id"`
	Site     string                 `json:"site"`
	State    string                 `json:"state"` // "filling" or "done"
	Files    []aggregate.ImportFile `json:"files"`
	Format   string                 `json:"format,omitempty"`
	Begun    time.Time              `json:"begun_at"`
	Finished time.Time              `json:"finished_at,omitzero"`
	aggregate.ImportSum
}

func viewImport(i aggregate.Import) importView {
	v := importView{i.ID, i.Site, "filling", i.Files, i.Format, i.Begun, i.Finished, i.ImportSum}
	if i.Done {
		v.State = "done"
	}
	return v
}

// importedView is what of a site's figures never was on the stream.
type importedView struct {
	Imports uint64 `json:"imports"`
	Counted uint64 `json:"counted"`
}

func (s *Server) imported(ctx context.Context, site string) (v importedView, err error) {
	if s.o.Imports != nil {
		v.Imports, v.Counted, err = s.o.Imports.Counted(ctx, site)
	}
	return v, err
}

func (s *Server) getImports(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	list, err := s.o.Imports.List(r.Context(), site.ID)
	if err != nil {
		return err
	}
	views := make([]importView, len(list))
	for i, imp := range list {
		views[i] = viewImport(imp)
	}
	answer(w, http.StatusOK, map[string]any{"imports": views})
	return nil
}

// postImport begins an import, or finds the one that it is: 201 or 200.
func (s *Server) postImport(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		Files []struct {
			Name   string `json:"name"`
			SHA256 string `json:"sha256"`
		} `json:"files"`
		Format string `json:"format"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	switch req.Format {
	case "", "auto", "combined", "common", "ndjson":
	default:
		return fail(http.StatusBadRequest, "bad_import", fmt.Sprintf("format %q is not known; allowed are auto, combined, common and ndjson", clip(req.Format, 20)))
	}
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	files := make([]aggregate.ImportFile, len(req.Files))
	for i, f := range req.Files {
		files[i] = aggregate.ImportFile(f)
	}
	imp, found, err := s.o.Imports.Begin(r.Context(), site.ID, files, req.Format)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if found {
		status = http.StatusOK
	}
	answer(w, status, viewImport(imp))
	return nil
}

// postImported counts lines of an import. What is answered by 200 is durable.
func (s *Server) postImported(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	file, err := numberParam(q, "file", 0)
	if err != nil {
		return err
	}
	line, err := numberParam(q, "line", 1)
	if err != nil {
		return err
	}
	site, err := s.namedSite(r.Context(), q.Get("site"))
	if err != nil {
		return err
	}
	body, err := readEvents(w, r)
	if err != nil {
		return err
	}
	result, err := s.o.AddImported(r.Context(), site.ID, r.PathValue("id"), int(file), line, body)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, result)
	return nil
}

// numberParam reads a parameter that is a whole number, and not below least, which is what it is where it is missing.
func numberParam(q url.Values, name string, least int64) (int64, error) {
	text := q.Get(name)
	if text == "" {
		return least, nil
	}
	n, err := strconv.ParseInt(text, 10, 48)
	if err != nil || n < least {
		return 0, fail(http.StatusBadRequest, "bad_import", fmt.Sprintf("%s: %q is no whole number from %d on", name, clip(text, 20), least))
	}
	return n, nil
}

// postImportFinish rolls an import up and switches it in.
func (s *Server) postImportFinish(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		Bad uint64 `json:"bad"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	imp, err := s.o.Imports.Finish(r.Context(), site.ID, r.PathValue("id"), req.Bad)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, viewImport(imp))
	return nil
}

func (s *Server) deleteImport(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	if err := s.o.Imports.Remove(r.Context(), site.ID, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

package apigw

import (
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// siteView is a site as it is shown. The seed is nobody's business.
type siteView struct {
	ID      string            `json:"id"`
	TZ      string            `json:"tz"`
	Bots    aggregate.BotRule `json:"bots"`
	Created time.Time         `json:"created_at"`
}

func viewSite(s aggregate.Site) siteView { return siteView{s.ID, s.TZ, s.Bots, s.Created} }

func (s *Server) getSites(w http.ResponseWriter, r *http.Request) error {
	sites, err := s.o.Sites.List(r.Context())
	if err != nil {
		return err
	}
	views := make([]siteView, len(sites))
	for i, site := range sites {
		views[i] = viewSite(site)
	}
	answer(w, http.StatusOK, map[string]any{"sites": views})
	return nil
}

func (s *Server) postSite(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		ID   string            `json:"id"`
		TZ   string            `json:"tz"`
		Bots aggregate.BotRule `json:"bots"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	site, err := s.o.Sites.Add(r.Context(), aggregate.Site{ID: req.ID, TZ: req.TZ, Bots: req.Bots})
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, viewSite(site))
	return nil
}

func (s *Server) deleteSite(w http.ResponseWriter, r *http.Request) error {
	if err := s.o.Sites.Remove(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

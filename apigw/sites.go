package apigw

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
)

// siteView is a site as it is shown. The seed is nobody's business.
type siteView struct {
	ID      string            `json:"id"`
	TZ      string            `json:"tz"`
	Bots    aggregate.BotRule `json:"bots"`
	Created time.Time         `json:"created_at"`
	aggregate.SiteRules
	Keep    aggregate.Keep `json:"keep,omitzero"`
	Imports int            `json:"imports,omitempty"` // how many its figures are read with
}

func viewSite(s aggregate.Site) siteView {
	return siteView{s.ID, s.TZ, s.Bots, s.Created, s.SiteRules, s.Keep, len(s.Layers)}
}

// siteChoices is what a client may say of a site. What it leaves out stays as it is.
type siteChoices struct {
	Bots       *aggregate.BotRule `json:"bots"`
	GapSeconds *int64             `json:"visit_gap_s"`
	Bounce     *query.BounceRule  `json:"bounce"`
	Goals      *[]query.Goal      `json:"goals"`
	Keep       *aggregate.Keep    `json:"keep"`
	Alerts     *[]alert.Rule      `json:"alerts"`
	Webhooks   *[]string          `json:"webhooks"`
	Secret     *string            `json:"webhook_secret"` // is taken, and not shown with the rest
}

func (c siteChoices) apply(s *aggregate.Site) {
	set(&s.Bots, c.Bots)
	set(&s.GapSeconds, c.GapSeconds)
	set(&s.Bounce, c.Bounce)
	set(&s.Goals, c.Goals)
	set(&s.Keep, c.Keep)
	set(&s.Alerts, c.Alerts)
	set(&s.Webhooks, c.Webhooks)
	set(&s.Secret, c.Secret)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// namedSite returns the site that a parameter "site" names. What could not be an id never gets to be a key of the store.
func (s *Server) namedSite(ctx context.Context, id string) (aggregate.Site, error) {
	switch {
	case id == "":
		return aggregate.Site{}, fail(http.StatusBadRequest, "required", "site is missing: ?site=ID")
	case !event.ValidSite(id):
		return aggregate.Site{}, noSite("site", id)
	}
	site, err := s.o.Sites.Get(ctx, id)
	if err != nil {
		return site, fmt.Errorf("site %q: %w", id, err)
	}
	return site, nil
}

// oneOrAll refuses the name of a site that there is not; no name means all of them.
func (s *Server) oneOrAll(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	_, err := s.namedSite(ctx, id)
	return err
}

// noSite says that there is none of that id, which is cut to a length that fits a message.
func noSite(field, id string) error {
	return fmt.Errorf("%s %q: %w", field, clip(id, event.MaxSite), aggregate.ErrNoSite)
}

func (s *Server) getSites(w http.ResponseWriter, r *http.Request) error {
	list, err := s.siteList(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, list)
	return nil
}

func (s *Server) siteList(ctx context.Context) (map[string][]siteView, error) {
	sites, err := s.o.Sites.List(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]siteView, len(sites))
	for i, site := range sites {
		views[i] = viewSite(site)
	}
	return map[string][]siteView{"sites": views}, nil
}

func (s *Server) postSite(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		ID string `json:"id"`
		TZ string `json:"tz"`
		siteChoices
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	site := aggregate.Site{ID: req.ID, TZ: req.TZ}
	req.apply(&site)
	site, err := s.o.Sites.Add(r.Context(), site)
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, viewSite(site))
	return nil
}

// patchSite changes what a site may choose.
func (s *Server) patchSite(w http.ResponseWriter, r *http.Request) error {
	var req siteChoices
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	site, err := s.namedSite(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if site, err = s.o.Sites.Update(r.Context(), site.ID, req.apply); err != nil {
		return err
	}
	answer(w, http.StatusOK, viewSite(site))
	return nil
}

func (s *Server) deleteSite(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.o.Sites.Remove(r.Context(), site.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

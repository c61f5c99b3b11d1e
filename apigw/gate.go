package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/event"
)

// checkAccess refuses who has no access token, where one is needed.
func (s *Server) checkAccess(w http.ResponseWriter, r *http.Request) error {
	if s.o.Gate == nil {
		return nil
	}
	secrets, err := s.o.Gate.Secrets(r.Context())
	if err != nil {
		return err
	}
	if secrets.Opens(access.AccessToken(r)) {
		return nil
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="streamgauge"`)
	return fail(http.StatusUnauthorized, "unauthorized", "the access token is missing or wrong: Authorization: Bearer TOKEN, or open the page with ?token=TOKEN once")
}

// getPage serves the dashboard, and lets a browser log in by an address with the token in it.
func (s *Server) getPage(w http.ResponseWriter, r *http.Request) error {
	if s.o.Gate != nil && !isPublic(r.URL.Path) {
		secrets, err := s.o.Gate.Secrets(r.Context())
		if err != nil {
			return err
		}
		if access.Login(w, r, secrets) {
			return nil
		}
		if err := s.checkAccess(w, r); err != nil {
			return err
		}
	}
	var sites func() []byte
	if !isPublic(r.URL.Path) {
		sites = func() []byte { return s.sitesOfPage(r.Context()) }
	}
	s.o.Page(w, r, sites)
	return nil
}

// sitesOfPage is the list of sites that a page begins with; without it, the page asks for it, and is told what is wrong.
func (s *Server) sitesOfPage(ctx context.Context) []byte {
	list, err := s.siteList(ctx)
	if err != nil {
		return nil
	}
	b, err := json.Marshal(list) // which escapes what could end a script
	if err != nil {
		return nil
	}
	return b
}

// errWrongKey: the sender's key is not that of the event's site.
var errWrongKey = errors.New("the key is not this site's")

// sender says for which sites the sender of a request may send events. Who has the access token may for all.
func (s *Server) sender(r *http.Request) (func(site string) bool, error) {
	if s.o.Gate == nil {
		return func(string) bool { return true }, nil
	}
	secrets, err := s.o.Gate.Secrets(r.Context())
	if err != nil {
		return nil, err
	}
	key := access.SiteKey(r)
	switch {
	case key == "":
		return nil, fail(http.StatusUnauthorized, "unauthorized", "the site's key is missing: Authorization: Bearer KEY, or ?key=KEY")
	case secrets.Opens(key):
		return func(string) bool { return true }, nil
	}
	return func(site string) bool { return secrets.IsSiteKey(key, site) }, nil
}

// getSiteKey answers the key with which events of a site are sent; "" where there is no access control and none is needed. The site need not be there yet.
func (s *Server) getSiteKey(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !event.ValidSite(id) {
		return noSite("site", id)
	}
	if s.o.Gate == nil {
		answer(w, http.StatusOK, map[string]string{"site": id, "key": ""})
		return nil
	}
	secrets, err := s.o.Gate.Secrets(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]string{"site": id, "key": secrets.SiteKey(id)})
	return nil
}

// postRotate replaces the access token, and answers the new one, or the signing key.
func (s *Server) postRotate(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		What string `json:"what"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.What != "access" && req.What != "ingest" {
		return fail(http.StatusBadRequest, "bad_what", fmt.Sprintf("what: %q cannot be rotated; access and ingest can", clip(req.What, event.MaxSite)))
	}
	secrets, err := s.o.Rotate(r.Context(), req.What)
	if err != nil {
		return err
	}
	s.o.Gate.Forget()
	rotated := map[string]string{"rotated": req.What}
	if req.What == "access" {
		rotated["access"] = secrets.Access[0]
	}
	answer(w, http.StatusOK, rotated)
	return nil
}

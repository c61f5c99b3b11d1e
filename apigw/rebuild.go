package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// rebuildView is what is known of a site's rebuilds.
type rebuildView struct {
	Site  string         `json:"site"`
	State string         `json:"state"` // "under_way", also where the process that did it has died, or "none"
	Now   *editionView   `json:"now,omitempty"`
	Done  []*editionView `json:"done"`
}

// editionView is a rebuild. Its generation is nobody's business.
type editionView struct {
	From     time.Time `json:"from"` // the first day that is made anew
	Begun    time.Time `json:"begun_at"`
	Finished time.Time `json:"finished_at,omitzero"`
	aggregate.RebuildSum
}

func viewEdition(e aggregate.Edition) *editionView {
	return &editionView{time.UnixMilli(e.From).UTC(), e.Begun, e.Finished, e.RebuildSum}
}

func (s *Server) getRebuild(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	if site, err = s.o.Rebuilds.Get(r.Context(), site.ID); err != nil {
		return err
	}
	v := rebuildView{Site: site.ID, State: "none", Done: []*editionView{}}
	if site.Next.Gen != 0 {
		v.State, v.Now = "under_way", viewEdition(site.Next)
	}
	for _, e := range site.Editions {
		v.Done = append(v.Done, viewEdition(e))
	}
	answer(w, http.StatusOK, v)
	return nil
}

// postRebuild makes a site's figures anew from the stream. The answer is a line of JSON for each bit of progress; the last one has the state "done", or an error. Who goes away interrupts it.
func (s *Server) postRebuild(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	lines := progressLines{w: w, out: http.NewResponseController(w)}
	err = s.o.Rebuild(r.Context(), site.ID, lines.send)
	if err == nil {
		return nil
	}
	if !lines.begun {
		return err
	}
	e := judge(err)
	if r.Context().Err() == nil {
		s.o.OnError(fmt.Errorf("rebuild site %s: %w", site.ID, err))
	}
	lines.send(map[string]any{"error": e})
	return nil
}

// progressLines are lines of JSON, each sent at once.
type progressLines struct {
	w     http.ResponseWriter
	out   *http.ResponseController
	begun bool
}

func (l *progressLines) send(v any) {
	if !l.begun {
		l.begun = true
		head(l.w, "application/x-ndjson")
	}
	_ = json.NewEncoder(l.w).Encode(v) // the client may be gone, which the context tells
	_ = l.out.Flush()
}

// deleteRebuild gives up what is not switched in.
func (s *Server) deleteRebuild(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	if err := s.o.Rebuilds.GiveUp(r.Context(), site.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

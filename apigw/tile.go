package apigw

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/apigw/stats"
	"github.com/streamgauge/streamgauge/event"
)

// A tile is a figure with its course, or a short list, that other pages hold in a frame. Such a frame has no cookie of ours, and what its page is
// given all its readers can see: so a tile has a key of its own, which opens that one question and nothing else.

// tile is the question of one.
type tile struct {
	site   string
	metric string
	period string
	by     string // the dimension of a list; "" for a figure
}

// What tiles can show: not all that can be asked, since whoever has the page can read it.
var (
	tileMetrics = []string{"current_visitors", "visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate", "visit_duration"}
	tilePeriods = []string{"day", "24h", "7d", "28d", "30d", "91d", "month", "12mo", "year"}
	tileLists   = map[string]string{
		"": "", "page": "event:page", "entry_page": "visit:entry_page", "source": "visit:source", "channel": "visit:channel", "country": "visit:country",
		"city": "visit:city", "device": "visit:device", "browser": "visit:browser", "os": "visit:os",
	}
)

const (
	currentVisitors = "current_visitors"
	tileRows        = 20
)

// tileOf reads and checks the parameters of a tile.
func tileOf(q url.Values) (tile, error) {
	t := tile{site: q.Get("site"), metric: q.Get("metric"), period: q.Get("period"), by: q.Get("by")}
	if t.metric == "" {
		t.metric = "visitors"
	}
	if t.period == "" {
		t.period = "28d"
	}
	switch {
	case t.site == "":
		return t, fail(http.StatusBadRequest, "required", "site is missing: ?site=ID")
	case !event.ValidSite(t.site):
		return t, noSite("site", t.site)
	case !slices.Contains(tileMetrics, t.metric):
		return t, badTile("metric", t.metric, tileMetrics)
	case !slices.Contains(tilePeriods, t.period):
		return t, badTile("period", t.period, tilePeriods)
	}
	if _, ok := tileLists[t.by]; !ok {
		return t, badTile("by", t.by, slices.Sorted(maps.Keys(tileLists))[1:])
	}
	if t.by != "" && t.metric == currentVisitors {
		return t, fail(http.StatusBadRequest, "bad_tile", "by: current_visitors is a number and has no list")
	}
	return t, nil
}

func badTile(name, got string, allowed []string) error {
	return fail(http.StatusBadRequest, "bad_tile", fmt.Sprintf("%s: %q is none of %s", name, clip(got, event.MaxSite), strings.Join(allowed, ", ")))
}

// tileAnswer holds answers of the Stats API: a tile and the site's page say the same.
type tileAnswer struct {
	Site    string        `json:"site"`
	TZ      string        `json:"tz"`
	Metric  string        `json:"metric"`
	Period  string        `json:"period"`
	By      string        `json:"by,omitempty"`
	Current *uint64       `json:"current_visitors,omitempty"`
	Total   *stats.Answer `json:"total,omitempty"`
	Course  *stats.Answer `json:"course,omitempty"`
	List    *stats.Answer `json:"list,omitempty"`
}

// getTile answers a tile's question, to who has the access token or the tile's key.
func (s *Server) getTile(w http.ResponseWriter, r *http.Request) error {
	if err := checkOrigin(r); err != nil {
		return err
	}
	t, err := tileOf(r.URL.Query())
	if err != nil {
		return err
	}
	if err := s.checkTile(w, r, t); err != nil {
		return err
	}
	out, err := s.tile(r.Context(), t)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, out)
	return nil
}

func (s *Server) checkTile(w http.ResponseWriter, r *http.Request, t tile) error {
	key := r.URL.Query().Get("key")
	if s.o.Gate == nil || key == "" {
		return s.checkAccess(w, r)
	}
	secrets, err := s.o.Gate.Secrets(r.Context())
	if err != nil {
		return err
	}
	ended, err := s.endedTiles(r.Context(), t.site)
	if err != nil {
		return err
	}
	return t.check(secrets, key, s.o.Now(), ended)
}

func (s *Server) tile(ctx context.Context, t tile) (*tileAnswer, error) {
	m := s.together()
	a, err := m.about(ctx, t.site)
	if err != nil {
		return nil, err
	}
	out := &tileAnswer{Site: t.site, TZ: a.site.TZ, Metric: t.metric, Period: t.period, By: t.by}
	switch {
	case t.metric == currentVisitors:
		n, err := a.currentVisitors(ctx)
		out.Current = &n
		return out, err
	case t.by != "":
		out.List, err = m.tileQuery(ctx, t, tileLists[t.by])
		return out, err
	}
	if out.Total, err = m.tileQuery(ctx, t, ""); err != nil {
		return nil, err
	}
	out.Course, err = m.tileQuery(ctx, t, "time")
	return out, err
}

// tileQuery asks in the language of the Stats API, so that a tile means what a question there means.
func (m *moment) tileQuery(ctx context.Context, t tile, dimension string) (*stats.Answer, error) {
	ask := map[string]any{"site_id": t.site, "metrics": []string{t.metric}, "date_range": t.period}
	switch dimension {
	case "":
	case "time":
		ask["dimensions"], ask["include"] = []string{dimension}, map[string]any{"time_labels": true}
	default:
		ask["dimensions"], ask["pagination"] = []string{dimension}, map[string]any{"limit": tileRows}
	}
	text, err := json.Marshal(ask)
	if err != nil {
		return nil, fmt.Errorf("write a tile's question: %w", err)
	}
	req := &stats.Request{}
	if err := decodeJSON(strings.NewReader(string(text)), req); err != nil {
		return nil, err
	}
	return m.query(ctx, req)
}

// isPublic says which addresses of the page are open to all: a tile's page and the assets. They hold no figures, and are the same everywhere.
func isPublic(path string) bool {
	return strings.HasPrefix(path, "/_/tile/") || strings.HasPrefix(path, "/_/assets/")
}

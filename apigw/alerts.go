package apigw

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
)

// alertView is an event of an alert as it is shown.
type alertView struct {
	ID         string  `json:"id"`
	Rule       string  `json:"rule"`
	Name       string  `json:"name"`
	State      string  `json:"state"`
	At         int64   `json:"at"`
	ResolvedAt int64   `json:"resolved_at,omitempty"`
	Value      float64 `json:"value"`
	Message    string  `json:"message"`
}

func viewAlert(e aggregate.AlertEvent) alertView {
	return alertView{e.ID(), e.Rule, e.Name, e.State(), e.At, e.ResolvedAt, e.Value, e.Message}
}

// alertsSpan is how far back events are shown where nobody says.
const alertsSpan = 28 * 24 * time.Hour

// getAlerts answers the rules of a site with their states, and the events that were going on in a time.
func (s *Server) getAlerts(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	site, err := s.namedSite(r.Context(), q.Get("site"))
	if err != nil {
		return err
	}
	from, err := instant(q.Get("from"), "from", s.o.Now().Add(-alertsSpan))
	if err != nil {
		return err
	}
	to, err := instant(q.Get("to"), "to", s.o.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	if !to.After(from) {
		return fail(http.StatusBadRequest, "bad_time", "to: it must be after from")
	}
	rules, err := s.alerts.Rules(r.Context(), site)
	if err != nil {
		return err
	}
	events, err := s.alerts.Events(r.Context(), site, from, to)
	if err != nil {
		return err
	}
	views := make([]alertView, len(events))
	for i, e := range events {
		views[i] = viewAlert(e)
	}
	answer(w, http.StatusOK, map[string]any{"rules": rules, "events": views})
	return nil
}

// instant reads a time in Unix milliseconds or in ISO 8601.
func instant(s, name string, otherwise time.Time) (time.Time, error) {
	if s == "" {
		return otherwise, nil
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms >= 0 && ms < maxInstant {
		return time.UnixMilli(ms), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UnixMilli() < 0 {
		return t, fail(http.StatusBadRequest, "bad_time",
			fmt.Sprintf("%s: %.40q is no time in Unix milliseconds, nor in ISO 8601 with a zone, as 2026-03-14T00:00:00Z", name, s))
	}
	return t, nil
}

const maxInstant = 1 << 47 // what a time in a key can be

// postAlertsTest sends a sample to the webhooks of a site.
func (s *Server) postAlertsTest(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	switch {
	case s.o.Notifier == nil:
		return fail(http.StatusNotImplemented, "no_webhooks", "this server sends nothing to webhooks")
	case len(site.Webhooks) == 0:
		return fail(http.StatusConflict, "no_webhooks", "the site has no webhooks; PATCH /api/v1/sites/ID sets them")
	}
	answers, err := s.o.Notifier.Test(r.Context(), site)
	if err != nil {
		return err
	}
	type result struct {
		URL   string `json:"url"`
		OK    bool   `json:"ok"`
		Error string `json:"error,omitempty"`
	}
	results := make([]result, 0, len(answers))
	for _, url := range site.Webhooks {
		res := result{URL: url, OK: answers[url] == nil}
		if err := answers[url]; err != nil {
			res.Error = err.Error()
		}
		results = append(results, res)
	}
	answer(w, http.StatusOK, map[string]any{"results": results})
	return nil
}

// getWebhookSecret answers what the messages to a site's webhooks are signed with.
func (s *Server) getWebhookSecret(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	secret, err := s.o.Sites.WebhookSecret(r.Context(), site.ID)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]string{"secret": secret})
	return nil
}

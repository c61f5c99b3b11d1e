package apigw

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/aggregate"
)

// keptView is a quarantined copy as it is shown.
type keptView struct {
	Key            string    `json:"key"`
	Site           string    `json:"site"`
	Reason         string    `json:"reason"`
	Message        string    `json:"message"`
	Stream         string    `json:"stream"`
	Shard          string    `json:"shard"`
	SequenceNumber string    `json:"sequence_number"`
	Index          int       `json:"index"`
	Arrival        time.Time `json:"arrival"`
	Bytes          int       `json:"bytes"`
	Outcome        string    `json:"outcome,omitempty"` // that it has since it was brought back
}

func viewKept(c aggregate.QuarantinedCopy) keptView {
	v := keptView{
		Key: c.Key(), Site: c.Site, Reason: c.Reason, Message: c.Message, Stream: c.Stream, Shard: c.Shard,
		SequenceNumber: c.SequenceNumber, Index: c.Index, Arrival: time.UnixMilli(c.Arrival).UTC(), Bytes: len(c.Data),
	}
	if c.Moved != 0 {
		v.Outcome = c.Moved.String()
	}
	return v
}

const (
	dlqLimit    = 100
	dlqMaxLimit = 1000
	maxCursor   = 64 // bytes, more than a key has
)

func (s *Server) getQuarantine(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit := dlqLimit
	if v := q.Get("limit"); v != "" {
		var err error
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > dlqMaxLimit {
			return fail(http.StatusBadRequest, "bad_limit", fmt.Sprintf("limit: %q is no number from 1 to %d", v, dlqMaxLimit))
		}
	}
	cursor := q.Get("cursor")
	if len(cursor) > maxCursor || strings.ContainsRune(cursor, 0) {
		return fail(http.StatusBadRequest, "bad_cursor", "cursor: it is none that this list gave as next")
	}
	site := q.Get("site")
	list, next, err := s.o.Quarantine.List(r.Context(), site, cursor, limit)
	if err != nil {
		return err
	}
	if len(list) == 0 && next == "" && cursor == "" { // of a site that was removed some may be left
		if err := s.oneOrAll(r.Context(), site); err != nil {
			return err
		}
	}
	items := make([]keptView, len(list))
	for i, c := range list {
		items[i] = viewKept(c)
	}
	answer(w, http.StatusOK, map[string]any{"items": items, "next": next})
	return nil
}

func (s *Server) getQuarantined(w http.ResponseWriter, r *http.Request) error {
	c, err := s.o.Quarantine.Show(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	out := struct {
		keptView
		Data []byte `json:"data"`
		Text string `json:"text,omitempty"`
	}{keptView: viewKept(c), Data: c.Data}
	if utf8.Valid(c.Data) {
		out.Text = string(c.Data)
	}
	answer(w, http.StatusOK, out)
	return nil
}

package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/event"
)

// A tile's key is a signature, and kept nowhere while it is good. One that is ended is noted in the site's record, and the next key of the same question is
// signed with a number, so that it is another one.

// numbered stands before the number of a key, which base64url does not have.
const numbered = "~"

// signed is what a tile's key is made for: none of the parts holds the separator.
func (t tile) signed(n int) string {
	parts := []string{t.site, t.metric, t.period, t.by}
	if n > 0 {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, "~")
}

// newKey is the first key of the question that was not ended.
func (t tile) newKey(secrets access.Secrets, end time.Time, ended []aggregate.EndedTile) string {
	for n := 0; ; n++ {
		key := secrets.TileKey(t.signed(n), end)
		if n > 0 {
			key += numbered + strconv.Itoa(n)
		}
		if _, gone := endedAs(ended, key); !gone {
			return key
		}
	}
}

// endedAs finds a key among those that were ended.
func endedAs(ended []aggregate.EndedTile, key string) (e aggregate.EndedTile, ok bool) {
	i := slices.IndexFunc(ended, func(e aggregate.EndedTile) bool { return e.Key == key })
	if i < 0 {
		return e, false
	}
	return ended[i], true
}

// opens says whether a key is signed for the tile and has not reached its end, which it returns. There is one way to write a key: another one of the same would
// not be found among those that were ended.
func (t tile) opens(secrets access.Secrets, key string, now time.Time) (time.Time, error) {
	signature, text, again := strings.Cut(key, numbered)
	n := 0
	if again {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || strconv.Itoa(n) != text {
			return time.Time{}, access.ErrTileKey
		}
	}
	return secrets.CheckTileKey(signature, t.signed(n), now)
}

// check refuses a key that does not open the tile, and says why.
func (t tile) check(secrets access.Secrets, key string, now time.Time, ended []aggregate.EndedTile) error {
	switch end, err := t.opens(secrets, key, now); {
	case errors.Is(err, access.ErrExpired):
		return fail(http.StatusUnauthorized, "expired", "This tile ended on "+minuteText(end)+".")
	case err != nil:
		return fail(http.StatusUnauthorized, "unauthorized", err.Error())
	}
	if e, gone := endedAs(ended, key); gone {
		return fail(http.StatusUnauthorized, "expired", "This tile was ended on "+minuteText(e.At)+".")
	}
	return nil
}

func minuteText(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 MST") }

// endedTiles are the keys of a site that were ended; a site that is not known has none, and is not told of to strangers.
func (s *Server) endedTiles(ctx context.Context, id string) ([]aggregate.EndedTile, error) {
	site, err := s.o.Sites.Get(ctx, id)
	if errors.Is(err, aggregate.ErrNoSite) {
		return nil, nil
	}
	return site.EndedTiles, err
}

// getTileKey answers the key that a tile needs in the pages of others; "" where there is no access control and it needs none.
func (s *Server) getTileKey(w http.ResponseWriter, r *http.Request) error {
	t, err := tileOf(r.URL.Query())
	if err != nil {
		return err
	}
	site, err := s.namedSite(r.Context(), t.site)
	if err != nil {
		return err
	}
	end, err := tileEnd(r.URL.Query().Get("expires"), site.Zone(), s.o.Now())
	if err != nil {
		return err
	}
	out := tileKey{}
	if s.o.Gate != nil {
		secrets, err := s.o.Gate.Secrets(r.Context())
		if err != nil {
			return err
		}
		out.Key = t.newKey(secrets, end, site.EndedTiles)
		if !end.IsZero() {
			out.Expires = end.UTC().Format(time.RFC3339)
		}
	}
	answer(w, http.StatusOK, out)
	return nil
}

type tileKey struct {
	Key     string `json:"key"`
	Expires string `json:"expires,omitempty"` // from when on it opens nothing; absent where it has no end
}

// tileEnd reads when a key shall end: a time, or a date, whose day in the site's zone is the last on which it opens. Nothing is no end.
func tileEnd(text string, zone *time.Location, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		var day time.Time
		if day, err = time.ParseInLocation(time.DateOnly, text, zone); err == nil {
			end = day.AddDate(0, 0, 1)
		}
	}
	end = end.Truncate(time.Second)
	switch {
	case err != nil || end.Year() > maxYear:
		return end, fail(http.StatusBadRequest, "bad_time",
			fmt.Sprintf("expires: %q is neither a date, as 2026-03-14, nor a time in ISO 8601 with a zone, as 2026-03-14T00:00:00Z", clip(text, event.MaxSite)))
	case !end.After(now):
		return end, fail(http.StatusBadRequest, "bad_time", fmt.Sprintf("expires: %s is over; a key must end in the future", clip(text, event.MaxSite)))
	}
	return end, nil
}

// maxYear is the last that a time in ISO 8601 can be in.
const maxYear = 9999

// getEndedTiles lists the keys of a site that were ended.
func (s *Server) getEndedTiles(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string][]aggregate.EndedTile{"ended": append([]aggregate.EndedTile{}, site.EndedTiles...)})
	return nil
}

// deleteTileKey ends a key, and answers which tile it opened. Ending it again changes nothing.
func (s *Server) deleteTileKey(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	site, err := s.namedSite(r.Context(), q.Get("site"))
	if err != nil {
		return err
	}
	key := q.Get("key")
	switch {
	case key == "":
		return fail(http.StatusBadRequest, "required", "key is missing: the part key= of the tile's address")
	case s.o.Gate == nil:
		return fail(http.StatusConflict, "no_access_control", "this server has no access control: tiles need no key, and none can be ended")
	}
	secrets, err := s.o.Gate.Secrets(r.Context())
	if err != nil {
		return err
	}
	now := s.o.Now()
	ended, ok := openedBy(secrets, site.ID, key, now)
	if !ok {
		return fail(http.StatusNotFound, "unknown_key", fmt.Sprintf("%q opens no tile of site %s", clip(key, event.MaxSite), site.ID))
	}
	isGood := func(e aggregate.EndedTile) bool { // but for being ended
		_, err := tile{site.ID, e.Metric, e.Period, e.By}.opens(secrets, e.Key, now)
		return err == nil
	}
	if ended, err = s.o.Sites.EndTile(r.Context(), site.ID, ended, isGood); err != nil {
		return err
	}
	answer(w, http.StatusOK, ended)
	return nil
}

// openedBy finds the tile of a site that a key is signed for: there are some hundred questions, and the key does not say which.
func openedBy(secrets access.Secrets, site, key string, now time.Time) (aggregate.EndedTile, bool) {
	for _, metric := range tileMetrics {
		for _, period := range tilePeriods {
			for by := range tileLists {
				if _, err := (tile{site, metric, period, by}).opens(secrets, key, now); err == nil {
					return aggregate.EndedTile{Key: key, Metric: metric, Period: period, By: by, At: now.UTC().Truncate(time.Second)}, true
				}
			}
		}
	}
	return aggregate.EndedTile{}, false
}

package apigw

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

const (
	// maxIDsSpan bounds what is told about single events at a time.
	maxIDsSpan = time.Hour
	// maxHashedIDs is how many ids one request may have hashed.
	maxHashedIDs = 20_000
)

// logIDs is a log as it is shown.
type logIDs struct {
	T        int64             `json:"t"`
	Cell     int               `json:"cell"`
	IDs      []string          `json:"ids"`
	Outcomes map[string]uint64 `json:"outcomes"`
}

// getLedgerIDs answers which events are counted in a span of event time, by the hashes of their ids, so that somebody who knows what was sent can look for every
// single one. The answer is written as it is read: an hour of a busy site is more than memory should hold.
func (s *Server) getLedgerIDs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := idsSpan(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	site, err := s.namedSite(r.Context(), q.Get("site"))
	if err != nil {
		return err
	}
	begun := false
	enc := json.NewEncoder(w)
	err = s.o.Reader.EachLogIDs(r.Context(), site.ID, from, to, func(l aggregate.LogIDs) error {
		before := ","
		if !begun {
			begun, before = true, beginIDs(w, site.ID)
		}
		if _, err := w.Write([]byte(before)); err != nil {
			return err
		}
		return enc.Encode(viewLogIDs(l))
	})
	switch {
	case err != nil && begun: // half an answer must not be taken for a whole one
		s.o.OnError(err)
		panic(http.ErrAbortHandler)
	case err != nil:
		return err
	case !begun:
		_, _ = w.Write([]byte(beginIDs(w, site.ID)))
	}
	_, _ = w.Write([]byte("]}\n")) // the client may be gone
	return nil
}

// beginIDs sets the header, and returns how the answer begins.
func beginIDs(w http.ResponseWriter, site string) string {
	head(w, jsonType)
	return `{"site":"` + site + `","windows":[` // the id of a site needs no escapes
}

func viewLogIDs(l aggregate.LogIDs) logIDs {
	v := logIDs{T: l.Window, Cell: l.Cell, IDs: hexHashes(l.IDs), Outcomes: make(map[string]uint64, len(l.Outcomes))}
	for o, n := range l.Outcomes {
		v.Outcomes[o.String()] = n
	}
	return v
}

func hexHashes(hashes []uint64) []string {
	all := make([]string, len(hashes))
	for i, h := range hashes {
		all[i] = fmt.Sprintf("%016x", h)
	}
	return all
}

func idsSpan(begin, end string) (from, to int64, err error) {
	if from, err = timeParam(begin, "from"); err != nil {
		return 0, 0, err
	}
	if to, err = timeParam(end, "to"); err != nil {
		return 0, 0, err
	}
	switch {
	case begin == "" || end == "":
		return 0, 0, fail(http.StatusBadRequest, "required", "from and to are needed, as from=2026-03-14T00:00:00Z&to=2026-03-14T00:10:00Z")
	case to <= from || to-from > maxIDsSpan.Milliseconds():
		return 0, 0, fail(http.StatusBadRequest, "bad_time", "to: it must be after from, by an hour at most")
	}
	return event.Window(from), to, nil
}

// postLedgerIDs answers the hashes of ids, one a line of the body. How they are made is the site's secret, or somebody could send what collides.
func (s *Server) postLedgerIDs(w http.ResponseWriter, r *http.Request) error {
	site, err := s.namedSite(r.Context(), r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	body, err := readEvents(w, r)
	if err != nil {
		return err
	}
	ids, err := splitIDs(body)
	if err != nil {
		return err
	}
	hashes, err := s.o.Reader.HashIDs(r.Context(), site.ID, ids)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string][]string{"hashes": hexHashes(hashes)})
	return nil
}

func splitIDs(body []byte) ([]string, error) {
	var ids []string
	for line := range bytes.Lines(body) {
		id := string(bytes.TrimRight(line, "\r\n"))
		if id == "" || len(id) > event.MaxKey {
			return nil, fail(http.StatusBadRequest, "bad_id", "line "+strconv.Itoa(len(ids)+1)+": an id has 1 to "+strconv.Itoa(event.MaxKey)+" bytes")
		}
		if ids = append(ids, id); len(ids) > maxHashedIDs {
			return nil, fail(http.StatusRequestEntityTooLarge, "too_many_ids", "the body holds more than "+strconv.Itoa(maxHashedIDs)+" ids; send them in several requests")
		}
	}
	if len(ids) == 0 {
		return nil, fail(http.StatusBadRequest, "empty", "the body holds no id; one a line is needed")
	}
	return ids, nil
}

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/event"
)

// The calls of the door that ask.

// query counts events by name or page; it knows no time and no visitors.
func (d *door) query(w http.ResponseWriter, r *http.Request) {
	var ask statsQuery
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		refuse(w, http.StatusBadRequest, "bad_body", err.Error())
		return
	}
	if i := slices.IndexFunc(ask.Metrics, func(m string) bool { return m != "events" && m != "pageviews" }); i >= 0 {
		refuse(w, http.StatusBadRequest, "unknown_metric", fmt.Sprintf("metric %q is not one of events, pageviews", ask.Metrics[i]))
		return
	}
	groups, order := map[string]map[string]int{}, []string{}
	for _, data := range d.applied {
		var e event.Event
		if _, err := e.Decode([]byte(data)); err != nil {
			panic(err) // it was decoded before it was taken
		}
		key := strings.Join(dimensions(e, ask.Dimensions), "\x00")
		if groups[key] == nil {
			groups[key], order = map[string]int{}, append(order, key)
		}
		groups[key]["events"]++
		if e.Name == event.Pageview {
			groups[key]["pageviews"]++
		}
	}
	slices.Sort(order)
	results := []any{}
	for _, key := range order {
		metrics := []int{}
		for _, m := range ask.Metrics {
			metrics = append(metrics, groups[key][m])
		}
		values := strings.Split(key, "\x00")
		results = append(results, map[string]any{"dimensions": values[:len(ask.Dimensions)], "metrics": metrics})
	}
	reply(w, http.StatusOK, map[string]any{"results": results, "meta": map[string]any{}, "query": ask})
}

func dimensions(e event.Event, names []string) []string {
	values := []string{}
	for _, n := range names {
		values = append(values, map[string]string{"event:page": e.URL, "event:name": e.Name}[n])
	}
	return values
}

func (d *door) ledger(w http.ResponseWriter, r *http.Request) {
	n := int64(len(d.applied))
	l := ledger{Accepted: int64(d.copies), Received: int64(d.copies) + d.lost, Counted: n, Duplicate: int64(d.copies) - n, Balanced: d.lost == 0}
	if q := int64(len(d.quarantine)); q > 0 {
		l.Quarantined, l.Received, l.Reasons = q, l.Received+q, map[string]int64{"undecodable": q}
	}
	reply(w, http.StatusOK, l)
}

func (d *door) audit(w http.ResponseWriter, r *http.Request) {
	n := int64(len(d.applied))
	a := audit{Copies: int64(d.copies), Events: n, Counted: n, Duplicate: int64(d.copies) - n, Agrees: d.lost == 0, DifferenceCount: d.lost}
	if d.lost > 0 {
		a.Differences = []auditDifference{{Kind: "missing", Shard: "shardId-000000000000", SequenceNumber: "495", ID: "x\x1b[2J", Message: "in no window"}}
	}
	reply(w, http.StatusOK, a)
}

func (d *door) listSites(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{"sites": d.sites})
}

func (d *door) addSite(w http.ResponseWriter, r *http.Request) {
	var s site
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil || !event.ValidSite(s.ID) {
		refuse(w, http.StatusBadRequest, "bad_site", "that is no site")
		return
	}
	if d.siteIndex(s.ID) >= 0 {
		refuse(w, http.StatusConflict, "site_exists", fmt.Sprintf("site %q is there already", s.ID))
		return
	}
	s.CreatedAt = "2026-01-31T18:00:00Z"
	d.sites = append(d.sites, s)
	reply(w, http.StatusCreated, s)
}

func (d *door) removeSite(w http.ResponseWriter, r *http.Request) {
	i := d.siteIndex(r.PathValue("id"))
	if i < 0 {
		refuse(w, http.StatusNotFound, "no_site", fmt.Sprintf("there is no site %q", r.PathValue("id")))
		return
	}
	d.sites = slices.Delete(d.sites, i, i+1)
	w.WriteHeader(http.StatusNoContent)
}

func (d *door) siteIndex(id string) int {
	return slices.IndexFunc(d.sites, func(s site) bool { return s.ID == id })
}

// poison puts a record into quarantine.
func (d *door) poison(data string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.quarantine)
	d.quarantine = append(d.quarantine, dlqItem{
		Key: fmt.Sprintf("shardId-000000000000/%d", n), Site: "demo", Reason: "undecodable", Message: "offset 0: no JSON",
		Shard: "shardId-000000000000", SequenceNumber: fmt.Sprint(495 + n), Arrival: "2026-01-31T18:00:00Z", Bytes: int64(len(data)),
		Data: base64.StdEncoding.EncodeToString([]byte(data)),
	})
}

// listDLQ has two items a page, whatever the limit, so that a client must follow the cursor.
func (d *door) listDLQ(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.FormValue("cursor")) // "" is 0
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_limit", err.Error())
		return
	}
	to := min(from+min(limit, 2), len(d.quarantine))
	page := dlqPage{Items: []dlqItem{}}
	for _, i := range d.quarantine[from:to] {
		i.Data = ""
		page.Items = append(page.Items, i)
	}
	if to < len(d.quarantine) {
		page.Next = fmt.Sprint(to)
	}
	reply(w, http.StatusOK, page)
}

func (d *door) showDLQ(w http.ResponseWriter, r *http.Request) {
	for _, i := range d.quarantine {
		if i.Key == r.PathValue("key") {
			if data, _ := base64.StdEncoding.DecodeString(i.Data); utf8.Valid(data) {
				text := string(data)
				i.Text = &text
			}
			reply(w, http.StatusOK, i)
			return
		}
	}
	refuse(w, http.StatusNotFound, "no_record", "there is no such record")
}

// redrive lets only records with JSON out of quarantine. They stay in its list.
func (d *door) redrive(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Keys []string }
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		refuse(w, http.StatusBadRequest, "bad_body", err.Error())
		return
	}
	results := []redriven{}
	for _, key := range ask.Keys {
		i := slices.IndexFunc(d.quarantine, func(i dlqItem) bool { return i.Key == key })
		switch {
		case i < 0:
			results = append(results, redriven{Key: key, Code: "not_found", Message: "no such copy"})
		case strings.HasPrefix(d.quarantine[i].Data, "ey"): // {" in base64
			results = append(results, redriven{Key: key, Outcome: "counted"})
		default:
			results = append(results, redriven{Key: key, Code: "not_json", Message: "offset 0: no JSON"})
		}
	}
	reply(w, http.StatusOK, map[string]any{"results": results})
}

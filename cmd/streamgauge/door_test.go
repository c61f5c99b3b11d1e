package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/event"
)

// door is a small server that keeps its word: it takes events by the rules of POST /v1/events, keeps them by id, and has books of them. Between taking and answering it can fail, as a
// network and a server do.
type door struct {
	http.Handler
	mu     sync.Mutex
	served *sync.Cond // a request was answered, or failed
	rand   *rand.Rand
	faults faults

	copies   int               // of events that were applied
	applied  map[string]string // the bytes of the first copy, by id
	acked    map[string]bool   // ids that were acknowledged in an answer that went out whole
	problems []string          // what no client may do
	requests []time.Time

	lost int64 // how many copies the books do not know of
}

// faults are chances between 0 and 1.
type faults struct {
	dropBefore float64 // the connection breaks before anything is applied
	dropAfter  float64 // the connection breaks after it was applied
	cut        float64 // it is applied, and the answer is cut off in the middle
	unready    float64 // 503
	busy       float64 // 429 with Retry-After
	retry      float64 // an event is not written, and the answer says so
}

// everyFault has each fault often enough that a batch of 500 meets several.
var everyFault = faults{dropBefore: .1, dropAfter: .1, cut: .05, unready: .1, busy: .1, retry: .02}

func newDoor(seed uint64, f faults) *door {
	d := &door{rand: rand.New(rand.NewPCG(seed, 1)), faults: f, applied: map[string]string{}, acked: map[string]bool{}}
	d.served = sync.NewCond(&d.mu)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /v1/events", d.postEvents)
	mux.HandleFunc("GET /api/v1/ledger", d.ledger)
	mux.HandleFunc("POST /api/v1/audit", d.audit)
	d.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		defer d.served.Broadcast()
		mux.ServeHTTP(w, r)
	})
	return d
}

// RoundTrip makes the door a network of its own, without sockets, so that a test can run it on virtual time.
func (d *door) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			resp, err = nil, io.ErrUnexpectedEOF
		default:
			panic(p)
		}
	}()
	served := r.Clone(r.Context()) // a transport may not change the client's
	if served.Body == nil {
		served.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, served)
	resp = w.Result()
	resp.Request = r
	return resp, nil
}

func (d *door) happens(chance float64) bool { return d.rand.Float64() < chance }

func (d *door) postEvents(w http.ResponseWriter, r *http.Request) {
	d.requests = append(d.requests, time.Now())
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || d.happens(d.faults.dropBefore):
		panic(http.ErrAbortHandler)
	case d.happens(d.faults.unready):
		refuse(w, http.StatusServiceUnavailable, "unavailable", "nothing could be written")
		return
	case d.happens(d.faults.busy):
		w.Header().Set("Retry-After", "3")
		refuse(w, http.StatusTooManyRequests, "busy", "the write queue is full")
		return
	}
	if len(body) > event.MaxRequestBytes {
		d.problems = append(d.problems, fmt.Sprintf("a body of %d bytes", len(body)))
	}
	if r.Header.Get(trustHeader) != trustAgent {
		d.problems = append(d.problems, "a request without the trust header")
	}
	batch, err := event.Split(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "malformed", err.Error())
		return
	}
	d.answer(w, batch)
}

type result struct {
	Index  int                `json:"index"`
	ID     string             `json:"id"`
	Status string             `json:"status"`
	Errors []event.FieldError `json:"errors,omitempty"`
}

// answer applies the events one by one, and then tells, as far as the answer comes.
func (d *door) answer(w http.ResponseWriter, batch event.Batch) {
	var results []result
	var accepted []string
	for i, raw := range batch.Events {
		r, ok := d.apply(raw.Data)
		if r.Index = i; ok {
			accepted = append(accepted, r.ID)
		} else {
			results = append(results, r)
		}
	}
	if d.happens(d.faults.dropAfter) {
		panic(http.ErrAbortHandler)
	}
	answer, _ := json.Marshal(map[string]any{"accepted": len(accepted), "results": results})
	w.WriteHeader(http.StatusAccepted)
	if d.happens(d.faults.cut) {
		accepted, answer = nil, answer[:len(answer)/2]
	}
	for _, id := range accepted {
		d.acked[id] = true
	}
	_, _ = w.Write(answer) // a client that has gone will come again
}

func (d *door) apply(data []byte) (result, bool) {
	var e event.Event
	fields, err := e.Decode(data)
	switch {
	case err != nil:
		return result{Status: "invalid", Errors: []event.FieldError{{Code: "syntax", Message: err.Error()}}}, false
	case len(fields) > 0:
		return result{ID: e.ID, Status: "invalid", Errors: fields}, false
	case d.happens(d.faults.retry):
		return result{ID: e.ID, Status: "retry"}, false
	}
	if e.ID == "" {
		d.problems = append(d.problems, "an event without an id")
	}
	d.copies++
	id := strings.Clone(e.ID)
	if first, again := d.applied[id]; !again {
		d.applied[id] = string(data)
	} else if first != string(data) {
		d.problems = append(d.problems, "another copy of "+id+" has other bytes")
	}
	return result{ID: id}, true
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "details": nil}})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// wait waits until have gives want, but no longer than limit, and returns what it gives.
func (d *door) wait(limit time.Duration, have func() int, want int) int {
	end := time.Now().Add(limit)
	defer time.AfterFunc(limit, d.served.Broadcast).Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for have() != want && time.Now().Before(end) {
		d.served.Wait()
	}
	return have()
}

// problem is what a client did wrong, or nil.
func (d *door) problem() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(d.problems, "\n"))
}

package apigw

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// maxQuestions bounds how many questions one request asks. A page with every card open has some fifteen.
const maxQuestions = 32

// questionsRequest is the body of a request with several questions.
type questionsRequest struct {
	Questions []oneOf `json:"questions"`
}

// oneOf is a question of one kind, as that kind's own path takes it, and the tag of the answer that its asker has.
type oneOf struct {
	Query     json.RawMessage `json:"query"`
	Funnel    json.RawMessage `json:"funnel"`
	Retention json.RawMessage `json:"retention"`
	Journey   json.RawMessage `json:"journey"`
	Tag       string          `json:"tag"`
}

// oneAnswer is what the path of the question's kind would have answered, status and body. Where it shows what the asker has already, status
// is 304 and there is no body.
type oneAnswer struct {
	Status int     `json:"status"`
	Tag    string  `json:"tag,omitempty"`
	TookMS float64 `json:"took_ms"`
	Body   any     `json:"body,omitempty"`
}

// postQuestions answers several questions at once, in their order: they are of one moment, and what they have in common is read once.
func (s *Server) postQuestions(w http.ResponseWriter, r *http.Request) error {
	req := &questionsRequest{}
	if err := readJSON(w, r, req); err != nil {
		return err
	}
	if n := len(req.Questions); n < 1 || n > maxQuestions {
		return fail(http.StatusBadRequest, "bad_questions", fmt.Sprintf("questions: there are %d; allowed are 1 to %d", n, maxQuestions))
	}
	m := s.together()
	answers := make([]oneAnswer, len(req.Questions))
	for i, q := range req.Questions {
		if err := r.Context().Err(); err != nil {
			return err
		}
		began := time.Now()
		answers[i] = q.answer(r.Context(), m)
		answers[i].TookMS = float64(time.Since(began).Microseconds()) / 1000
	}
	answer(w, http.StatusOK, map[string][]oneAnswer{"answers": answers})
	return nil
}

func (q *oneOf) answer(ctx context.Context, m *moment) oneAnswer {
	k, text, err := q.kind()
	if err != nil {
		return m.server.refusal(ctx, err)
	}
	out, err := k(ctx, m, func(v any) error { return decodeJSON(bytes.NewReader(text), v) })
	if err != nil {
		return m.server.refusal(ctx, err)
	}
	tag := out.Tag()
	if tag != "" && tag == q.Tag {
		return oneAnswer{Status: http.StatusNotModified, Tag: tag}
	}
	return oneAnswer{Status: http.StatusOK, Tag: tag, Body: out}
}

func (s *Server) refusal(ctx context.Context, err error) oneAnswer {
	e := s.errorOf(ctx, err)
	return oneAnswer{Status: e.status, Body: errorBody{e}}
}

// kind returns the one kind that the question has, and the question as that takes it.
func (q *oneOf) kind() (k kind, text json.RawMessage, err error) {
	n := 0
	for _, of := range [...]struct {
		text json.RawMessage
		kind kind
	}{{q.Query, metrics}, {q.Funnel, funnels()}, {q.Retention, retentions()}, {q.Journey, journeys()}} {
		if of.text != nil {
			k, text = of.kind, of.text
			n++
		}
	}
	if n != 1 {
		return nil, nil, fail(http.StatusBadRequest, "bad_questions", fmt.Sprintf("a question is of one kind, and this one of %d; allowed are query, funnel, retention, journey", n))
	}
	return k, text, nil
}

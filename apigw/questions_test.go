package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// answered is the answer to one of several questions, as a client sees it.
type answered struct {
	Status int            `json:"status"`
	Tag    string         `json:"tag"`
	Body   map[string]any `json:"body"`
}

func (r *rig) questions(questions ...string) []answered {
	r.t.Helper()
	all := decode[struct{ Answers []answered }](r.t, r.ask(http.MethodPost, "/api/v2/questions", `{"questions":[`+strings.Join(questions, ",")+`]}`, asJSON)).Answers
	if len(all) != len(questions) {
		r.t.Fatalf("%d answers to %d questions", len(all), len(questions))
	}
	return all
}

// timeless is the body of an answer without what says when it was asked.
func timeless(body map[string]any) map[string]any {
	if meta, ok := body["meta"].(map[string]any); ok {
		delete(meta, "as_of")
		delete(meta, "lag_ms")
	}
	return body
}

func TestQuestionsAreAnsweredAsEachAlone(t *testing.T) {
	r := newRig(t, parts{})
	r.clock.backToNoon()
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	now := r.clock.now()
	var lines []string
	for i := range 200 {
		lines = append(lines, fmt.Sprintf(`{"site":"shop","name":%q,"url":"/%c","visitor":"v%d","ts":%d,"props":{"plan":"p%d"}}`,
			[]string{"pageview", "pageview", "buy"}[i%3], 'a'+i%7, i%40, now.Add(-time.Duration(i)*25*time.Second).UnixMilli(), i%3))
	}
	r.ask(http.MethodPost, "/v1/events", strings.Join(lines, "\n"))
	r.consume()
	r.settle()
	from, to := now.Add(-time.Hour).Format(time.RFC3339), now.Add(10*time.Second).Format(time.RFC3339)
	var kinds, bodies, questions []string
	add := func(kind, body string) {
		kinds, bodies, questions = append(kinds, kind), append(bodies, body), append(questions, fmt.Sprintf(`{%q:%s}`, kind, body))
	}
	for _, q := range wave() {
		add(q.kind, fmt.Sprintf(q.body, from, to))
	}
	add("retention", fmt.Sprintf(`{"site_id":"shop","date_range":[%q,%q],"unit":"day"}`, from, to))
	add("query", `{"site_id":"shop","metrics":["visitors"],"date_range":"all"}`)
	add("query", `{"site_id":"nobody","metrics":["visitors"],"date_range":"day"}`)
	add("query", `{"site_id":"shop","metrics":["wishes"],"date_range":"day"}`)
	add("query", `{"site_id":"shop","metrics":7}`)
	add("journey", `{"site_id":"shop","date_range":"day","page":""}`)
	add("funnel", `{"steps":[],"stairs":1}`)
	add("retention", `null`)

	all := r.questions(questions...)
	for i, got := range all {
		alone := r.ask(http.MethodPost, "/api/v2/"+kinds[i], bodies[i], asJSON)
		var want map[string]any
		if err := json.Unmarshal([]byte(alone.body), &want); err != nil {
			t.Fatal(err)
		}
		if got.Status != alone.status || !reflect.DeepEqual(timeless(got.Body), timeless(want)) {
			t.Errorf("%s %s: %d %v; alone %d %v", kinds[i], bodies[i], got.Status, got.Body, alone.status, want)
		}
		if (got.Tag != "") != (got.Status == http.StatusOK) {
			t.Errorf("%s %s: %d with tag %q", kinds[i], bodies[i], got.Status, got.Tag)
		}
	}

	asAgain := func() (tagged []string) {
		for i, a := range all {
			tagged = append(tagged, fmt.Sprintf(`{%q:%s,"tag":%q}`, kinds[i], bodies[i], a.Tag))
		}
		return tagged
	}
	for i, again := range r.questions(asAgain()...) {
		if all[i].Status == http.StatusOK && (again.Status != http.StatusNotModified || again.Body != nil || again.Tag != all[i].Tag) {
			t.Errorf("%s %s: asked again, %+v", kinds[i], bodies[i], again)
		}
	}
	r.ask(http.MethodPost, "/v1/events", fmt.Sprintf(`{"site":"shop","name":"buy","url":"/new","visitor":"new","ts":%d}`, now.UnixMilli()))
	r.consume()
	r.settle()
	if a := r.questions(asAgain()...)[0]; a.Status != http.StatusOK || a.Tag == all[0].Tag {
		t.Errorf("after another event: %+v", a)
	}
}

func TestQuestionsThatAreNone(t *testing.T) {
	r := newRig(t, parts{})
	one := `{"query":{"site_id":"shop","metrics":["visitors"],"date_range":"day"}}`
	for body, code := range map[string]string{
		`{}`: "bad_questions", `{"questions":[]}`: "bad_questions", `{"questions":[` + strings.Repeat(one+",", 32) + one + `]}`: "bad_questions",
		`{"questions":[{"wish":{}}]}`: "malformed", `{"questions":{}}`: "malformed",
	} {
		r.ask(http.MethodPost, "/api/v2/questions", body, asJSON).wantError(t, http.StatusBadRequest, code)
	}
	for _, a := range r.questions(`{}`, `{"query":{},"funnel":{}}`) {
		if a.Status != http.StatusBadRequest || a.Body["error"].(map[string]any)["code"] != "bad_questions" {
			t.Errorf("%+v", a)
		}
	}
}

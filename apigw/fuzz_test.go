package apigw

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

// FuzzPostEvents: whatever is sent, the answer is 202 or says what is wrong with the request, and a 202 speaks of every event once.
func FuzzPostEvents(f *testing.F) {
	for _, body := range []string{
		"", "[]", "{}", "5", `{"site":"shop","name":"n"}`, `[{"site":"shop","name":"n","id":"1"},7]`, "{\"site\":\"shop\",\"name\":\"n\"}\n{\n\n",
		`{"site":"shop","name":"n","ts":4102444800000,"ua":7,"props":{"a":1.5,"a":true},"revenue":{"amount":"1","currency":"EUR"}}`,
		"\xef\xbb\xbf{\"site\":\"\xff\"}", `{"site":"shop","name":"\u0000","id":"\ud800"}`, strings.Repeat(`{"site":"shop","name":"n"}`+"\n", 501),
	} {
		f.Add([]byte(body), "application/json", "")
		f.Add([]byte(body), "text/plain; charset=utf-8", "gzip")
	}
	f.Fuzz(func(t *testing.T, body []byte, mediaType, encoding string) {
		s := newDiscarding()
		s.o.OnError = func(err error) { t.Errorf("a fault of the server: %v", err) }
		req := httptest.NewRequest(http.MethodPost, "/v1/events?ids=1", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", mediaType)
		req.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		switch w.Code {
		case http.StatusAccepted:
			checkAnswer(t, w.Body.Bytes())
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
			var e struct{ Error apiError }
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Error.Code == "" || e.Error.Message == "" {
				t.Errorf("answer %d %s", w.Code, w.Body)
			}
		default:
			t.Errorf("answer %d %s", w.Code, w.Body)
		}
	})
}

func checkAnswer(t *testing.T, body []byte) {
	var a eventsAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("answer %s: %v", body, err)
	}
	accepted := 0
	for i, res := range a.Results {
		ok := res.Status == statusAccepted
		if ok {
			accepted++
		}
		if res.Index != i || ok != (len(res.Errors) == 0) || ok && res.ID == "" || !ok && res.Status != statusInvalid {
			t.Errorf("result %d: %+v", i, res)
		}
	}
	if accepted != a.Accepted || len(a.Results) == 0 || len(a.Results) > event.MaxRequestEvents {
		t.Errorf("%d accepted of %d: %s", a.Accepted, len(a.Results), body)
	}
}

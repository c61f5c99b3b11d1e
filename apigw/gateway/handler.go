package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Handler invokes an http.Handler with the events of a Lambda function. It is a lambda.Handler.
type Handler struct{ inner http.Handler }

// New returns the handler that serves events by inner.
func New(inner http.Handler) *Handler { return &Handler{inner} }

// Invoke serves one event. It fails only for an event that is no HTTP request: then the function was wired up wrongly.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	in, by, err := parse(event)
	if err != nil {
		return nil, err
	}
	w := newRecorder()
	if req, err := in.http(ctx, by); err != nil {
		w.fail(http.StatusBadRequest, "malformed", "the request is damaged")
	} else {
		serve(h.inner, w, req)
	}
	return json.Marshal(w.answer(by))
}

// serve runs the handler. One that breaks its answer off (http.ErrAbortHandler) has told of it already.
func serve(h http.Handler, w *recorder, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			panic(fmt.Sprintf("serve %s %s: %v", r.Method, r.URL.Path, p))
		}
		w.fail(http.StatusInternalServerError, "internal", "the server could not answer; its log says why")
	}()
	h.ServeHTTP(w, r)
}

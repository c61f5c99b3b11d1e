package environment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// api is the Runtime API of one environment ("Using the Lambda runtime API for custom runtimes", AWS Lambda Developer Guide).
type api struct {
	arn      string
	server   *http.Server
	addr     string
	serving  sync.WaitGroup
	asks     chan *ask    // of a runtime that has nothing to do
	verdicts chan verdict // on the invocation in hand, or on the start

	mu      sync.Mutex // guards current
	current string     // request id of the invocation in hand
}

// ask is a GET of the next invocation that waits for one.
type ask struct{ give chan *invocation }

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

// verdict is what the runtime says.
type verdict struct {
	payload []byte
	err     *FunctionError
}

const apiVersion = "/2018-06-01/runtime"

func newAPI(arn string) (*api, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime: %w", err)
	}
	a := &api{arn: arn, addr: l.Addr().String(), asks: make(chan *ask), verdicts: make(chan verdict)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiVersion+"/invocation/next", a.next)
	mux.HandleFunc("POST "+apiVersion+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+apiVersion+"/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+apiVersion+"/init/error", a.initError)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	a.serving.Go(func() { _ = a.server.Serve(l) }) // its error is that it was closed
	return a, nil
}

func (a *api) close() error {
	err := a.server.Close()
	a.serving.Wait()
	return err
}

func (a *api) setCurrent(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = id
}

func (a *api) isCurrent(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return id != "" && a.current == id
}

func (a *api) next(w http.ResponseWriter, r *http.Request) {
	waiting := &ask{give: make(chan *invocation, 1)}
	select {
	case a.asks <- waiting:
	case <-r.Context().Done():
		return
	}
	select {
	case inv := <-waiting.give:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", a.arn)
		h.Set("Lambda-Runtime-Trace-Id", traceID(inv.id))
		_, _ = w.Write(inv.payload) // a runtime that is gone shows by its exit
	case <-r.Context().Done():
	}
}

// traceID makes an X-Ray header of a request id: nothing is sampled.
func traceID(id string) string {
	digits := make([]byte, 0, 32)
	for i := range len(id) {
		if id[i] != '-' {
			digits = append(digits, id[i])
		}
	}
	return fmt.Sprintf("Root=1-%s-%s;Parent=%s;Sampled=0", digits[:8], digits[8:32], digits[16:32])
}

func (a *api) response(w http.ResponseWriter, r *http.Request) {
	body, ok := a.read(w, r)
	if !ok {
		return
	}
	if len(body) > MaxResponse {
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", message)
		a.tell(r.Context(), verdict{err: newFunctionError(r.PathValue("id"), "Function.ResponseSizeTooLarge", message)})
		return
	}
	if a.tell(r.Context(), verdict{payload: body}) {
		accept(w)
	}
}

func (a *api) failure(w http.ResponseWriter, r *http.Request) {
	body, ok := a.read(w, r)
	if ok && a.tell(r.Context(), verdict{err: reportedError(body, r.Header.Get("Lambda-Runtime-Function-Error-Type"))}) {
		accept(w)
	}
}

func (a *api) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse))
	if err != nil {
		return
	}
	if a.tell(r.Context(), verdict{err: reportedError(body, r.Header.Get("Lambda-Runtime-Function-Error-Type"))}) {
		accept(w)
	}
}

// read returns the body of an answer to the invocation in hand.
func (a *api) read(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if !a.isCurrent(r.PathValue("id")) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse+1))
	if err == nil && len(body) > MaxResponse {
		_, err = io.Copy(io.Discard, io.LimitReader(r.Body, 10*MaxResponse)) // so that the answer is read
	}
	return body, err == nil || errors.Is(err, io.EOF)
}

// tell hands a verdict to who waits for it.
func (a *api) tell(ctx context.Context, v verdict) bool {
	select {
	case a.verdicts <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorMessage":%q,"errorType":%q}`, message, kind)
}

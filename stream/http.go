package stream

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"
)

const (
	targetPrefix = "Kinesis_20131202."
	// maxBody has room for 10 MiB of data as base64 and the longest keys.
	maxBody = 20 << 20
)

// route answers a request for one API action, whose body was read. An error says that it has not answered.
type route func(w http.ResponseWriter, r *http.Request, c codec, body []byte) error

// serializable is an output that the SDK's schemas can walk. Void operations have one too.
type serializable[T any] interface {
	*T
	smithy.Serializable
}

func handle[In, Out any, O serializable[Out]](b *Broker, action func(context.Context, *In) (*Out, error)) route {
	return func(w http.ResponseWriter, r *http.Request, c codec, body []byte) error {
		in := new(In)
		if err := c.decode(body, in); err != nil {
			return err
		}
		out, err := call(r.Context(), b, in, action)
		if err != nil {
			return err
		}
		writeOutput(w, c, O(out))
		return nil
	}
}

// ServeHTTP speaks the JSON and CBOR protocols of Kinesis: POST with an X-Amz-Target header. It takes any credentials,
// unless Options name those that it is to take.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("x-amzn-RequestId", uuid.NewString())
	w.Header().Set("x-amz-id-2", extendedID())
	c, ok := codecOf(r)
	if err := b.serve(w, r, c, ok); err != nil {
		writeError(w, c, err)
	}
}

// serve runs the action that the request asks for.
func (b *Broker) serve(w http.ResponseWriter, r *http.Request, c codec, spoken bool) error {
	action, ok := strings.CutPrefix(target(r), targetPrefix)
	answer, known := b.route(action)
	if r.Method != http.MethodPost || !ok || !known || !spoken {
		return &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if body, err = b.payload(r, body); err != nil {
		return err
	}
	return answer(w, r, c, body)
}

// target is the header that names the action. Signers move it into the query of a presigned address.
func target(r *http.Request) string {
	const name = "X-Amz-Target"
	if header := r.Header.Get(name); header != "" {
		return header
	}
	return r.URL.Query().Get(name)
}

var errTooLarge = errors.New("request body is too large")

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 && n <= maxBody {
		body = make([]byte, n)
		_, err = io.ReadFull(limited, body)
	} else {
		body, err = io.ReadAll(limited)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, serializationError("")
	}
	return body, nil
}

// writeError answers an error: 400, or 500 if it is not the client's fault.
func writeError(w http.ResponseWriter, c codec, err error) {
	if errors.Is(err, errTooLarge) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		code := internalFailure
		if errors.Is(err, ErrClosed) {
			code = "ServiceUnavailable"
		}
		api = &smithy.GenericAPIError{Code: code, Message: err.Error(), Fault: smithy.FaultServer}
	}
	status := http.StatusBadRequest
	switch {
	case api.ErrorCode() == "ServiceUnavailable":
		status = http.StatusServiceUnavailable
	case api.ErrorFault() == smithy.FaultServer:
		status = http.StatusInternalServerError
	}
	writeBody(w, status, c.mediaType(), c.encodeError(api))
}

// outputs keeps the buffers of answers, of which a full GetRecords needs 14 MiB, for a short time.
var outputs = sync.Pool{New: func() any { return new([]byte) }}

const maxKeptOutput = 16 << 20

func writeOutput(w http.ResponseWriter, c codec, out smithy.Serializable) {
	kept := outputs.Get().(*[]byte)
	body := c.encode((*kept)[:0], out)
	writeBody(w, http.StatusOK, c.mediaType(), body)
	if *kept = body; cap(body) <= maxKeptOutput {
		outputs.Put(kept)
	}
}

func writeBody(w http.ResponseWriter, status int, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is nobody's error
}

// extendedID is the opaque value that AWS support asks for.
func extendedID() string {
	id := make([]byte, 48)
	rand.Read(id) // never fails
	return base64.StdEncoding.EncodeToString(id)
}

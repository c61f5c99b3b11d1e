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

	"github.com/aws/smithy-go"
	"github.com/google/uuid"
)

const (
	targetPrefix = "Kinesis_20131202."
	// maxBody has room for 10 MiB of data as base64 and the longest keys.
	maxBody = 20 << 20
)

// route is an API action as the wire calls it: a fresh input to decode into, and the action on it.
type route struct {
	input func() any
	call  func(context.Context, any) (smithy.Serializable, error)
}

// serializable is an output that the SDK's schemas can walk. Void operations have one too.
type serializable[T any] interface {
	*T
	smithy.Serializable
}

func handle[In, Out any, O serializable[Out]](b *Broker, action func(context.Context, *In) (*Out, error)) route {
	return route{
		input: func() any { return new(In) },
		call: func(ctx context.Context, in any) (smithy.Serializable, error) {
			out, err := call(ctx, b, in.(*In), action)
			if err != nil {
				return nil, err
			}
			return O(out), nil
		},
	}
}

// route finds an action by its name. What the API has beyond these answers UnknownOperationException.
func (b *Broker) route(action string) (route, bool) {
	switch action {
	case "CreateStream":
		return handle(b, b.createStream), true
	case "DeleteStream":
		return handle(b, b.deleteStream), true
	case "DescribeStream":
		return handle(b, b.describeStream), true
	case "DescribeStreamSummary":
		return handle(b, b.describeStreamSummary), true
	case "GetRecords":
		return handle(b, b.getRecords), true
	case "GetShardIterator":
		return handle(b, b.getShardIterator), true
	case "ListShards":
		return handle(b, b.listShards), true
	case "ListStreams":
		return handle(b, b.listStreams), true
	case "PutRecord":
		return handle(b, b.putRecord), true
	case "PutRecords":
		return handle(b, b.putRecords), true
	}
	return route{}, false
}

// ServeHTTP speaks the JSON and CBOR protocols of Kinesis: POST with an X-Amz-Target header. It takes any credentials.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("x-amzn-RequestId", uuid.NewString())
	w.Header().Set("x-amz-id-2", extendedID())
	c, ok := codecOf(r)
	out, err := b.serve(w, r, c, ok)
	if err != nil {
		writeError(w, c, err)
		return
	}
	writeBody(w, http.StatusOK, c.mediaType(), out)
}

// serve runs the action that the request asks for and returns the body of its answer.
func (b *Broker) serve(w http.ResponseWriter, r *http.Request, c codec, spoken bool) ([]byte, error) {
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	rt, known := b.route(action)
	if r.Method != http.MethodPost || !ok || !known || !spoken {
		return nil, &smithy.GenericAPIError{Code: "UnknownOperationException"}
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	in := rt.input()
	if err := c.decode(body, in); err != nil {
		return nil, err
	}
	out, err := rt.call(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return c.encode(out), nil
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

package stream

import (
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

const eventStreamType = "application/vnd.amazon.eventstream"

// serveSubscription answers SubscribeToShard with a stream of messages: an initial response, events, and at the end an
// exception, unless the subscription has lived its time or the shard its own. A request that is refused is answered as
// others are.
func (b *Broker) serveSubscription(w http.ResponseWriter, r *http.Request, c codec, body []byte) error {
	in := new(kinesis.SubscribeToShardInput)
	if err := c.decode(body, in); err != nil {
		return err
	}
	e := &eventWriter{w: w, control: http.NewResponseController(w), c: c, encoder: eventstream.NewEncoder()}
	ctx, stop := untilDrained(r.Context())
	defer stop()
	err := b.subscribeToShard(ctx, in, e.send)
	if !e.begun && err != nil {
		return err
	}
	e.end(err)
	return nil
}

// eventWriter writes the messages of an event stream. A message is a prelude with lengths and a checksum, headers, a
// payload in the codec of the request, and a checksum of all.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	c       codec
	encoder *eventstream.Encoder
	begun   bool
}

// stallLimit is how much longer than a subscription its last message may take: a client that stopped reading must not
// hold a connection for ever.
const stallLimit = time.Minute

// begin writes the initial response, which tells the client that its request is accepted.
func (e *eventWriter) begin() error {
	e.begun = true
	// Not every server can set a deadline; then there is none.
	_ = e.control.SetWriteDeadline(time.Now().Add(subscriptionLife + stallLimit))
	e.w.Header().Set("Content-Type", eventStreamType)
	e.w.WriteHeader(http.StatusOK)
	return e.write(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "initial-response", e.c.encode(nil, &kinesis.SubscribeToShardOutput{}))
}

func (e *eventWriter) send(event *types.SubscribeToShardEvent) error {
	if !e.begun {
		if err := e.begin(); err != nil {
			return err
		}
	}
	return e.write(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "SubscribeToShardEvent", e.c.encode(nil, event))
}

// end says why the stream ends. A client that went away is nobody's error, and one whose server goes away sees it.
func (e *eventWriter) end(err error) {
	defer func() { _ = e.control.SetWriteDeadline(time.Time{}) }() // the connection may serve other requests
	if !e.begun && e.begin() != nil || err == nil || errors.Is(err, ErrClosed) || isContextError(err) {
		return
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return // the error of a write
	}
	code := api.ErrorCode()
	if code == internalFailure {
		code = (&types.InternalFailureException{}).ErrorCode() // as the API names it among events
	}
	_ = e.write(eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, code, e.c.encodeError(api))
}

// write writes a message and sends it off.
func (e *eventWriter) write(message, nameHeader, name string, payload []byte) error {
	var m eventstream.Message
	m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(message))
	m.Headers.Set(nameHeader, eventstream.StringValue(name))
	m.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue(e.c.mediaType()))
	m.Payload = payload
	if err := e.encoder.Encode(e.w, m); err != nil {
		return err
	}
	return e.control.Flush()
}

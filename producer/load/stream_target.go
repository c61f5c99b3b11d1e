package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/producer"
)

// Putter puts events on a stream; *producer.Producer is one.
type Putter interface {
	PutAsync(ctx context.Context, it producer.Item, fn func(producer.Result)) error
	Close(ctx context.Context) error
}

// Stream is a target that puts events on a Kinesis stream. A request is answered when each of its events has its result.
type Stream struct {
	Clock
	put  Putter
	done Done
	end  time.Duration // how long Close waits
}

// NewStream returns one. The producer should fail when it is full, and not block: what has no room is then told of.
func NewStream(put Putter, end time.Duration, done Done) *Stream {
	return &Stream{put: put, done: done, end: end}
}

// streamCall is a request under way.
type streamCall struct {
	r    *Request
	done Done

	mu   sync.Mutex // guards what follows
	left int
	a    Answer
}

// Start puts the events of a request.
func (s *Stream) Start(r *Request) {
	c := &streamCall{r: r, done: s.done, left: len(r.Items), a: Answer{Verdicts: make([]Verdict, len(r.Items))}}
	body := append([]byte(nil), r.Body...) // it belongs to the producer until the results
	for i := range r.Items {
		it := &r.Items[i]
		err := s.put.PutAsync(context.Background(), producer.Item{PartitionKey: it.Key, Data: body[it.From:it.To]}, func(res producer.Result) { c.result(i, res.Err) })
		if err != nil {
			c.result(i, err)
		}
	}
}

// result takes what became of an event, and answers the request with the last.
func (c *streamCall) result(i int, err error) {
	c.mu.Lock()
	c.a.Verdicts[i] = verdictOf(err)
	if err != nil {
		c.a.Fault = string(producer.CodeOf(err))
	}
	c.left--
	last := c.left == 0
	c.mu.Unlock()
	if last {
		c.a.At = time.Now()
		c.done(c.r, c.a)
	}
}

// verdictOf says what an error of the producer means for the event: after some of them it may be on the stream all the same.
func verdictOf(err error) Verdict {
	var e *producer.Error
	switch {
	case err == nil:
		return Accepted
	case !errors.As(err, &e):
		return Unknown
	}
	switch e.Code {
	case producer.Invalid, producer.TooLarge, producer.Refused:
		return Refused
	case producer.Full:
		return Untaken
	}
	return Unknown
}

// Close gives the producer some time to deliver what it has. What was not delivered has its result, and so is told of already.
func (s *Stream) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.end)
	defer cancel()
	_ = s.put.Close(ctx)
	return nil
}

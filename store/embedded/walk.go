package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// walk steps through a span, forwards or backwards. Keys and values are valid until the next step.
type walk struct {
	*pebble.Iterator
	ctx     context.Context
	reverse bool
	begun   bool
	stopped error
}

func (s *Store) walk(ctx context.Context, within span, reverse bool) (*walk, error) {
	it, err := s.db.NewIterWithContext(ctx, within.options())
	if err != nil {
		return nil, err
	}
	return &walk{Iterator: it, ctx: ctx, reverse: reverse}, nil
}

// twin walks another span of the same state in the same direction.
func (w *walk) twin(within span) (*walk, error) {
	it, err := w.CloneWithContext(w.ctx, pebble.CloneOptions{IterOptions: within.options()})
	if err != nil {
		return nil, err
	}
	return &walk{Iterator: it, ctx: w.ctx, reverse: w.reverse}, nil
}

func (s span) options() *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: s.lower, UpperBound: s.upper}
}

// next steps to the first or the next key. At the end, and after an error, it returns false.
func (w *walk) next() bool {
	if w.stopped = w.ctx.Err(); w.stopped != nil {
		return false
	}
	begun := w.begun
	w.begun = true
	switch {
	case w.reverse && begun:
		return w.Prev()
	case w.reverse:
		return w.Last()
	case begun:
		return w.Next()
	default:
		return w.First()
	}
}

// bodyOf steps to the body of the head with a key, and returns it for the caller to keep.
func (w *walk) bodyOf(head []byte) ([]byte, error) {
	if !w.next() {
		if err := w.err(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("damaged: no body for %.100q", head)
	}
	if !bytes.Equal(w.Key()[1:], head[1:]) {
		return nil, fmt.Errorf("damaged: body %.100q for %.100q", w.Key(), head)
	}
	value, err := w.ValueAndErr()
	return append([]byte{}, value...), err
}

// err is why next returned false, or nil at the end.
func (w *walk) err() error { return errors.Join(w.stopped, w.Error()) }

// close gives the state free.
func (w *walk) close() { _ = w.Close() } // its error was err's

package producer

import (
	"errors"
	"slices"
)

// errPending stands in call.errs for an item that was taken and has no result yet.
var errPending = errors.New("pending")

// call is one Put, PutAll or PutAsync: where the results of its items go. Producer.mu guards it from the moment its first item is
// queued.
type call struct {
	errs     []error
	left     int           // items without a result
	finished chan struct{} // closed when there are none left
	fn       func(Result)  // of PutAsync
	rejected error         // why PutAsync's item was not taken
}

func newCall(items int) *call {
	return &call{errs: make([]error, items), left: items, finished: make(chan struct{})}
}

func (c *call) resolve(i int, err error) {
	c.errs[i] = err
	if c.left--; c.left == 0 {
		close(c.finished)
	}
}

// reject resolves an item that was not taken.
func (c *call) reject(i int, err error) {
	c.rejected = err
	c.resolve(i, err)
}

// rejectFrom rejects the items from i on, but for those that are rejected already.
func (c *call) rejectFrom(i int, err error) {
	for ; i < len(c.errs); i++ {
		if c.errs[i] == nil {
			c.reject(i, err)
		}
	}
}

// abandon returns the results as they are, with err for what is pending. It is a copy, because the others still come in.
func (c *call) abandon(err error) []error {
	errs := slices.Clone(c.errs)
	for i := range errs {
		if errors.Is(errs[i], errPending) {
			errs[i] = err
		}
	}
	return errs
}

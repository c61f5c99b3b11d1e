//go:build !linux

package load

import "context"

// NewHTTP returns a target that posts events to a front door.
func NewHTTP(_ context.Context, o HTTPOptions, done Done) (Target, error) {
	o = o.withDefaults()
	if _, err := o.parse(); err != nil {
		return nil, err
	}
	return newStdHTTP(o, done), nil
}

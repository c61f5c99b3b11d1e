package store

import (
	"fmt"
	"strings"
)

// CheckKey refuses the parts of keys that the contract forbids.
func CheckKey(parts ...string) error {
	for _, p := range parts {
		if p == "" || len(p) > MaxKeyBytes || strings.IndexByte(p, 0) >= 0 {
			return fmt.Errorf("%w: %.100q", ErrKey, p)
		}
	}
	return nil
}

// Check is CheckKey for a scan: an empty bound is an open end.
func (r Range) Check() error {
	for _, bound := range []string{r.From, r.To} {
		if bound == "" {
			continue
		}
		if err := CheckKey(bound); err != nil {
			return err
		}
	}
	return CheckKey(r.Partition)
}

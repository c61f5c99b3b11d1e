package event

import (
	"errors"
	"fmt"
)

// Codes of a [FieldError].
const (
	CodeRequired  = "required"  // absent, null or ""
	CodeType      = "type"      // another JSON type than the field has
	CodeTooLong   = "too_long"  // more bytes than allowed
	CodeTooMany   = "too_many"  // more properties than MaxProps
	CodeRange     = "range"     // a number outside its bounds
	CodeFormat    = "format"    // a character or a form that the field does not allow, U+0000 in any field
	CodeUTF8      = "utf8"      // bytes that are not UTF-8, or an escape that is half of a surrogate pair
	CodeDuplicate = "duplicate" // a property key that occurs twice; only in events built in Go
)

// FieldError is what is wrong with one field of an event.
type FieldError struct {
	Code    string `json:"code"`    // one of the Code constants
	Field   string `json:"field"`   // the path, such as "site" or "props.price"; "" is the event as a whole
	Message string `json:"message"` // one line: what is wrong and what is allowed
}

// SyntaxError says where bytes stop being the JSON that was expected.
type SyntaxError struct {
	Offset  int // in bytes, from the start of what was given to Decode or Split, or of the line in NDJSON
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Message) }

// What is wrong with a request body besides its syntax; see [Split].
var (
	ErrEmpty   = errors.New("the body holds no event")
	ErrTooMany = fmt.Errorf("the body holds more than %d events", MaxRequestEvents)
)

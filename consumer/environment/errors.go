package environment

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrClosed is the error of an invocation after Close.
var ErrClosed = errors.New("environment: closed")

// ErrRequestTooLarge is the error of an invocation whose event is larger than MaxRequest; the function does not hear of it.
var ErrRequestTooLarge = fmt.Errorf("the event must be smaller than %d bytes", MaxRequest)

// FunctionError is that a function has failed, whether it said so or came to an end. Lambda calls each of them "Unhandled".
type FunctionError struct {
	Type    string // errorType of the payload; of Lambda's own "Sandbox.Timedout", "Runtime.ExitError", "Runtime.InitError" …
	Message string
	Payload []byte // what the caller of Lambda gets: a JSON object
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("function failed: %s: %s", e.Type, e.Message)
}

// newFunctionError is an error that the function did not report itself.
func newFunctionError(requestID, kind, message string) *FunctionError {
	message = fmt.Sprintf("RequestId: %s Error: %s", requestID, message)
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message})
	return &FunctionError{Type: kind, Message: message, Payload: payload}
}

// reportedError is one that it did.
func reportedError(payload []byte, header string) *FunctionError {
	var body struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	_ = json.Unmarshal(payload, &body) // a runtime may send what it likes
	if body.Type == "" {
		body.Type = header
	}
	return &FunctionError{Type: body.Type, Message: body.Message, Payload: payload}
}

package producer

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// delay returns how long to wait after the n-th attempt: full jitter, as in "Exponential Backoff And Jitter" (AWS Architecture Blog).
func (p *Producer) delay(n int) time.Duration {
	limit := p.opts.BackoffCap
	if shift := n - 1; shift < 40 && p.opts.BackoffBase<<shift < limit && p.opts.BackoffBase<<shift > 0 {
		limit = p.opts.BackoffBase << shift
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.jitter(limit)
}

// jitter draws a time below d. The caller holds mu.
func (p *Producer) jitter(d time.Duration) time.Duration {
	return time.Duration(p.opts.Rand() * float64(d))
}

// retryAfter returns how long the service wants to be left alone, as it says in an answer without results: the header Retry-After, in
// seconds or as a date (RFC 9110, section 10.2.3). Kinesis does not send it; what stands before it may.
func retryAfter(records []*record, now time.Time) time.Duration {
	answer, ok := errors.AsType[interface {
		error
		HTTPResponse() *smithyhttp.Response
	}](records[0].cause)
	if !ok || answer.HTTPResponse() == nil || answer.HTTPResponse().Response == nil {
		return 0
	}
	value := answer.HTTPResponse().Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// classify says what an error of a call, or of one record of it, means, and whether trying again can help. An error that is no answer of the
// service (a lost connection, a timeout) can always be cured by another try, and leaves open whether the records were written.
func classify(err error) (code Code, again bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return Unavailable, true
	}
	if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok || api.ErrorCode() == "KMSThrottlingException" {
		return Throttled, true
	}
	switch api.ErrorFault() {
	case smithy.FaultServer:
		return Unavailable, true
	case smithy.FaultClient:
		return Refused, false
	}
	return classifyStatus(err)
}

// classifyStatus judges errors that the SDK has no type for (for example a wrong signature) by their HTTP status.
func classifyStatus(err error) (code Code, again bool) {
	res, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	if !ok {
		return Unavailable, true
	}
	switch status := res.HTTPStatusCode(); {
	case status == http.StatusTooManyRequests:
		return Throttled, true
	case status == http.StatusRequestTimeout || status < 400 || status >= 500:
		return Unavailable, true
	}
	return Refused, false
}

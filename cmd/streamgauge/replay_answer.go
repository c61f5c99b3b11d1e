package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// verdict is what became of a batch.
type verdict struct {
	again   []item        // not acknowledged: must be sent again
	invalid []refused     // will never be accepted
	tooMuch bool          // the request was refused as a whole, for what it holds
	wait    time.Duration // the server's wish
	why     string        // of again, for people
}

// refused is an event that the server will not take.
type refused struct {
	place  place
	reason string
}

// postAnswer is the body of a 202 answer to POST /v1/events. Results has the events that were not accepted.
type postAnswer struct {
	Accepted int `json:"accepted"`
	Results  []struct {
		Index  int    `json:"index"`
		Status string `json:"status"` // "invalid" or "retry"
		Errors []struct {
			Code    string `json:"code"`
			Field   string `json:"field"`
			Message string `json:"message"`
		} `json:"errors"`
	} `json:"results"`
}

// judge reads an answer. Only an answer that adds up acknowledges anything; one that was cut off is none.
func judge(resp *http.Response, batch []item) (verdict, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return verdict{again: batch, why: "the answer broke off: " + err.Error()}, nil
	}
	switch code := resp.StatusCode; {
	case code == http.StatusAccepted:
		return judgeEach(body, batch), nil
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge:
		return refuseAll(readError(resp, body), batch), nil
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return verdict{again: batch, wait: retryAfter(resp.Header), why: readError(resp, body).Error()}, nil
	}
	return verdict{}, readError(resp, body)
}

// refuseAll is for a request that cannot be read. Where it holds one event, that one is to blame.
func refuseAll(err *apiError, batch []item) verdict {
	v := verdict{tooMuch: true}
	if len(batch) == 1 {
		v.invalid = []refused{{batch[0].place, err.Error()}}
	}
	return v
}

func judgeEach(body []byte, batch []item) verdict {
	var a postAnswer
	if err := json.Unmarshal(body, &a); err != nil {
		return verdict{again: batch, why: "the answer is not JSON: " + err.Error()}
	}
	v, err := a.sort(batch)
	if err != nil {
		return verdict{again: batch, why: err.Error()}
	}
	return v
}

// sort takes the answer apart by event, and checks that it speaks of each event once.
func (a postAnswer) sort(batch []item) (verdict, error) {
	v := verdict{why: "the server asked for it"}
	seen := make([]bool, len(batch))
	for _, r := range a.Results {
		if r.Index < 0 || r.Index >= len(batch) || seen[r.Index] {
			return v, fmt.Errorf("the answer names event %d of %d twice, or it is not there", r.Index, len(batch))
		}
		seen[r.Index] = true
		var reasons []string
		for _, e := range r.Errors {
			reasons = append(reasons, fmt.Sprintf("%s: %s (%s)", e.Field, e.Message, e.Code))
		}
		switch r.Status {
		case "invalid":
			v.invalid = append(v.invalid, refused{batch[r.Index].place, strings.Join(reasons, "; ")})
		case "retry":
			v.again = append(v.again, batch[r.Index])
		default:
			return v, fmt.Errorf("the answer has the status %.20q", r.Status)
		}
	}
	if a.Accepted+len(a.Results) != len(batch) {
		return v, fmt.Errorf("the answer does not add up: %d accepted and %d not, of %d", a.Accepted, len(a.Results), len(batch))
	}
	return v, nil
}

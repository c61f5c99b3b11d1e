package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/apigw/gateway"
)

// inside is the API within the function, which nobody reaches from outside.
type inside struct{ api *gateway.Handler }

// ask returns the answer of the API, nil where it is empty.
func (i *inside) ask(ctx context.Context, method, path string, query url.Values, body string) (any, error) {
	r := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, RawQueryString: query.Encode(), Body: body, Headers: map[string]string{"content-type": "application/json"}}
	r.RequestContext.HTTP.Method, r.RequestContext.HTTP.SourceIP = method, "127.0.0.1"
	event, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	answer, err := i.api.Invoke(ctx, event)
	if err != nil {
		return nil, err
	}
	var got struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return nil, err
	}
	switch got.StatusCode {
	case http.StatusOK:
		return json.RawMessage(got.Body), nil
	case http.StatusNoContent:
		return nil, nil
	}
	var failed struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(got.Body), &failed); err != nil {
		return nil, fmt.Errorf("%d %s", got.StatusCode, got.Body)
	}
	return nil, fmt.Errorf("%s: %s", failed.Error.Code, failed.Error.Message)
}

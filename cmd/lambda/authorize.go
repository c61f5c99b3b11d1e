package main

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/event"
)

// authorize answers API Gateway whether a request on the direct route to the stream may pass, and with which partition key: there is no code of ours
// behind it. The key names the site of the token, which the consumer trusts above what an event says of itself, and is otherwise random.
func authorize(p *parts) lambda.Handler {
	gate := p.gate()
	return typed(func(ctx context.Context, r events.APIGatewayV2CustomAuthorizerV2Request) (events.APIGatewayV2CustomAuthorizerSimpleResponse, error) {
		secrets, err := gate.Secrets(ctx)
		if err != nil {
			return events.APIGatewayV2CustomAuthorizerSimpleResponse{}, err
		}
		site, err := secrets.Verify(signedToken(r), p.now())
		if err != nil {
			p.log.Info().Str("request_id", requestID(ctx)).Str("outcome", err.Error()).Msg("refused")
			p.metrics.emit(requestID(ctx), metric{meters.Refused, 1})
			return events.APIGatewayV2CustomAuthorizerSimpleResponse{}, nil
		}
		return events.APIGatewayV2CustomAuthorizerSimpleResponse{
			IsAuthorized: true,
			Context:      map[string]any{"site": site, "partitionKey": partitionKey(site)},
		}, nil
	})
}

// signedToken is the token of the Authorization header, or of ?key=.
func signedToken(r events.APIGatewayV2CustomAuthorizerV2Request) string {
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Authorization") {
			return access.Bearer(value)
		}
	}
	return r.QueryStringParameters["key"]
}

// partitionKey names the site, and lies in any shard.
func partitionKey(site string) string {
	var b [8]byte
	_, _ = crand.Read(b[:]) // never fails, crypto/rand says
	return event.AuthorizedKey(site, binary.BigEndian.Uint64(b[:]))
}

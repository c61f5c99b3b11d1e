package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// direct does what API Gateway does on the direct route: it asks the authorizer, and puts the record that the template's mapping of parameters makes.
func (c *cloud) direct(t *testing.T, tpl *template, authorize *function, token, body string) {
	t.Helper()
	got := must[events.APIGatewayV2CustomAuthorizerSimpleResponse](t, authorize, events.APIGatewayV2CustomAuthorizerV2Request{
		Headers: map[string]string{"authorization": "Bearer " + token},
	})
	if !got.IsAuthorized {
		t.Fatalf("not authorized: %+v", got)
	}
	value := func(parameter string) string {
		v, _ := in(tpl.Resources["DirectIntegration"].Properties, "RequestParameters", parameter).(string)
		if name, ok := strings.CutPrefix(v, "$context.authorizer."); ok {
			v, _ = got.Context[name].(string)
			return v
		}
		return strings.ReplaceAll(v, "$request.body", body)
	}
	_, err := c.broker.Client().PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String(streamName), PartitionKey: aws.String(value("PartitionKey")), Data: []byte(value("Data")),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What comes by the direct route is counted for the site of the token, and for no other.
func TestDirectRoute(t *testing.T) {
	tpl, c := packageOnce(t), newCloud(t)
	now := time.Now()
	token := c.ssm.secrets(t).Sign("shop", now.Add(time.Minute))
	authorize := newFunction(t, "authorize", c.env()...)
	c.direct(t, tpl, authorize, token, pageview("1", now)+"\n"+pageview("2", now))
	c.direct(t, tpl, authorize, token, strings.ReplaceAll(pageview("3", now), `"shop"`, `"rival"`))
	batch := c.onStream(t)
	if len(batch.Records) != 2 || batch.Records[0].Kinesis.PartitionKey == batch.Records[1].Kinesis.PartitionKey {
		t.Fatalf("on the stream: %+v", batch.Records)
	}
	must[verdict](t, newFunction(t, "consume", c.env()...), batch)
	command := newFunction(t, "command", c.env()...)
	books := must[struct{ Received, Counted, Quarantined int }](t, command, order{Command: "ledger", Site: "shop"})
	if books.Received != 3 || books.Counted != 2 || books.Quarantined != 1 {
		t.Errorf("shop: %+v", books)
	}
	if out, err := command.invoke(t.Context(), []byte(`{"command":"ledger","site":"rival"}`)); err == nil && !strings.Contains(string(out), `"received":0`) {
		t.Errorf("rival: %s", out)
	}
}

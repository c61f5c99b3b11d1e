package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamgauge/streamgauge/consumer/environment"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// deployment is a stage's functions, as its users reach them: the real bootstrap behind Lambda's Invoke (AWS Lambda API Reference).
type deployment struct {
	t         *testing.T
	functions map[string]*environment.Environment
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	dynalite, path := npm.Start(t, "dynalite"), bootstrap(t)
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &dynalite, Credentials: credentials.NewStaticCredentialsProvider("any", "thing", "")})
	for _, table := range []string{"windows", "salts"} {
		if err := dynamo.Create(t.Context(), client, table); err != nil {
			t.Fatal(err)
		}
	}
	d := &deployment{t: t, functions: map[string]*environment.Environment{}}
	for _, role := range []string{"consume", "command"} {
		e, err := environment.New(environment.Options{Bootstrap: path, Handler: role, Env: []string{
			"STREAMGAUGE_TABLE=windows", "STREAMGAUGE_SALTS=salts", "STREAMGAUGE_SHARDS=1", "STREAMGAUGE_SECRETS=none", "AWS_ENDPOINT_URL_DYNAMODB=" + dynalite,
			"STREAMGAUGE_CREATE_SITES=false",
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		d.functions["streamgauge-prod-"+role] = e
	}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_LAMBDA": server.URL, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "", "AWS_CONFIG_FILE": "none"} {
		t.Setenv(name, value)
	}
	return d
}

func (d *deployment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/")
	f, there := d.functions[name]
	if !there {
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"Message":"Function not found"}`))
		return
	}
	event, _ := io.ReadAll(r.Body)
	out, err := f.Invoke(r.Context(), event)
	if failed := new(environment.FunctionError); errors.As(err, &failed) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = w.Write(failed.Payload)
		return
	}
	if err != nil {
		d.t.Error(err)
	}
	_, _ = w.Write(out.Payload)
}

// The dead letters of a deployed stage, with no other right than to invoke its function.
func TestDeadLettersOfAStage(t *testing.T) {
	d := newDeployment(t)
	batch := `{"Records":[{"eventID":"shardId-000000000001:17","eventSourceARN":"arn:aws:kinesis:us-east-1:000000000000:stream/clicks","kinesis":{"sequenceNumber":"17","partitionKey":"p",` +
		`"data":"eyJzaXRlIjoic2hvcCIsIm5hbWUiOiJwYWdldmlldyIsInZpc2l0b3IiOiJhbm4ifQ==","approximateArrivalTimestamp":` + strconv.FormatInt(time.Now().Unix(), 10) + `}}]}`
	if _, err := d.functions["streamgauge-prod-consume"].Invoke(t.Context(), []byte(batch)); err != nil {
		t.Fatal(err)
	}
	dlq := func(args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"dlq"}, args...), strings.NewReader(""), &out, &errs)
		return out.String(), errs.String(), code
	}
	at := []string{"--stage", "prod", "--region", "us-east-1"}
	out, errs, code := dlq(append([]string{"list", "--json"}, at...)...)
	var item dlqItem
	if err := json.Unmarshal([]byte(out), &item); err != nil || code != exitOK || item.Reason != "unknown_site" || item.SequenceNumber != "17" || item.Shard != "shardId-000000000001" {
		t.Fatalf("list: exit code %d, %s%s", code, out, errs)
	}
	if out, errs, code := dlq(append([]string{"show", item.Key}, at...)...); code != exitOK || !strings.Contains(out, `"visitor":"ann"`) {
		t.Errorf("show: exit code %d, %s%s", code, out, errs)
	}
	for range 2 { // no site yet
		if out, errs, code := dlq(append([]string{"redrive", "--all"}, at...)...); code != exitFailed || !strings.Contains(out, "unknown_site: ") || !strings.Contains(errs, "1 record of 1 refused") {
			t.Errorf("redrive: exit code %d, %s%s", code, out, errs)
		}
	}
	for args, want := range map[string]string{
		"list --stage test --region us-east-1":     "there is no function streamgauge-test-command in us-east-1: is the stage test deployed there?",
		"list --stage prod":                        "no region: give one with --region or AWS_REGION",
		"show nothing --stage prod --region any-1": "streamgauge-prod-command: not_found: no such copy in quarantine",
	} {
		if _, errs, code := dlq(strings.Fields(args)...); code != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s; want %q", args, code, errs, want)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer/environment"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/e2e/destination"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store/dynamo"
	"github.com/streamgauge/streamgauge/stream"
)

// deployment is a stage's functions, as its users reach them: the real bootstrap behind Lambda's Invoke (AWS Lambda API Reference).
type deployment struct {
	t           *testing.T
	functions   map[string]*environment.Environment
	destination *destination.Destination
	broker      *stream.Broker
	sites       *aggregate.Sites
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
	s, err := dynamo.New(client, dynamo.Options{Table: "windows", Elsewhere: map[string]string{"T": "salts"}})
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{t: t, functions: map[string]*environment.Environment{}, destination: destination.New(t), sites: aggregate.NewSites(s, time.Now)}
	kinesisURL := d.openStream()
	for _, role := range []string{"consume", "command"} {
		e, err := environment.New(environment.Options{Bootstrap: path, Handler: role, Env: append([]string{
			"STREAMGAUGE_TABLE=windows", "STREAMGAUGE_SALTS=salts", "STREAMGAUGE_SECRETS=none", "AWS_ENDPOINT_URL_DYNAMODB=" + dynalite,
			"STREAMGAUGE_CREATE_SITES=false", "STREAMGAUGE_STREAM=clicks", "STREAMGAUGE_STREAM_ARN=" + clicksARN, "AWS_ENDPOINT_URL_KINESIS=" + kinesisURL,
		}, d.destination.Env...)})
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

const clicksARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"

// openStream makes the stage's stream, and returns where it is served.
func (d *deployment) openStream() (url string) {
	d.t.Helper()
	var err error
	if d.broker, err = stream.Open(stream.Options{Dir: d.t.TempDir()}); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = d.broker.Close() })
	if _, err := d.broker.Client().CreateStream(d.t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(1)}); err != nil {
		d.t.Fatal(err)
	}
	server := httptest.NewServer(d.broker)
	d.t.Cleanup(server.Close)
	return server.URL
}

// put puts an event on the stream, and returns the record as the mapping would hand it to the function.
func (d *deployment) put(data string) events.KinesisEventRecord {
	d.t.Helper()
	out, err := d.broker.Client().PutRecord(d.t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("p"), Data: []byte(data)})
	if err != nil {
		d.t.Fatal(err)
	}
	return events.KinesisEventRecord{
		EventID: *out.ShardId + ":" + *out.SequenceNumber, EventSourceArn: clicksARN, EventSource: "aws:kinesis",
		Kinesis: events.KinesisRecord{
			Data: []byte(data), PartitionKey: "p", SequenceNumber: *out.SequenceNumber, ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: time.Now()},
		},
	}
}

// atProd runs a command against the stage.
func atProd(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append(args, "--stage", "prod", "--region", "us-east-1"), strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
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

// What the mapping has put into the bucket is brought back by one command, which looks there once, however many pages it takes.
func TestRedriveFromTheBucketOfAStage(t *testing.T) {
	d := newDeployment(t)
	if _, err := d.sites.Add(t.Context(), aggregate.Site{ID: "shop"}); err != nil {
		t.Fatal(err)
	}
	const records = redrivePage + 20
	var batch events.KinesisEvent
	for i := range records {
		batch.Records = append(batch.Records, d.put(fmt.Sprintf(`{"site":"shop","name":"pageview","id":"lost-%d","visitor":"v%[1]d"}`, i)))
	}
	d.destination.Give(events.KinesisEvent{Records: batch.Records[:70]}, mapping.RetryAttemptsExhausted, true)
	d.destination.Give(events.KinesisEvent{Records: batch.Records[70:]}, mapping.RecordAgeExceeded, false)
	out, errs, code := atProd(t, "dlq", "redrive", "--all")
	if code != exitOK || strings.Count(out, " counted") != records {
		t.Fatalf("redrive: exit code %d, %s%s", code, out, errs)
	}
	// The queue is asked until it answers that it is empty.
	if notices, asked := d.destination.Notices(); notices != 0 || asked != 2 || d.destination.Left() != 0 {
		t.Errorf("%d notices and %d objects are left, the queue was asked %d times", notices, d.destination.Left(), asked)
	}
	if out, errs, code := atProd(t, "dlq", "list"); code != exitOK || strings.Contains(out, "shop") {
		t.Errorf("list: exit code %d, %s%s", code, out, errs)
	}
	var books struct{ Received, Counted int }
	got, err := d.functions["streamgauge-prod-command"].Invoke(t.Context(), []byte(`{"command":"ledger","site":"shop"}`))
	if err != nil || json.Unmarshal(got.Payload, &books) != nil || books.Counted != records || books.Received != records {
		t.Errorf("books: %+v, %v", books, err)
	}
}

// A site's figures are made anew on AWS by the same command as here.
func TestRebuildOfAStage(t *testing.T) {
	d := newDeployment(t)
	if _, err := d.sites.Add(t.Context(), aggregate.Site{ID: "shop", Bots: aggregate.DropBots}); err != nil {
		t.Fatal(err)
	}
	var batch events.KinesisEvent
	for i := range 10 {
		batch.Records = append(batch.Records, d.put(fmt.Sprintf(`{"site":"shop","name":"pageview","id":"c-%d","visitor":"v%[1]d","ua":"Googlebot/2.1 (+http://www.google.com/bot.html)"}`, i)))
	}
	payload, err := json.Marshal(batch)
	if err == nil {
		_, err = d.functions["streamgauge-prod-consume"].Invoke(t.Context(), payload)
	}
	if err == nil {
		_, err = d.sites.Update(t.Context(), "shop", func(s *aggregate.Site) { s.Bots = aggregate.CountBots })
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, errs, code := atProd(t, "rebuild", "--site", "shop"); code != exitOK || !strings.Contains(out, "moved") || !strings.Contains(out, "10  ") {
		t.Fatalf("exit code %d, %s%s", code, out, errs)
	}
	if out, errs, code := atProd(t, "rebuild", "--site", "shop", "--list"); code != exitOK || strings.Count(out, "\n") != 2 {
		t.Errorf("list: exit code %d, %s%s", code, out, errs)
	}
	for args, want := range map[string]string{
		"rebuild --site shop --give-up": "streamgauge-prod-command: no_rebuild: ", "rebuild --site nowhere": "no such site",
	} {
		if out, errs, code := atProd(t, strings.Fields(args)...); code != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, %s%s", args, code, out, errs)
		}
	}
}

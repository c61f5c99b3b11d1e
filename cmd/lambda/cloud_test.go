package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/apigw/access"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store/dynamo"
	"github.com/streamgauge/streamgauge/stream"
)

const (
	tableName  = "windows"
	saltsName  = "salts"
	streamName = "clicks"
	streamARN  = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
	secretName = "/streamgauge/test/access"
)

// cloud is what the functions talk to: dynalite, the embedded stream, and a parameter store with one parameter.
type cloud struct {
	dynalite string
	kinesis  string
	ssm      *parameters
	dynamodb *dynamodb.Client
	broker   *stream.Broker
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{dynalite: npm.Start(t, "dynalite"), ssm: newParameters(t)}
	c.dynamodb = dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &c.dynalite, Credentials: credentials.NewStaticCredentialsProvider("any", "thing", ""),
	})
	for _, name := range []string{tableName, saltsName} {
		if err := dynamo.Create(t.Context(), c.dynamodb, name); err != nil {
			t.Fatal(err)
		}
	}
	c.openStream(t)
	return c
}

func (c *cloud) openStream(t testing.TB) {
	t.Helper()
	var err error
	if c.broker, err = stream.Open(stream.Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.broker.Client().CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String(streamName), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := stream.NewServer(c.broker)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c.kinesis = "http://" + listener.Addr().String()
	t.Cleanup(func() {
		_ = server.Shutdown(context.WithoutCancel(t.Context()))
		<-served
		_ = c.broker.Close()
	})
}

// env is the environment of the functions.
func (c *cloud) env() []string {
	return []string{
		"STREAMGAUGE_TABLE=" + tableName, "STREAMGAUGE_SALTS=" + saltsName, "STREAMGAUGE_STREAM=" + streamName, "STREAMGAUGE_STREAM_ARN=" + streamARN,
		"STREAMGAUGE_SHARDS=1",
		"STREAMGAUGE_SECRETS=" + secretName, "AWS_ENDPOINT_URL_DYNAMODB=" + c.dynalite, "AWS_ENDPOINT_URL_KINESIS=" + c.kinesis,
		"AWS_ENDPOINT_URL_SSM=" + c.ssm.url,
	}
}

// parameters is a parameter store (AWS Systems Manager API Reference: GetParameter, PutParameter) that holds one SecureString.
type parameters struct {
	url string

	mu    sync.Mutex
	value string // guarded by mu
}

func newParameters(t testing.TB) *parameters {
	p := &parameters{value: string(access.New().Encode())}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *parameters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name, Value, Type         string
		WithDecryption, Overwrite bool
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	p.mu.Lock()
	defer p.mu.Unlock()
	switch target := r.Header.Get("X-Amz-Target"); {
	case in.Name != secretName:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ParameterNotFound","message":""}`))
	case target == "AmazonSSM.PutParameter" && !in.Overwrite && p.value != "":
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ParameterAlreadyExists","message":""}`))
	case target == "AmazonSSM.GetParameter" && p.value == "":
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ParameterNotFound","message":""}`))
	case target == "AmazonSSM.PutParameter" && in.Type == "SecureString":
		p.value = in.Value
		_, _ = w.Write([]byte(`{"Version":2}`))
	case target == "AmazonSSM.GetParameter" && in.WithDecryption:
		_ = json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]string{"Name": in.Name, "Type": "SecureString", "Value": p.value}})
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (p *parameters) secrets(t testing.TB) access.Secrets {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := access.Parse([]byte(p.value))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package dynamo

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func client(url string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &url, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("any", "thing", ""),
	})
}

// tables makes fresh tables on one server.
type tables struct {
	client *dynamodb.Client
	n      atomic.Int32
}

func (s *tables) create(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("table-%d", s.n.Add(1))
	if err := Create(t.Context(), s.client, name); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t testing.TB, api API, o Options) *Store {
	t.Helper()
	s, err := New(api, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, server.client, Options{Table: server.create(t)}) })
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamgauge/streamgauge/consumer/environment"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/store/dynamo"
)

// What a function and this process share where the consumer runs as Lambda would: the tables of a DynamoDB on the desk.
const (
	lambdaTable  = "streamgauge-windows"
	lambdaSalts  = "streamgauge-salts"
	lambdaRegion = "us-east-1"
)

// What the function has here, and how often the mapping tries: attempts and time limit together outlast a dependency that is down for two hours, as those of the template do, which
// gives it more memory, less time and more attempts.
const (
	lambdaTimeout = 5 * time.Minute
	lambdaRetries = 24
	lambdaMemory  = 256
	lambdaGC      = 400 // GOGC, as the template has it
)

// openDynamo opens the store on a DynamoDB that needs no credentials, and makes its tables.
func openDynamo(ctx context.Context, url string) (*dynamo.Store, error) {
	client := dynamodb.New(dynamodb.Options{
		Region: lambdaRegion, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	for _, name := range []string{lambdaTable, lambdaSalts} {
		if err := dynamo.Create(ctx, client, name); err != nil {
			return nil, fmt.Errorf("DynamoDB at %s: %w", url, err)
		}
	}
	return dynamo.New(client, dynamo.Options{Table: lambdaTable, Elsewhere: map[string]string{"T": lambdaSalts}})
}

// openFunction makes the environments in which the bootstrap consumes: one for each shard.
func (n *node) openFunction(ctx context.Context, c *UpCmd) error {
	bootstrap, err := findBootstrap(ctx, c.Bootstrap, n.dir)
	if err != nil {
		return err
	}
	n.environments, err = environment.NewPool(environment.Options{
		Bootstrap: bootstrap, Handler: "consume", Region: lambdaRegion, MemoryMB: lambdaMemory, Timeout: lambdaTimeout,
		Env: []string{
			"STREAMGAUGE_TABLE=" + lambdaTable, "STREAMGAUGE_SALTS=" + lambdaSalts, "STREAMGAUGE_STREAM=" + streamName, "STREAMGAUGE_STAGE=local",
			"STREAMGAUGE_SHARDS=" + strconv.Itoa(n.shards), "GOGC=" + strconv.Itoa(lambdaGC), "AWS_ENDPOINT_URL_DYNAMODB=" + string(c.DynamoDB),
		},
		Logs: n.log.With().Str("function", "consume").Logger(),
	})
	if err != nil {
		return err
	}
	n.closers = append(n.closers, n.environments)
	return nil
}

// invoke is the function as Lambda runs it. What the process does not answer, whether it panicked, was too slow or too big, is an attempt.
func (n *node) invoke(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	event, err := json.Marshal(batch)
	if err != nil {
		return events.KinesisEventResponse{}, fmt.Errorf("encode batch: %w", err)
	}
	shard, _, _ := strings.Cut(batch.Records[0].EventID, ":")
	result, err := n.environments.Invoke(ctx, shard, event)
	if _, failed := errors.AsType[*environment.FunctionError](err); err != nil && !failed {
		return events.KinesisEventResponse{}, fmt.Errorf("%w: %w", mapping.ErrThrottled, err) // it was not invoked
	}
	if err != nil {
		return events.KinesisEventResponse{}, err
	}
	return mapping.ParseResponse(result.Payload)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/consumer/environment"
	"github.com/streamgauge/streamgauge/consumer/mapping"
	"github.com/streamgauge/streamgauge/e2e/faults"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
)

// TestPipeline lets the real parts work together over HTTP: producer, stream, mapping, the bootstrap in Lambda's environments, DynamoDB. It does so on our own stream and
// on kinesalite, since nothing may depend on ours. Environments are killed in mid-invocation, answers of the function are lost, and a fifth of the calls to DynamoDB fail,
// half of them after they were applied. Some events are sent twice. Every event is counted once, and the books know every copy.
func TestPipeline(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("execution environments need Linux")
	}
	path := compile(t, ".")
	for _, implementation := range []string{"embedded", "kinesalite"} {
		t.Run(implementation, func(t *testing.T) {
			c := newCloud(t)
			if implementation == "kinesalite" {
				c.kinesis = npm.Start(t, "kinesalite")
			}
			newPassage(t, c, path).run()
		})
	}
}

const pipelineStream = "pipeline"

// passage is the way of events from the producer to the table.
type passage struct {
	t      *testing.T
	c      *cloud
	stream *kinesis.Client
	pool   *environment.Pool
	proxy  *faults.Proxy

	mu          sync.Mutex // guards the rest
	rng         *rand.Rand
	faults      int // that may still be made
	kills, lost int
}

func newPassage(t *testing.T, c *cloud, path string) *passage {
	t.Helper()
	p := &passage{t: t, c: c, proxy: faults.Start(t, c.dynalite, false), faults: 8}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p.rng = rand.New(rand.NewPCG(seed, 3))
	p.stream = kinesis.New(kinesis.Options{Region: "us-east-1", BaseEndpoint: &c.kinesis, Credentials: credentials.NewStaticCredentialsProvider("any", "thing", "")})
	_, err := p.stream.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String(pipelineStream), ShardCount: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	wait := kinesis.NewStreamExistsWaiter(p.stream, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay = 5 * time.Millisecond })
	if err := wait.Wait(t.Context(), &kinesis.DescribeStreamInput{StreamName: aws.String(pipelineStream)}, time.Minute); err != nil {
		t.Fatal(err)
	}
	p.pool, err = environment.NewPool(environment.Options{Bootstrap: path, Handler: "consume", MemoryMB: 512, Env: append(c.env(), "AWS_ENDPOINT_URL_DYNAMODB="+p.proxy.URL)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.pool.Close() })
	return p
}

func (p *passage) run() {
	p.t.Helper()
	unique := 3000
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		unique, p.faults = 100_000, 400
	}
	copies := p.produce(unique)
	p.consume()

	books := must[struct {
		Received, Counted, Duplicate, Bot, Late, Quarantined int
		Balanced                                             bool
	}](p.t, newFunction(p.t, "command", p.c.env()...), order{Command: "ledger", Site: "shop"})
	if books.Received != copies || books.Counted != unique || books.Duplicate != copies-unique {
		p.t.Errorf("%d copies of %d events: %+v", copies, unique, books)
	}
	before, after := p.proxy.Failed()
	p.t.Attr("pipeline", fmt.Sprintf("%d kills, %d answers lost, %d calls failed before they were applied and %d after", p.kills, p.lost, before, after))
	if p.kills == 0 || p.lost == 0 || before == 0 || after == 0 {
		p.t.Errorf("%d kills, %d answers lost, %d calls failed before they were applied and %d after", p.kills, p.lost, before, after)
	}
}

// produce puts events on the stream, some of them twice, and returns how many copies there are.
func (p *passage) produce(unique int) (copies int) {
	p.t.Helper()
	put, err := producer.New(p.stream, pipelineStream, producer.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	var items []producer.Item
	now := time.Now().UnixMilli()
	for n := range unique {
		e := event.Event{Site: "shop", Name: "pageview", ID: fmt.Sprintf("0190c5a0-1d6e-7a4b-9c1f-%012x", n), TS: now - int64(n%30_000), Visitor: fmt.Sprintf("visitor-%d", n/20), URL: "/tea"}
		it := producer.Item{PartitionKey: e.PartitionKey(), Data: e.AppendJSON(nil)}
		items = append(items, it)
		if p.rng.IntN(20) == 0 {
			items = append(items, it)
		}
	}
	results, err := put.PutAll(p.t.Context(), items)
	if err := errors.Join(append(results, err, put.Close(p.t.Context()))...); err != nil {
		p.t.Fatal(err)
	}
	return len(items)
}

// consume runs the mapping until it has delivered everything.
func (p *passage) consume() {
	p.t.Helper()
	var saved memory
	m, err := mapping.New(mapping.Config{
		StreamName: pipelineStream, StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/" + pipelineStream, Kinesis: p.stream, Function: p.function,
		FunctionTimeout: time.Minute, Checkpoints: &saved, BatchSize: 50, ReportBatchItemFailures: true, BisectBatchOnFunctionError: true,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(p.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	err = m.WaitIdle(p.t.Context())
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		p.t.Error(err)
	}
}

// function invokes the bootstrap. Now and then it is killed before it answers, or its answer is lost.
func (p *passage) function(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	payload, err := json.Marshal(batch)
	if err != nil {
		return events.KinesisEventResponse{}, err
	}
	kill, lose := p.draw()
	if kill > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, kill)
		defer cancel()
	}
	shard, _, _ := strings.Cut(batch.Records[0].EventID, ":")
	result, err := p.pool.Invoke(ctx, shard, payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil && kill > 0:
		p.kills++
		return events.KinesisEventResponse{}, fmt.Errorf("killed: %w", err)
	case err != nil:
		p.t.Logf("%d records from %s on: %v", len(batch.Records), batch.Records[0].EventID, err)
		return events.KinesisEventResponse{}, err
	case lose:
		p.lost++
		return events.KinesisEventResponse{}, errors.New("the answer was lost")
	}
	return mapping.ParseResponse(result.Payload)
}

// draw says after which time an invocation is killed, if it is, and whether its answer is lost: every third fault is that. Every other kill comes so early that no answer
// can have been given.
func (p *passage) draw() (kill time.Duration, lose bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults == 0 || p.rng.IntN(4) == 0 {
		return 0, false
	}
	p.faults--
	switch p.faults % 3 {
	case 0:
		return 0, true
	case 1:
		return time.Duration(1+p.rng.IntN(3)) * time.Millisecond, false
	}
	return time.Duration(1+p.rng.IntN(80)) * time.Millisecond, false
}

// memory keeps checkpoints.
type memory struct{ saved sync.Map }

func (m *memory) Load(_ context.Context, shardID string) (string, bool, error) {
	v, ok := m.saved.Load(shardID)
	text, _ := v.(string)
	return text, ok, nil
}

func (m *memory) Save(_ context.Context, shardID, checkpoint string) error {
	m.saved.Store(shardID, checkpoint)
	return nil
}

package producer_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/producer"
	"github.com/streamgauge/streamgauge/producer/metrics"
	"github.com/streamgauge/streamgauge/producer/zstd"
)

// A service puts an event on a stream of AWS and waits until it is durable.
func Example() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	p, err := producer.New(kinesis.NewFromConfig(cfg), "clicks", producer.Options{})
	if err != nil {
		log.Fatal(err)
	}
	err = p.PutEvent(ctx, &event.Event{Site: "shop.example", Name: "signup", ID: "order-17", TS: time.Now().UnixMilli(), Visitor: "v-1"})
	if err != nil {
		log.Print(err)
	}
	if err := p.Close(ctx); err != nil {
		log.Fatal(err)
	}
}

// Against another endpoint, such as the embedded stream, the client is told its address and any credentials.
func ExampleNew() {
	client := kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://127.0.0.1:4567"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
	p, err := producer.New(client, "clicks", producer.Options{
		Linger: 100 * time.Millisecond, // fewer and larger requests
		OnFull: producer.Fail,          // never wait for room
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(context.Background())
}

// The codes say whether sending again makes sense.
func ExampleCodeOf() {
	err := fmt.Errorf("collect: %w", &producer.Error{Code: producer.Full, Err: producer.ErrFull})
	switch producer.CodeOf(err) {
	case "":
		fmt.Println("delivered")
	case producer.Invalid, producer.TooLarge, producer.Refused:
		fmt.Println("never send this again")
	default:
		fmt.Println("send it again, later:", errors.Is(err, producer.ErrFull))
	}
	// Output: send it again, later: true
}

// A caller that must not wait hands events over and looks at the results as they come.
func ExampleProducer_PutAsync() {
	p, err := producer.New(acknowledge{}, "clicks", producer.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for _, page := range []string{"/", "/pricing"} {
		it := producer.Item{PartitionKey: "visitor-1", Data: fmt.Appendf(nil, `{"site":"shop.example","name":"pageview","url":%q}`, page)}
		err := p.PutAsync(ctx, it, func(r producer.Result) { fmt.Println(page, r.ShardID, r.Err) })
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := p.Close(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// / shardId-000000000000 <nil>
	// /pricing shardId-000000000000 <nil>
}

// A service that must not lose what it has taken, even where it is killed, keeps it in a folder until the stream has it.
func ExampleOptions_spool() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	// The stream is down. Close gives up after a while, and says what it did not deliver.
	p, err := producer.New(down{}, "clicks", producer.Options{SpoolDir: dir})
	if err != nil {
		log.Fatal(err)
	}
	it := producer.Item{PartitionKey: "visitor-1", Data: []byte(`{"site":"shop.example","name":"signup","id":"order-17"}`)}
	if err := p.PutAsync(ctx, it, func(producer.Result) {}); err != nil {
		log.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	err = p.Close(short)
	if lost, ok := errors.AsType[*producer.UndeliveredError](err); ok {
		fmt.Println(lost.Count, "not delivered,", lost.Spooled, "of them kept:", string(lost.Items[0].Data))
	}

	// The next start sends it.
	p, err = producer.New(acknowledge{}, "clicks", producer.Options{
		SpoolDir:   dir,
		OnReplayed: func(it producer.Item, r producer.Result) { fmt.Println("sent again:", string(it.Data), r.Err) },
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Close(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 not delivered, 1 of them kept: {"site":"shop.example","name":"signup","id":"order-17"}
	// sent again: {"site":"shop.example","name":"signup","id":"order-17"} <nil>
}

// A busy service lets each shard have its own requests, packs what it sends, and shows what it does to Prometheus.
func ExampleOptions_busy() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client := kinesis.NewFromConfig(cfg)
	compressor, err := zstd.New(zstd.Fastest)
	if err != nil {
		log.Fatal(err)
	}
	p, err := producer.New(client, "clicks", producer.Options{
		Shards:      client,
		Linger:      100 * time.Millisecond,
		Concurrency: 64,
		Compressor:  compressor,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(context.Background())
	prometheus.MustRegister(metrics.New(p, prometheus.Labels{"stream": "clicks"}))
}

// down stands in for a stream that does not answer.
type down struct{}

func (down) PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	return nil, errors.New("connection refused")
}

// acknowledge stands in for a stream.
type acknowledge struct{}

func (acknowledge) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	out := &kinesis.PutRecordsOutput{}
	for range in.Records {
		out.Records = append(out.Records, types.PutRecordsResultEntry{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String("1")})
	}
	return out, nil
}

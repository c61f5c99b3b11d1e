package mapping

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is Checkpoints in a map. refuse, if set, is asked before a Save, whose error it is.
type memory struct {
	mu     sync.Mutex
	saved  map[string]string
	refuse func(shardID, checkpoint string) error
}

func newMemory() *memory { return &memory{saved: map[string]string{}} }

func (m *memory) Load(_ context.Context, shardID string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	checkpoint, ok := m.saved[shardID]
	return checkpoint, ok, nil
}

func (m *memory) Save(_ context.Context, shardID, checkpoint string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		if err := m.refuse(shardID, checkpoint); err != nil {
			return err
		}
	}
	m.saved[shardID] = checkpoint
	return nil
}

func (m *memory) of(i int) string {
	checkpoint, _, _ := m.Load(context.Background(), shardID(i))
	return checkpoint
}

// answer is what a function does with the n-th delivery (from 1) of these names.
type answer func(ctx context.Context, n int, names []string) (events.KinesisEventResponse, error)

// rig is a model, checkpoints and a function that writes down what is delivered to it, by the names of the records.
type rig struct {
	t           *testing.T
	model       *model
	checkpoints *memory
	cfg         Config
	answer      answer // nil: success

	mu         sync.Mutex
	deliveries []string // "a b c"
	events     []events.KinesisEvent
}

func newRig(t *testing.T, shards int) *rig {
	r := &rig{t: t, model: newModel(shards), checkpoints: newMemory()}
	r.cfg = Config{
		StreamName:  "clicks",
		StreamARN:   "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks",
		Kinesis:     r.model,
		Checkpoints: r.checkpoints,
		Function:    r.function,

		ReportBatchItemFailures: true,
	}
	return r
}

func (r *rig) function(ctx context.Context, e events.KinesisEvent) (events.KinesisEventResponse, error) {
	names := namesOf(e)
	r.mu.Lock()
	r.deliveries = append(r.deliveries, strings.Join(names, " "))
	r.events = append(r.events, e)
	n := len(r.deliveries)
	r.mu.Unlock()
	if r.answer == nil {
		return events.KinesisEventResponse{}, nil
	}
	return r.answer(ctx, n, names)
}

func namesOf(e events.KinesisEvent) []string {
	var names []string
	for _, r := range e.Records {
		names = append(names, string(r.Kinesis.Data))
	}
	return names
}

// run is a Run that can be stopped.
type run struct {
	*Mapping
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

func (r *rig) start() *run {
	r.t.Helper()
	m, err := New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	started := &run{Mapping: m, t: r.t, cancel: cancel, done: make(chan error, 1)}
	go func() { started.done <- m.Run(ctx) }()
	return started
}

func (r *run) stop() error {
	r.cancel()
	return <-r.done
}

func (r *run) idle() {
	r.t.Helper()
	if err := r.WaitIdle(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// consume runs until all is consumed and stops.
func (r *rig) consume() {
	r.t.Helper()
	run := r.start()
	run.idle()
	if err := run.stop(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) delivered() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.deliveries)
}

// want compares what was delivered with lines of names, and forgets it.
func (r *rig) want(lines ...string) {
	r.t.Helper()
	if got := r.delivered(); !slices.Equal(got, lines) {
		r.t.Errorf("delivered %q, want %q", got, lines)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliveries, r.events = nil, nil
}

// failed is a response that names records as failed.
func failed(sequences ...string) (events.KinesisEventResponse, error) {
	var response events.KinesisEventResponse
	for _, s := range sequences {
		response.BatchItemFailures = append(response.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: s})
	}
	return response, nil
}

var errFunction = errors.New("function failed")

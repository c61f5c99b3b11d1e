package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamgauge/streamgauge/store"
)

// API is what the store needs of DynamoDB. *dynamodb.Client has it.
type API interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// Options say which tables are used, and how patiently. Only Table must be set.
type Options struct {
	// Table is the table's name or ARN. Its key is p (binary, hash) and s (binary, range); see [Create].
	Table string
	// Elsewhere holds the tables of partitions that do not lie in Table: salts, which must be in no backup.
	Elsewhere map[string]string
	// Expires says when what is written under a partition may be deleted by the table's TTL; the zero time: never. Default: never.
	Expires func(partition string) time.Time
	// Attempts is how often a call is made before its error is returned. Default 10: some seconds, if the context allows.
	Attempts int
	// CallTimeout is how long an answer is waited for before the call is made again. Default 3 s.
	CallTimeout time.Duration
	// Wait passes the time before a call is made again, or returns the error of a context that ended. Default: a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

func (o Options) filled() Options {
	if o.Expires == nil {
		o.Expires = func(string) time.Time { return time.Time{} }
	}
	if o.Attempts == 0 {
		o.Attempts = 10
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = 3 * time.Second
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	if o.Table == "" {
		errs = append(errs, errors.New("no table given"))
	}
	if o.Attempts < 1 {
		errs = append(errs, fmt.Errorf("%d attempts: there must be at least 1", o.Attempts))
	}
	if o.CallTimeout < 0 {
		errs = append(errs, fmt.Errorf("a call timeout of %v", o.CallTimeout))
	}
	return errors.Join(errs...)
}

// Store implements [store.Store]. It holds nothing but its client, and needs no closing.
type Store struct {
	api    API
	opts   Options
	meters meters
}

var _ store.Store = (*Store)(nil)

// New returns a store on existing tables. It makes no call.
func New(api API, opts Options) (*Store, error) {
	opts = opts.filled()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("dynamo: %w", err)
	}
	return &Store{api: api, opts: opts}, nil
}

// table returns the name of the table that a partition lies in.
func (s *Store) table(partition string) *string {
	if name, ok := s.opts.Elsewhere[partition]; ok {
		return &name
	}
	return &s.opts.Table
}

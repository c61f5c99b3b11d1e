package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rs/zerolog"
	fastjson "github.com/segmentio/encoding/json"

	"github.com/streamgauge/streamgauge/consumer"
)

// undelivered is the mapping's on-failure destination: a bucket of batches that were given up, with their bytes, and a queue with a notice of each.
type undelivered struct {
	s3      *s3.Client
	sqs     *sqs.Client
	bucket  string // empty: there is none
	queue   string // empty: there is none, and the bucket is listed
	discard func(ctx context.Context, batch events.KinesisEvent, reason, message string) error
	log     zerolog.Logger
}

func newUndelivered(p *parts, discard func(context.Context, events.KinesisEvent, string, string) error) *undelivered {
	return &undelivered{s3: p.s3(), sqs: p.sqs(), bucket: p.settings.failures, queue: p.settings.notices, discard: discard, log: p.log}
}

// takeIn puts what lies in the bucket into quarantine, and removes it there, and its notice. Whoever dies between begins again: to discard a record twice
// changes nothing. Notices come first; a listing finds what has none.
func (u *undelivered) takeIn(ctx context.Context) error {
	if u.bucket == "" {
		return nil
	}
	if err := u.readNotices(ctx); err != nil {
		return fmt.Errorf("take in what could not be delivered: %w", err)
	}
	pages := s3.NewListObjectsV2Paginator(u.s3, &s3.ListObjectsV2Input{Bucket: &u.bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("take in what could not be delivered: list bucket %s: %w", u.bucket, err)
		}
		for _, object := range page.Contents {
			if err := u.take(ctx, *object.Key); err != nil {
				return fmt.Errorf("take in what could not be delivered: %w", err)
			}
		}
	}
	return nil
}

// notice is the message of a bucket for an object that came into being ("Event message structure", Amazon S3 User Guide).
type notice struct {
	Records []struct {
		S3 struct {
			Object struct {
				Key string `json:"key"` // escaped as in a query
			} `json:"object"`
		} `json:"s3"`
	}
}

func (u *undelivered) readNotices(ctx context.Context) error {
	for u.queue != "" {
		// A second's wait asks all of the queue's servers; without it an answer may be empty though there is something.
		out, err := u.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &u.queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 60})
		if err != nil {
			return fmt.Errorf("read queue %s: %w", u.queue, err)
		}
		for _, m := range out.Messages {
			if err := u.heed(ctx, *m.Body); err != nil {
				return err
			}
			if _, err := u.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &u.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return fmt.Errorf("remove a notice from queue %s: %w", u.queue, err)
			}
		}
		if len(out.Messages) == 0 {
			return nil
		}
	}
	return nil
}

// heed takes in the objects that a message names. What is no notice, such as a bucket's test message, names none.
func (u *undelivered) heed(ctx context.Context, message string) error {
	var n notice
	if err := json.Unmarshal([]byte(message), &n); err != nil {
		u.log.Warn().Err(err).Msg("a message in the queue of notices is none")
		return nil
	}
	for _, r := range n.Records {
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			key = r.S3.Object.Key
		}
		if err := u.take(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// given is what is read of a destination record with its payload ("Retain discarded batch records for a Kinesis Data Streams event source", AWS Lambda
// Developer Guide).
type given struct {
	RequestContext struct {
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	Payload string `json:"payload"`
}

// maxObject is more than an event of 6 MB grows to as text within JSON.
const maxObject = 64 << 20

// take puts the records of one object into quarantine and removes it. What the mapping did not write stays, and is told of in the log.
func (u *undelivered) take(ctx context.Context, key string) error {
	batch, why, err := u.read(ctx, key)
	if missing := new(types.NoSuchKey); errors.As(err, &missing) {
		return nil // taken in before
	}
	if bad := new(notOurs); errors.As(err, &bad) {
		u.log.Warn().Err(err).Str("object", key).Msg("an object in the bucket of what could not be delivered is no record of the mapping; it stays")
		return nil
	}
	if err != nil {
		return err
	}
	reason, message := consumer.PoisonRetries, fmt.Sprintf("the consumer failed on it %d times", why.RequestContext.ApproximateInvokeCount)
	if why.RequestContext.Condition == "RecordAgeExceeded" {
		reason, message = consumer.PoisonAge, "it grew too old before the consumer was done with it"
	}
	if err := u.discard(ctx, batch, reason, message); err != nil {
		return err
	}
	if _, err := u.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &u.bucket, Key: &key}); err != nil {
		return fmt.Errorf("remove object %s: %w", key, err)
	}
	u.log.Info().Str("object", key).Int("records", len(batch.Records)).Str("reason", reason).Msg("taken into quarantine")
	return nil
}

// notOurs is an object that cannot be read as a destination record.
type notOurs struct{ err error }

func (e *notOurs) Error() string { return e.err.Error() }

func (u *undelivered) read(ctx context.Context, key string) (batch events.KinesisEvent, g given, err error) {
	out, err := u.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &u.bucket, Key: &key})
	if err != nil {
		return batch, g, fmt.Errorf("read object %s: %w", key, err)
	}
	text, err := io.ReadAll(io.LimitReader(out.Body, maxObject))
	_ = out.Body.Close()
	if err != nil {
		return batch, g, fmt.Errorf("read object %s: %w", key, err)
	}
	if err := fastjson.Unmarshal(text, &g); err != nil {
		return batch, g, &notOurs{fmt.Errorf("decode: %w", err)}
	}
	if err := fastjson.Unmarshal([]byte(g.Payload), &batch); err != nil {
		return batch, g, &notOurs{fmt.Errorf("decode payload: %w", err)}
	}
	if len(batch.Records) == 0 {
		return batch, g, &notOurs{errors.New("the payload has no records")}
	}
	return batch, g, nil
}

package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// Limits of one PutRecords.
const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20 // of data and partition keys together
)

// PutRecords puts records on their shards and returns when all are on disk. The shards are written at the same time. If
// some shards failed, their records carry an ErrorCode; if all did, the error is that of the first.
// See kinesis.Client.PutRecords.
func (c *Client) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...options) (*kinesis.PutRecordsOutput, error) {
	return call(ctx, c.b, in, c.b.putRecords)
}

func (b *Broker) putRecords(ctx context.Context, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
	if err := checkPutRecords(in); err != nil {
		return nil, err
	}
	s, err := b.lookup(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	var out *kinesis.PutRecordsOutput
	err = b.use(s, func(v *version) error {
		parts, err := v.partition(in.Records)
		if err := cmp.Or(err, dryRun(in.DryRun)); err != nil {
			return err
		}
		b.throttle(parts)
		appendAll(ctx, parts)
		out = putRecordsOutput(parts, len(in.Records), v.encryption())
		b.reportThrottled(s, parts, out)
		return allFailed(parts)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func checkPutRecords(in *kinesis.PutRecordsInput) error {
	var v violations
	v.required("records", in.Records != nil)
	if n := len(in.Records); in.Records != nil && (n == 0 || n > maxPutRecords) {
		v.length(entriesValue(n), "records", n, 1, maxPutRecords)
	}
	size := 0
	for i := range in.Records {
		r := &in.Records[i]
		size += len(r.Data)
		if r.PartitionKey != nil {
			size += len(*r.PartitionKey)
		}
		if !plausible(r) {
			v.putRecordsEntry(fmt.Sprintf("records.%d.member.", i+1), r)
		}
	}
	v.stream(in.StreamName, in.StreamARN)
	if err := v.err(); err != nil {
		return err
	}
	if size > maxPutBytes {
		return invalidArgument("Records size exceeds %d MB limit", maxPutBytes>>20)
	}
	return nil
}

// plausible is true of an entry that surely violates nothing: the quick way for nearly all.
func plausible(r *types.PutRecordsRequestEntry) bool {
	return r.PartitionKey != nil && *r.PartitionKey != "" && len(*r.PartitionKey) <= 256 && utf8.ValidString(*r.PartitionKey) &&
		r.Data != nil && r.ExplicitHashKey == nil
}

func (v *violations) putRecordsEntry(prefix string, r *types.PutRecordsRequestEntry) {
	v.required(prefix+"partitionKey", r.PartitionKey != nil)
	v.text(prefix+"partitionKey", r.PartitionKey, 1, 256, anyPattern)
	v.text(prefix+"explicitHashKey", r.ExplicitHashKey, 0, 1<<20, hashKeyPattern)
	v.required(prefix+"data", r.Data != nil)
}

// entriesValue is how Kinesis shows a list of n entries.
func entriesValue(n int) string {
	return "'[" + strings.TrimSuffix(strings.Repeat("com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@2, ", n), ", ") + "]'"
}

// part is what of a PutRecords goes to one shard.
type part struct {
	shard   *shard
	records []shardlog.Record
	at      []int // their places in the request
	done    shardlog.Appended
	err     error

	throttled []int // places of records that the shard's limits do not let in
}

// partition routes the entries to their shards, in order.
func (v *version) partition(entries []types.PutRecordsRequestEntry) ([]*part, error) {
	places, counts := make([]int, len(entries)), make([]int, len(v.open))
	for i := range entries {
		e := &entries[i]
		if !v.fits(e.PartitionKey, e.Data) {
			return nil, v.tooLarge(fmt.Sprintf("records.%d.member.data", i+1), e.PartitionKey, e.Data)
		}
		h, err := recordHashKey(e.PartitionKey, e.ExplicitHashKey)
		if err != nil {
			return nil, err
		}
		places[i] = v.route(h)
		counts[places[i]]++
	}
	return v.parts(entries, places, counts), nil
}

// parts sorts the entries by their shards' places among the open ones.
func (v *version) parts(entries []types.PutRecordsRequestEntry, places, counts []int) []*part {
	byShard := make([]*part, len(v.open))
	var parts []*part
	for i, place := range places {
		p, n := byShard[place], counts[place]
		if p == nil {
			p = &part{shard: v.open[place], records: make([]shardlog.Record, 0, n), at: make([]int, 0, n)}
			byShard[place] = p
			parts = append(parts, p)
		}
		p.records = append(p.records, shardlog.Record{Key: *entries[i].PartitionKey, Data: entries[i].Data})
		p.at = append(p.at, i)
	}
	return parts
}

func appendAll(ctx context.Context, parts []*part) {
	var others sync.WaitGroup
	for _, p := range parts[1:] {
		others.Go(func() { p.append(ctx) })
	}
	parts[0].append(ctx)
	others.Wait()
}

func (p *part) append(ctx context.Context) { p.done, p.err = p.shard.log.Append(ctx, p.records) }

// allFailed is the error of the first shard if none could be written. A context that ended is an error in any case: who
// called does not want the answer.
func allFailed(parts []*part) error {
	failed := 0
	var first error
	for _, p := range parts {
		if p.err == nil {
			continue
		}
		failed++
		if first == nil || isContextError(p.err) {
			first = p.err
		}
	}
	if failed == len(parts) || isContextError(first) || errors.Is(first, shardlog.ErrClosed) {
		return internalError(first)
	}
	return nil
}

func putRecordsOutput(parts []*part, n int, encryption types.EncryptionType) *kinesis.PutRecordsOutput {
	out := &kinesis.PutRecordsOutput{
		Records:           make([]types.PutRecordsResultEntry, n),
		FailedRecordCount: new(int32),
		EncryptionType:    encryption,
	}
	for _, p := range parts {
		if p.err != nil {
			report(out, p.at, internalFailure, internalError(p.err).Error())
			continue
		}
		numbers := p.shard.sequenceNumbers(len(p.at), func(i int) (uint64, int64) { return p.done.First + uint64(i), p.done.Arrival })
		for i, at := range p.at {
			out.Records[at] = types.PutRecordsResultEntry{ShardId: &p.shard.id, SequenceNumber: &numbers[i]}
		}
	}
	return out
}

// report marks records that could not be written.
func report(out *kinesis.PutRecordsOutput, places []int, code, message string) {
	*out.FailedRecordCount += int32(len(places))
	for _, at := range places {
		out.Records[at] = types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: &message}
	}
}

// sequenceNumbers writes the sequence numbers of n records into one string.
func (sh *shard) sequenceNumbers(n int, of func(i int) (index uint64, arrivalMS int64)) []string {
	var digits strings.Builder
	digits.Grow(n * sequenceDigits)
	var one [sequenceDigits]byte
	for i := range n {
		digits.Write(sh.sequence(of(i)).append(one[:0]))
	}
	all := digits.String()
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = all[i*sequenceDigits : (i+1)*sequenceDigits]
	}
	return numbers
}

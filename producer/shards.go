package producer

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// ListShardsAPI is what the prediction of shards needs of Kinesis. *kinesis.Client has it, and so has the embedded stream.
type ListShardsAPI interface {
	ListShards(ctx context.Context, in *kinesis.ListShardsInput, opts ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}

// hashKey is a place in the hash space of Kinesis, a number of 128 bits.
type hashKey struct{ hi, lo uint64 }

var lastHashKey = hashKey{math.MaxUint64, math.MaxUint64}

// hashOf returns where a partition key falls: the MD5 of its UTF-8 (PutRecord in the API reference of Kinesis Data Streams).
func hashOf(partitionKey string) hashKey {
	sum := md5.Sum([]byte(partitionKey))
	return hashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

func parseHashKey(decimal *string) (hashKey, error) {
	if decimal == nil {
		return hashKey{}, errors.New("hash key is missing")
	}
	n, ok := new(big.Int).SetString(*decimal, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return hashKey{}, fmt.Errorf("hash key %q is not a number of 128 bits", *decimal)
	}
	var b [16]byte
	n.FillBytes(b[:])
	return hashKey{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}, nil
}

func (h hashKey) compare(o hashKey) int {
	switch {
	case h == o:
		return 0
	case h.hi < o.hi || h.hi == o.hi && h.lo < o.lo:
		return -1
	}
	return 1
}

func (h hashKey) next() hashKey {
	if h.lo++; h.lo == 0 {
		h.hi++
	}
	return h
}

// shardRange is a shard and the part of the hash space that is its own.
type shardRange struct {
	id       string
	from, to hashKey // both inclusive
}

func (s shardRange) holds(h hashKey) bool { return s.from.compare(h) <= 0 && h.compare(s.to) <= 0 }

// shardMap is the shards of a stream at one time.
type shardMap struct {
	open []shardRange          // by hash key; together they are the whole hash space
	all  map[string]shardRange // the closed ones too
}

// newShardMap fails where the open shards leave a part of the hash space out or have one twice: then the answer was made in
// the middle of a reshard.
func newShardMap(shards []types.Shard) (*shardMap, error) {
	m := &shardMap{all: make(map[string]shardRange, len(shards))}
	for _, s := range shards {
		r, err := rangeOf(s)
		if err != nil {
			return nil, err
		}
		m.all[r.id] = r
		if s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil {
			m.open = append(m.open, r)
		}
	}
	slices.SortFunc(m.open, func(a, b shardRange) int { return a.from.compare(b.from) })
	var next hashKey
	for i, r := range m.open {
		if r.from != next || r.from.compare(r.to) > 0 || (r.to == lastHashKey) != (i == len(m.open)-1) {
			return nil, fmt.Errorf("open shards leave a gap or overlap at %s", r.id)
		}
		next = r.to.next()
	}
	if len(m.open) == 0 {
		return nil, errors.New("stream has no open shard")
	}
	return m, nil
}

func rangeOf(s types.Shard) (r shardRange, err error) {
	if s.ShardId == nil || s.HashKeyRange == nil {
		return r, errors.New("shard without an id or a range of hash keys")
	}
	r.id = *s.ShardId
	if r.from, err = parseHashKey(s.HashKeyRange.StartingHashKey); err == nil {
		r.to, err = parseHashKey(s.HashKeyRange.EndingHashKey)
	}
	if err != nil {
		return r, fmt.Errorf("shard %s: %w", r.id, err)
	}
	return r, nil
}

// of returns the index of the open shard that a hash key falls into.
func (m *shardMap) of(h hashKey) int {
	i, found := slices.BinarySearchFunc(m.open, h, func(r shardRange, h hashKey) int { return r.from.compare(h) })
	if !found {
		i--
	}
	return i
}

// listShards asks for all shards of a stream.
func listShards(ctx context.Context, api ListShardsAPI, stream string) (*shardMap, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: &stream}
	for {
		out, err := api.ListShards(ctx, in, oneAttempt)
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			break
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
	m, err := newShardMap(shards)
	if err != nil {
		return nil, fmt.Errorf("list shards: %w", err)
	}
	return m, nil
}

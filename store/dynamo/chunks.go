package dynamo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"
)

const (
	// chunkBytes is the most that one item holds of a value: DynamoDB takes 400 KB, keys and names included.
	chunkBytes = 350 << 10
	// unitBytes is what one write unit pays for. A delta that fits into it is one item, body and all.
	unitBytes = 1 << 10
	// parallel is how many chunks of one value are on their way at a time.
	parallel = 4
	// batchKeys is how many items BatchGetItem takes.
	batchKeys = 100
)

// token names the chunks of one value. It is made of their bytes and of what nobody else draws (a nonce, a revision), so that what lies under it never changes, and
// a repeat writes the same again.
type token [16]byte

func tokenOf(drawn []byte, key attributes, value []byte) token {
	h := xxh3.New()
	for _, part := range [][]byte{drawn, bytesOf(key, attrPartition), bytesOf(key, attrSort)} {
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // a hash takes everything
		_, _ = h.Write(part)
	}
	_, _ = h.Write(value)
	return h.Sum128().Bytes()
}

func chunkKey(t token, i int) attributes {
	return primaryKey(chunkPartition+string(t[:]), binary.BigEndian.AppendUint16([]byte{spaceChunks}, uint16(i)))
}

func chunksOf(value []byte) int { return (len(value) + chunkBytes - 1) / chunkBytes }

// putChunks writes a value beside the item that will name it. They expire with what lies under the item's partition.
func (s *Store) putChunks(ctx context.Context, partition string, t token, value []byte) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range chunksOf(value) {
		part := value[i*chunkBytes : min(len(value), (i+1)*chunkBytes)]
		g.Go(func() error {
			item := s.with(partition, chunkKey(t, i), attributes{attrValue: blob(part)})
			_, _, err := s.putItem(ctx, partition, item, condition{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("write chunks: %w", err)
	}
	return nil
}

// removeChunks deletes the chunks of a value that nothing names any more.
func (s *Store) removeChunks(ctx context.Context, partition string, r reference) error {
	var errs []error
	for i := range r.chunks {
		_, _, err := s.deleteItem(ctx, partition, chunkKey(r.token, i), condition{})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// reference is how an item names its chunks. One that holds its value itself has none.
type reference struct {
	token  token
	chunks int
}

func (r reference) fields() attributes {
	return attributes{attrToken: blob(r.token[:]), attrChunks: number(int64(r.chunks))}
}

func referenceOf(item attributes) (r reference, err error) {
	t := bytesOf(item, attrToken)
	if t == nil {
		return r, nil
	}
	n, err := numberOf(item, attrChunks)
	if err != nil || len(t) != len(r.token) || n < 1 || n > 1<<16 {
		return r, errors.New("damaged: a reference to chunks that is none")
	}
	return reference{token(t), int(n)}, nil
}

// errGone: a value's chunks are not there. Its item was replaced or removed after it was read, or it is damaged.
var errGone = errors.New("damaged: a value's chunks are not there")

// values reads the values that references name, in their order; nil where a chunk is missing, and where a reference names none.
func (s *Store) values(ctx context.Context, partition string, refs []reference) ([][]byte, error) {
	found := make(map[string][]byte)
	// What lies under a token never changes, so that an eventually consistent read, at half the price, shows it or nothing. It may
	// lag behind: what it does not show is asked for again.
	for _, consistent := range []bool{false, true} {
		if err := s.readChunks(ctx, partition, missing(refs, found), consistent, found); err != nil {
			return nil, fmt.Errorf("read chunks: %w", err)
		}
	}
	values := make([][]byte, len(refs))
	for i, r := range refs {
		values[i] = r.joined(found)
	}
	return values, nil
}

// joined returns the value of a reference out of chunks that were read, or nil.
func (r reference) joined(found map[string][]byte) []byte {
	var value []byte
	for i := range r.chunks {
		part, ok := found[chunkName(chunkKey(r.token, i))]
		if !ok {
			return nil
		}
		if r.chunks == 1 {
			return part
		}
		value = append(value, part...)
	}
	return value
}

func chunkName(key attributes) string {
	return string(bytesOf(key, attrPartition)) + string(bytesOf(key, attrSort))
}

func missing(refs []reference, found map[string][]byte) (keys []map[string]types.AttributeValue) {
	for _, r := range refs {
		for i := range r.chunks {
			key := chunkKey(r.token, i)
			if _, ok := found[chunkName(key)]; !ok {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// readChunks adds to found what is there of some keys.
func (s *Store) readChunks(ctx context.Context, partition string, keys []map[string]types.AttributeValue, consistent bool, found map[string][]byte) error {
	table := *s.table(partition)
	for len(keys) > 0 {
		n := min(len(keys), batchKeys)
		asked := types.KeysAndAttributes{Keys: keys[:n], ConsistentRead: aws.Bool(consistent)}
		keys = keys[n:]
		out, _, err := attempt(ctx, s, func(ctx context.Context) (*dynamodb.BatchGetItemOutput, error) {
			return s.batchGet(ctx, table, asked)
		})
		if err != nil {
			return err
		}
		for _, item := range out.Responses[table] {
			found[chunkName(item)] = bytesOf(item, attrValue)
		}
		// What did not fit into 16 MB, or into the table's throughput.
		keys = append(keys, out.UnprocessedKeys[table].Keys...)
	}
	return nil
}

// errNothing stands for an answer that has nothing of what was asked, because of the load.
var errNothing = &types.ProvisionedThroughputExceededException{Message: aws.String("nothing of a batch was read")}

func (s *Store) batchGet(ctx context.Context, table string, asked types.KeysAndAttributes) (*dynamodb.BatchGetItemOutput, error) {
	out, err := s.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems:           map[string]types.KeysAndAttributes{table: asked},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}, once)
	if err != nil {
		return nil, err
	}
	s.meters.read(out.ConsumedCapacity...)
	if len(out.UnprocessedKeys[table].Keys) == len(asked.Keys) {
		return nil, errNothing
	}
	return out, nil
}

package dynamo

import (
	"bytes"
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamgauge/streamgauge/store"
)

// Attributes. Their names are short because they are paid for with every item. docs/FORMATS.md draws the items.
const (
	attrPartition = "p"
	attrSort      = "s"
	attrRevision  = "r" // of an item of the contract
	attrReplaced  = "w" // the revision that it replaced, if there was one
	attrNonce     = "n" // of a delta
	attrHead      = "h" // of a delta
	attrValue     = "v" // of an item, the body of a small delta, a chunk
	attrToken     = "t" // where the chunks are, if there are any
	attrChunks    = "c" // how many
	attrFrames    = "z" // which of head (1) and value (2) are compressed, if any
	attrExpires   = "ttl"
)

// The first byte of a sort key says what lies there; the partition key is that of the contract. A zero byte, which no part may hold, ends a log's name.
const (
	spaceChunks = 'b'
	spaceHeads  = 'h'
	spaceItems  = 'i'
)

const numberBytes = 4

// chunkPartition begins the partition key of chunks, which are spread by their token.
const chunkPartition = "B#"

// attributes is an item as the SDK has it.
type attributes = map[string]types.AttributeValue

func blob(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

// bytesOf returns a binary attribute, or nil if it is not there.
func bytesOf(a attributes, name string) []byte {
	if b, ok := a[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

func primaryKey(partition string, sort []byte) attributes {
	return attributes{attrPartition: blob([]byte(partition)), attrSort: blob(sort)}
}

func itemKey(key store.Key) attributes {
	return primaryKey(key.Partition, append([]byte{spaceItems}, key.Sort...))
}

func deltaKey(key store.LogKey, n uint32) attributes {
	return primaryKey(key.Partition, deltaSort(key.Log, n))
}

func deltaSort(log string, n uint32) []byte {
	b := append([]byte{spaceHeads}, log...)
	return binary.BigEndian.AppendUint32(append(b, 0), n)
}

// splitDelta takes the log and the number out of a delta's sort key.
func splitDelta(sort []byte) (log []byte, n uint32, ok bool) {
	at := len(sort) - numberBytes
	if at < 3 || sort[0] != spaceHeads || sort[at-1] != 0 {
		return nil, 0, false
	}
	return sort[1 : at-1], binary.BigEndian.Uint32(sort[at:]), true
}

// span is what lies in one partition between two sort keys. DynamoDB's BETWEEN takes both in.
type span struct {
	partition   string
	first, last []byte
	reverse     bool
}

// rangeSpan is where the items or deltas of r lie. Its last key is not of them: a key of which To is the beginning is not less than To.
func rangeSpan(space byte, r store.Range) span {
	s := span{partition: r.Partition, first: append([]byte{space}, r.From...), last: []byte{space + 1}, reverse: r.Reverse}
	if r.To != "" {
		s.last = append([]byte{space}, r.To...)
	}
	return s
}

// logSpan is where the deltas of a log with numbers greater than n lie, which is not the greatest.
func logSpan(key store.LogKey, n uint32) span {
	return span{partition: key.Partition, first: deltaSort(key.Log, n+1), last: deltaSort(key.Log, ^uint32(0))}
}

// empty spans are not asked for: DynamoDB refuses them.
func (s span) empty() bool { return bytes.Compare(s.first, s.last) > 0 }

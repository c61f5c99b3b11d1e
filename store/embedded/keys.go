package embedded

import (
	"bytes"
	"encoding/binary"

	"github.com/streamgauge/streamgauge/store"
)

// Every key begins with the space that it lies in. docs/FORMATS.md draws the keys. A zero byte, which no part may hold, ends a part:
// so keys sort by partition first, whatever the parts' lengths are.
const (
	spaceBodies = 'b'
	spaceHeads  = 'h'
	spaceItems  = 'i'
	spaceMeta   = 'm'
)

const numberBytes = 4

// openingsKey holds how often the store has been opened.
var openingsKey = []byte{spaceMeta, 'o'}

func itemKey(key store.Key) []byte {
	return append(partitionPrefix(spaceItems, key.Partition, len(key.Sort)), key.Sort...)
}

func deltaKey(space byte, key store.LogKey, n uint32) []byte {
	return binary.BigEndian.AppendUint32(logPrefix(space, key), n)
}

// logPrefix is what the keys of a log's deltas have in common.
func logPrefix(space byte, key store.LogKey) []byte {
	b := partitionPrefix(space, key.Partition, len(key.Log)+1+numberBytes)
	return append(append(b, key.Log...), 0)
}

// partitionPrefix is what the keys of a partition have in common, with room for more bytes.
func partitionPrefix(space byte, partition string, more int) []byte {
	b := make([]byte, 0, 1+len(partition)+1+more)
	return append(append(append(b, space), partition...), 0)
}

// span is what lies in lower <= key < upper.
type span struct{ lower, upper []byte }

// rangeSpan is where the items or deltas of r lie. A bound needs no end mark: everything that has it as its beginning is not less than it.
func rangeSpan(space byte, r store.Range) span {
	partition := partitionPrefix(space, r.Partition, 0)
	s := span{lower: append(bytes.Clone(partition), r.From...), upper: append(bytes.Clone(partition), r.To...)}
	if r.To == "" {
		s.upper = after(partition)
	}
	if bytes.Compare(s.lower, s.upper) > 0 {
		s.lower = s.upper
	}
	return s
}

// logSpan is where the deltas of a log with numbers greater than n lie.
func logSpan(space byte, key store.LogKey, n uint32) span {
	prefix := logPrefix(space, key)
	// One zero byte more than number n has: greater than n, and not greater than n+1, also for the greatest n.
	return span{lower: append(deltaKey(space, key, n), 0), upper: after(prefix)}
}

// after returns the least key that is greater than all that begin with a prefix that ends in a zero byte.
func after(prefix []byte) []byte {
	b := bytes.Clone(prefix)
	b[len(b)-1] = 1
	return b
}

// in moves a span of deltas to another space.
func (s span) in(space byte) span {
	moved := span{bytes.Clone(s.lower), bytes.Clone(s.upper)}
	moved.lower[0], moved.upper[0] = space, space
	return moved
}

// splitDelta takes the log and the number out of a delta's key in a known partition.
func splitDelta(key []byte, partition string) (log []byte, n uint32, ok bool) {
	rest := key[min(len(key), 1+len(partition)+1):]
	at := len(rest) - numberBytes
	if at < 1 || rest[at-1] != 0 {
		return nil, 0, false
	}
	return rest[:at-1], binary.BigEndian.Uint32(rest[at:]), true
}

package stream

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
)

// hashKey is a 128-bit unsigned number: where a partition key falls in a stream's key space.
type hashKey struct{ hi, lo uint64 }

// hashPartitionKey is the MD5 of the key, as Kinesis defines it.
func hashPartitionKey(key string) hashKey {
	var stack [256]byte // a conversion would allocate for each record
	sum := md5.Sum(append(stack[:0], key...))
	return hashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

func (h hashKey) less(o hashKey) bool { return h.hi < o.hi || h.hi == o.hi && h.lo < o.lo }

func (h hashKey) compare(o hashKey) int {
	return cmp.Or(cmp.Compare(h.hi, o.hi), cmp.Compare(h.lo, o.lo))
}

// next is the key after h, 0 after the last one.
func (h hashKey) next() hashKey {
	lo, carry := bits.Add64(h.lo, 1, 0)
	return hashKey{h.hi + carry, lo}
}

// previous is the key before h.
func (h hashKey) previous() hashKey {
	lo, borrow := bits.Sub64(h.lo, 1, 0)
	return hashKey{h.hi - borrow, lo}
}

func (h hashKey) big() *big.Int {
	n := new(big.Int).SetUint64(h.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(h.lo))
}

func (h hashKey) String() string { return h.big().String() }

// parseHashKey reads a decimal number below 2^128.
func parseHashKey(s string) (hashKey, error) {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return hashKey{}, fmt.Errorf("%q is not a number in [0, 2^128-1]", s)
	}
	return bigHashKey(n), nil
}

// MarshalText and UnmarshalText make a hash key a decimal string in JSON.
func (h hashKey) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

func (h *hashKey) UnmarshalText(text []byte) (err error) {
	*h, err = parseHashKey(string(text))
	return err
}

// splitEvenly cuts the key space into n ranges of floor(2^128/n) keys; the last one takes the remainder.
func splitEvenly(n int) [][2]hashKey {
	width := new(big.Int).Lsh(big.NewInt(1), 128)
	width.Div(width, big.NewInt(int64(n)))
	ranges := make([][2]hashKey, n)
	start := new(big.Int)
	for i := range ranges {
		next := new(big.Int).Add(start, width)
		ranges[i] = [2]hashKey{bigHashKey(start), bigHashKey(new(big.Int).Sub(next, big.NewInt(1)))}
		start = next
	}
	ranges[n-1][1] = hashKey{^uint64(0), ^uint64(0)}
	return ranges
}

func bigHashKey(n *big.Int) hashKey {
	return hashKey{new(big.Int).Rsh(n, 64).Uint64(), new(big.Int).And(n, lowBits).Uint64()}
}

var lowBits = new(big.Int).SetUint64(^uint64(0))

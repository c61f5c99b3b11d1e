package stream

import (
	"errors"
	"math/big"
	"math/bits"
)

// sequence is a sequence number. Its 186 bits are laid out as in the numbers that AWS gives today, known as version 2;
// in hexadecimal digits, from the top:
//
//	2 ccccccccc s iiiiiiiiiiiiiiii 00 ttttttttt nnnnnnnn 2
//
// c is the shard's creation and t the record's arrival in Unix seconds, i the index of the record in its shard, n the
// shard's number and s the last digit of it. The index stands above the arrival, so numbers of a shard rise strictly
// whatever the clock does. The decimal form always has 56 digits.
type sequence struct {
	created int64
	shard   uint32
	index   uint64
	seconds int64
}

const (
	sequenceDigits  = 56
	sequenceVersion = 2
	ten19           = 10_000_000_000_000_000_000
)

// words returns the number as three 64-bit words, the highest first.
func (s sequence) words() (w2, w1, w0 uint64) {
	created, seconds := uint64(s.created)&(1<<36-1), uint64(s.seconds)&(1<<36-1)
	w0 = sequenceVersion | uint64(s.shard)<<4 | seconds<<36
	w1 = seconds>>28 | s.index<<16
	w2 = s.index>>48 | uint64(s.shard&0xf)<<16 | created<<20 | 2<<56
	return w2, w1, w0
}

// append appends the 56 digits to b.
func (s sequence) append(b []byte) []byte {
	w2, w1, w0 := s.words()
	// Two long divisions by 10^19 cut the number into 18, 19 and 19 digits. The quotients fit: w2 < 2^58.
	q1, r := bits.Div64(w2, w1, ten19)
	q0, low := bits.Div64(r, w0, ten19)
	high, mid := bits.Div64(q1, q0, ten19)
	n := len(b)
	b = append(b, "00000000000000000000000000000000000000000000000000000000"...)
	putDigits(b[n:n+18], high)
	putDigits(b[n+18:n+37], mid)
	putDigits(b[n+37:], low)
	return b
}

const digitPairs = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// putDigits fills b with the decimal digits of v, from the right.
func putDigits(b []byte, v uint64) {
	i := len(b)
	for ; i >= 2; i -= 2 {
		pair := v % 100 * 2
		v /= 100
		b[i-2], b[i-1] = digitPairs[pair], digitPairs[pair+1]
	}
	if i == 1 {
		b[0] = byte('0' + v%10)
	}
}

func (s sequence) String() string { return string(s.append(nil)) }

var errSequence = errors.New("not a sequence number")

// parseSequence reads the decimal form. Only numbers of the present version are known.
func parseSequence(text string) (sequence, error) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || len(text) != sequenceDigits {
		return sequence{}, errSequence
	}
	field := func(shift, width uint) uint64 {
		return new(big.Int).And(new(big.Int).Rsh(n, shift), new(big.Int).SetUint64(1<<width-1)).Uint64()
	}
	s := sequence{
		created: int64(field(148, 36)),
		shard:   uint32(field(4, 32)),
		index:   field(80, 63),
		seconds: int64(field(36, 36)),
	}
	if s.String() != text { // covers the version, the fixed bits, the high bit of the index and the short shard number
		return sequence{}, errSequence
	}
	return s, nil
}

package event

import "math/bits"

// Searches that look at eight bytes at a time. In (x-ones)&^x the high bit of a byte is set where the byte of x is 0,
// in (x-n*ones)&^x where it is less than n (n <= 128). A borrow can set it wrongly only above a byte where it is set rightly,
// and the lowest one decides.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// plainEnd returns the index of the first byte from i on that does not stand for itself in a JSON string (a quote, a
// backslash, a control character), or len(s).
func plainEnd(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		x := load(s[i : i+8])
		q, b := x^'"'*ones, x^'\\'*ones
		if m := ((q-ones)&^q | (b-ones)&^b | (x-' '*ones)&^x) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// hasControl reports whether s holds one of U+0000 to U+001F, or U+007F.
func hasControl(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		x := load(s[:8])
		d := x ^ 0x7f*ones
		if ((d-ones)&^d|(x-' '*ones)&^x)&highs != 0 {
			return true
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// load reads eight bytes, the first as the lowest; the compiler makes one instruction of it.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

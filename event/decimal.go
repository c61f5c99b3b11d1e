package event

import "strings"

// What becomes of the digits behind the last wanted one.
const (
	truncate = false
	round    = true // half away from zero
)

// maxDecimal bounds what decimal returns, far above every limit and far below an overflow.
const maxDecimal = 1e17

// decimal returns the value of a JSON number in units of 10^-places, exactly, without a detour over binary fractions.
// It is not ok where the value is beyond ±maxDecimal.
func decimal(lit string, places int, rounding bool) (v int64, ok bool) {
	if v, ok := plainInteger(lit); ok && places == 0 {
		return v, true
	}
	abs, negative := strings.CutPrefix(lit, "-")
	mantissa, exp := cutExponent(abs)
	whole, frac, _ := strings.Cut(mantissa, ".")
	digit := func(i int) byte {
		if i < len(whole) {
			return whole[i] - '0'
		}
		return frac[i-len(whole)] - '0'
	}
	count, wanted := len(whole)+len(frac), len(whole)+exp+places
	for i := 0; i < wanted && (i < count || v > 0); i++ {
		if v *= 10; i < count {
			v += int64(digit(i))
		}
		if v > maxDecimal {
			return 0, false
		}
	}
	if rounding && 0 <= wanted && wanted < count && digit(wanted) >= 5 {
		v++
	}
	if negative {
		v = -v
	}
	return v, true
}

// plainInteger reads digits alone, as nearly every number of an event is written.
func plainInteger(lit string) (v int64, ok bool) {
	for i := range len(lit) {
		d := lit[i] - '0'
		if d > 9 || i == 17 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	return v, true
}

// cutExponent splits a JSON number without a sign. An exponent beyond what the digits of an event could make up for is cut down.
func cutExponent(lit string) (mantissa string, exp int) {
	const limit = 1 << 20
	i := strings.IndexAny(lit, "eE")
	if i < 0 {
		return lit, 0
	}
	digits := strings.TrimLeft(lit[i+1:], "+-")
	for j := 0; j < len(digits) && exp < limit; j++ {
		exp = exp*10 + int(digits[j]-'0')
	}
	if lit[i+1] == '-' {
		exp = -exp
	}
	return lit[:i], exp
}

// isNumber reports whether all of s is a JSON number.
func isNumber(s string) bool {
	end, ok := numberEnd(s, 0)
	return ok && end == len(s)
}

package query

import "math"

// estimator makes values of what was found among a share of the visitors, which is a Bernoulli sample by their hash: each is in it with
// probability share. Totals are those of D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling Without Replacement From a Finite
// Universe", JASA 1952; the variance of a ratio is that of its residuals a − R·b (W. G. Cochran, Sampling Techniques, 1977, chapter 6).
type estimator struct{ share float64 }

func (e estimator) exact() bool { return e.share >= 1 }

// blind reports whether nobody is in the sample, which therefore says nothing of anybody.
func (e estimator) blind() bool { return e.share <= 0 }

// total is the sum of a over all visitors: its variance is (1−p)/p² · Σa².
func (e estimator) total(a int64, p products) Value {
	switch {
	case e.exact():
		return Value{X: float64(a)}
	case e.blind():
		return Value{Null: true}
	}
	return Value{X: float64(a) / e.share, Err: math.Sqrt((1-e.share)*p.aa) / e.share}
}

// ratio is Σa/Σb, times the scale: its variance is (1−p)/p² · Σ(a−R·b)² over the square of the estimated Σb.
func (e estimator) ratio(a, b int64, p products, scale float64) Value {
	if b == 0 {
		return Value{Null: true}
	}
	v := Value{X: float64(a) / float64(b) * scale}
	if !e.exact() {
		r := float64(a) / float64(b)
		residuals := max(0, p.aa-2*r*p.ab+r*r*p.bb)
		v.Err = math.Sqrt((1-e.share)*residuals) / float64(b) * scale
	}
	return v
}

// shareOf is the percentage of a among b visitors, where the ones are among the others.
func (e estimator) shareOf(a, b int64) Value {
	x, y := float64(a), float64(b)
	return e.ratio(a, b, products{aa: x, ab: min(x, y), bb: y}, 100)
}

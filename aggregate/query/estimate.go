package query

import "math"

// estimator makes values of what was found among a share of the visitors, which is a Bernoulli sample by their hash: each is in it with
// probability share. Totals are those of D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling Without Replacement From a Finite
// Universe", JASA 1952; the variance of a ratio is that of its residuals a − R·b (W. G. Cochran, Sampling Techniques, 1977, chapter 6).
//
// Where the number of all visitors is known better than the sample tells, a total is that number times the mean of the sample's visitors, the ratio
// estimator of the same chapter: rows that together are everybody add up to the visitors, there are no fewer visits than visitors who began one, and the
// error of a figure that most visitors have a part in is a third to two thirds of what 1/p has.
type estimator struct {
	share float64
	seen  float64 // visitors of the sample
	all   Value   // known number of them; zero where it is not known, or no better
}

func (e estimator) exact() bool { return e.share >= 1 }

// blind reports whether nobody is in the sample, which therefore says nothing of anybody.
func (e estimator) blind() bool { return e.share <= 0 }

// newEstimator returns that of a sample and [from, to). How many visitors acted then is taken for known if that tells more than how many of them the sample has.
func newEstimator(h *hits, all Value, from, to int64) estimator {
	e := estimator{share: h.sample.Fraction()}
	if e.exact() || all.X == 0 {
		return e
	}
	for i := range h.sample.Visitors() {
		if h.acts(i, from, to) {
			e.seen++
		}
	}
	if own := all.X * math.Sqrt((1-e.share)/max(1, e.seen)); e.seen > 0 && all.Err < own {
		e.all = all
	}
	return e
}

// total is the sum of a over all visitors: its variance is (1−p)/p² · Σa².
func (e estimator) total(a int64, p products) Value {
	switch {
	case e.exact():
		return Value{X: float64(a)}
	case e.blind():
		return Value{Null: true}
	case e.all.X > 0:
		return e.timesMean(float64(a), p)
	}
	return Value{X: float64(a) / e.share, Err: math.Sqrt((1-e.share)*p.aa) / e.share}
}

// timesMean is N·Σa/n of n visitors: its variance is (N/n)² · (1−p) · Σ(a−Σa/n)², and that of N times the square of the mean. Where all visitors of the sample
// have the same, one of those that are not in it can still have another: so much error is left.
func (e estimator) timesMean(a float64, p products) Value {
	mean := a / e.seen
	residuals := max(min(p.aa, 1), p.aa-a*mean)
	return Value{X: e.all.X * mean, Err: math.Hypot(e.all.X/e.seen*math.Sqrt((1-e.share)*residuals), mean*e.all.Err)}
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

package load

import (
	"math/rand/v2"
	"sort"
)

// weights are running sums: index i is drawn with a chance in proportion to its own part.
type weights []float64

func newWeights(w []float64) weights {
	sums := make(weights, len(w))
	sum := 0.0
	for i, x := range w {
		sum += x
		sums[i] = sum
	}
	return sums
}

func (w weights) draw(rnd *rand.Rand) int {
	x := rnd.Float64() * w[len(w)-1]
	return min(sort.SearchFloat64s(w, x), len(w)-1)
}

func oneOf[T any](rnd *rand.Rand, s []T) T { return s[rnd.IntN(len(s))] }

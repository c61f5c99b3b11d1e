package sketch

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// NoBin is the bin of a value that there is not.
const NoBin = 0

const (
	zeroBin  = 1
	firstBin = 2
	lastBin  = 4095
	// binShift is added to the library's index: the first bin holds 1e-12, the last 1e23 and more.
	binShift = 1402
	accuracy = 0.01
)

// binning is the mapping of values to bins: logarithmic, with the logarithm interpolated by cubics (C. Masson et al., "DDSketch: A Fast and
// Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019). It holds no state.
var binning = func() *mapping.CubicallyInterpolatedMapping {
	m, err := mapping.NewCubicallyInterpolatedMapping(accuracy)
	if err != nil {
		panic(err) // the accuracy is a constant that the library accepts
	}
	return m
}()

// Bin returns the bin of a value: its DDSketch index at 1 % relative error. Zero and what is below 1e-12 have a bin of their own, as
// have negative numbers with it; what is not a number has none.
func Bin(v float64) int32 {
	switch {
	case math.IsNaN(v):
		return NoBin
	case v < 1e-12:
		return zeroBin
	case v > 1e23:
		return lastBin
	}
	return int32(min(max(binning.Index(v)+binShift, firstBin), lastBin))
}

// BinValue returns the value that stands for all of a bin, at most 1 % from each of them. That of NoBin is zero.
func BinValue(bin int32) float64 {
	if bin <= zeroBin {
		return 0
	}
	return binning.Value(int(min(bin, lastBin)) - binShift)
}

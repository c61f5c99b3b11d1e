package sketch

// number is a column of numbers. The first vital is number firstVital. Their values are stored.
type number uint8

const (
	revenueNumber number = iota
	engagedNumber
	scrollNumber
	persistentNumber
	firstVital
	numNumbers = firstVital + NumVitals
)

// raw fills out with the numbers of the first hits, as they are stored: as small as can be, zero for what is absent. It answers false if all of them are.
func (s *Sample) raw(n number, out []uint64) bool {
	switch n {
	case revenueNumber:
		return convert(out, s.revenue, zigzag)
	case engagedNumber:
		return convert(out, s.engaged, zigzag)
	case scrollNumber:
		return convert(out, s.scroll, func(x uint8) uint64 { return uint64(x) })
	case persistentNumber:
		return convert(out, s.persistent, func(x bool) uint64 { return uint64(truth(x)) })
	default:
		return convert(out, s.vitals[n-firstVital], func(x int32) uint64 { return uint64(x) })
	}
}

func convert[T comparable](out []uint64, from []T, raw func(T) uint64) (set bool) {
	var zero T
	for i := range out {
		out[i] = raw(from[i])
		set = set || from[i] != zero
	}
	return set
}

// setRaw is the way back from raw.
func (s *Sample) setRaw(n number, in []uint64) {
	switch n {
	case revenueNumber:
		s.revenue = restore(in, unzigzag)
	case engagedNumber:
		s.engaged = restore(in, unzigzag)
	case scrollNumber:
		s.scroll = restore(in, func(x uint64) uint8 { return uint8(x) })
	case persistentNumber:
		s.persistent = restore(in, func(x uint64) bool { return x != 0 })
	default:
		s.vitals[n-firstVital] = restore(in, func(x uint64) int32 { return int32(x) })
	}
}

func restore[T any](in []uint64, value func(uint64) T) []T {
	out := make([]T, len(in))
	for i, x := range in {
		out[i] = value(x)
	}
	return out
}

// most is the greatest value of a column of numbers, as it is stored.
func (n number) most() uint64 {
	switch {
	case n <= engagedNumber:
		return 1<<64 - 1
	case n == scrollNumber:
		return 1<<8 - 1
	case n == persistentNumber:
		return 1
	default:
		return lastBin
	}
}

// blanks are columns that say that no hit has anything. All such columns of a sample share them: nobody writes to a sample.
type blanks struct {
	ids   []uint32
	longs []int64
	bytes []uint8
	bools []bool
	bins  []int32
}

func zeros[T any](column *[]T, n int) []T {
	if *column == nil {
		*column = make([]T, n)
	}
	return *column
}

// setBlank lets a column of numbers say that no hit has any.
func (s *Sample) setBlank(n number, b *blanks) {
	hits := s.Hits()
	switch n {
	case revenueNumber:
		s.revenue = zeros(&b.longs, hits)
	case engagedNumber:
		s.engaged = zeros(&b.longs, hits)
	case scrollNumber:
		s.scroll = zeros(&b.bytes, hits)
	case persistentNumber:
		s.persistent = zeros(&b.bools, hits)
	default:
		s.vitals[n-firstVital] = zeros(&b.bins, hits)
	}
}

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

// makeNumbers makes room for a column of numbers.
func (s *Sample) makeNumbers(n number) {
	hits := s.Hits()
	switch n {
	case revenueNumber:
		s.revenue = make([]int64, hits)
	case engagedNumber:
		s.engaged = make([]int64, hits)
	case scrollNumber:
		s.scroll = make([]uint8, hits)
	case persistentNumber:
		s.persistent = make([]bool, hits)
	default:
		s.vitals[n-firstVital] = make([]int32, hits)
	}
}

// setRaw is the way back from raw: it puts the numbers of a part where its runs say.
func (s *Sample) setRaw(n number, in values[uint64], runs []run) {
	switch n {
	case revenueNumber:
		scatter(s.revenue, in, runs, unzigzag)
	case engagedNumber:
		scatter(s.engaged, in, runs, unzigzag)
	case scrollNumber:
		scatter(s.scroll, in, runs, func(x uint64) uint8 { return uint8(x) })
	case persistentNumber:
		scatter(s.persistent, in, runs, func(x uint64) bool { return x != 0 })
	default:
		scatter(s.vitals[n-firstVital], in, runs, func(x uint64) int32 { return int32(x) })
	}
}

// scatter puts the numbers that are not zero where the runs of their part say. Most columns hold few.
func scatter[T any](out []T, from values[uint64], runs []run, value func(uint64) T) {
	if from.perVisitor {
		for _, r := range runs {
			if x := from.v[r.visitor]; x != 0 {
				to, v := out[r.dst:][:r.n], value(x)
				for i := range to {
					to[i] = v
				}
			}
		}
		return
	}
	for _, r := range runs {
		for i, x := range from.v[r.src:][:r.n] {
			if x != 0 {
				out[int(r.dst)+i] = value(x)
			}
		}
	}
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

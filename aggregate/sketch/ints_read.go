package sketch

import "encoding/binary"

// readInts reads the first len(out) integers of a row that fills b and has n of them.
func readInts[T unsigned](b []byte, n int, out []T) error {
	if len(b) == 0 || len(out) > n {
		return ErrCorrupt
	}
	form, b := b[0], b[1:]
	ok := false
	switch form {
	case constant:
		ok = readConstant(b, out)
	case packed:
		ok = readPacked(b, n, out)
	case repeated:
		ok = readRepeated(b, out)
	case sparse:
		ok = readSparse(b, out)
	case varints:
		ok = readVarints(b, out)
	}
	if !ok {
		return ErrCorrupt
	}
	return nil
}

// holds reports whether x is a value of type T.
func holds[T unsigned](x uint64) bool { return uint64(T(x)) == x }

func readConstant[T unsigned](b []byte, out []T) bool {
	x, size := binary.Uvarint(b)
	if size != len(b) || size == 0 || !holds[T](x) {
		return false
	}
	for i := range out {
		out[i] = T(x)
	}
	return true
}

func readPacked[T unsigned](b []byte, n int, out []T) bool {
	if len(b) == 0 {
		return false
	}
	width := int(b[0])
	b = b[1:]
	if width < 1 || width > maxWidth || len(b) != (n*width+7)/8 || !holds[T](1<<width-1) {
		return false
	}
	mask := uint64(1)<<width - 1
	i, at := 0, 0
	for ; i < len(out) && at>>3+8 <= len(b); i++ {
		out[i] = T(binary.LittleEndian.Uint64(b[at>>3:]) >> (at & 7) & mask)
		at += width
	}
	for ; i < len(out); i++ { // the last ones: fewer than 8 bytes are left
		var word [8]byte
		copy(word[:], b[at>>3:])
		out[i] = T(binary.LittleEndian.Uint64(word[:]) >> (at & 7) & mask)
		at += width
	}
	return true
}

func readRepeated[T unsigned](b []byte, out []T) bool {
	for len(out) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n == 0 {
			return false
		}
		x, more := binary.Uvarint(b[size:])
		if more <= 0 || !holds[T](x) {
			return false
		}
		b = b[size+more:]
		run := out[:min(n, uint64(len(out)))]
		for i := range run {
			run[i] = T(x)
		}
		out = out[len(run):]
	}
	return true
}

func readSparse[T unsigned](b []byte, out []T) bool {
	clear(out)
	for len(out) > 0 && len(b) > 0 {
		gap, size := binary.Uvarint(b)
		if size <= 0 {
			return false
		}
		x, more := binary.Uvarint(b[size:])
		if more <= 0 || !holds[T](x) {
			return false
		}
		if gap >= uint64(len(out)) {
			return true
		}
		out[gap] = T(x)
		out, b = out[gap+1:], b[size+more:]
	}
	return true
}

func readVarints[T unsigned](b []byte, out []T) bool {
	for i := range out {
		x, size := binary.Uvarint(b)
		if size <= 0 || !holds[T](x) {
			return false
		}
		out[i], b = T(x), b[size:]
	}
	return true
}

// solid returns how many values a row that fills b can hold at most, if it is of a form in which each takes a byte or more, as appendSolid writes it.
func solid(b []byte) int {
	switch {
	case len(b) >= 2 && b[0] == packed && b[1] >= 8:
		return len(b) - 2
	case len(b) >= 1 && b[0] == varints:
		return len(b) - 1
	}
	return 0
}

// zigzag folds the sign of x into its lowest bit, so that small amounts stay small.
func zigzag(x int64) uint64 { return uint64(x)<<1 ^ uint64(x>>63) }

func unzigzag(x uint64) int64 { return int64(x>>1) ^ -int64(x&1) }

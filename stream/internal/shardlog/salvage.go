package shardlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// salvageSalt finds the salt of a segment whose header is damaged: a checksum can be run backwards from its result to its
// start value, so each frame tells the salt, and where two frames tell the same one it is true. It is 0 if none is found.
func salvageSalt(f io.ReaderAt, size int64) (uint32, error) {
	told := map[uint32]bool{}
	window := make([]byte, readAhead+frameHeader)
	for at := int64(segmentHeader); at < size; at += readAhead {
		n, err := f.ReadAt(window, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		for _, start := range magics(window[:n]) {
			salt, err := toldSalt(f, at+int64(start), size)
			if err != nil {
				return 0, err
			}
			if salt != 0 && told[salt] {
				return salt, nil
			}
			told[salt] = true
		}
	}
	return 0, nil
}

// magics returns where in a window frames may begin.
func magics(window []byte) (starts []int) {
	magic := binary.LittleEndian.AppendUint32(nil, frameMagic)
	for from := frameHeader - 4; from < len(window); {
		i := bytes.Index(window[from:], magic)
		if i < 0 {
			break
		}
		starts = append(starts, from+i-(frameHeader-4))
		from += i + 1
	}
	return starts
}

// toldSalt is the salt that a frame at an offset would have, 0 if there can be none.
func toldSalt(f io.ReaderAt, at, size int64) (uint32, error) {
	header := make([]byte, frameHeader)
	if _, err := f.ReadAt(header, at); err != nil {
		return 0, ignoreEOF(err)
	}
	n, err := frameLength(header)
	if err != nil || at+int64(n) > size {
		return 0, nil
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, at); err != nil {
		return 0, ignoreEOF(err)
	}
	return unwind(unwind(binary.LittleEndian.Uint32(b[4:]), b[8:]), b[:4]), nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// unwind returns the checksum before data was added to it: the step of a reflected CRC, backwards. The top byte of a state
// is that of the table's row which the step used.
func unwind(sum uint32, data []byte) uint32 {
	state := ^sum
	for i := len(data) - 1; i >= 0; i-- {
		row := rowOf[state>>24]
		state = (state^castagnoli[row])<<8 | uint32(row^data[i])
	}
	return ^state
}

// rowOf finds the row of the table whose top byte is given: each has another one.
var rowOf = func() (rows [256]byte) {
	for i, entry := range castagnoli {
		rows[entry>>24] = byte(i)
	}
	return rows
}()

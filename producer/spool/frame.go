package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// header begins every segment.
const header = "SGSPOOL\x01"

// The kinds of frames.
const (
	kindItem = 1
	kindDone = 2
)

const frameHead = 8 // length and checksum

// maxFrame bounds a frame, so that a length that is damaged is not believed. Items are at most 1 MiB.
const maxFrame = 16 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Entry is an item. Append gives it its number.
type Entry struct {
	Number uint64
	Key    string
	Data   []byte
}

func appendItem(b []byte, e Entry) []byte {
	from := len(b)
	b = append(b, make([]byte, frameHead)...)
	b = append(b, kindItem)
	b = binary.AppendUvarint(b, e.Number)
	b = binary.AppendUvarint(b, uint64(len(e.Key)))
	b = append(b, e.Key...)
	b = append(b, e.Data...)
	return sealFrame(b, from)
}

// appendDone appends a frame of numbers in rising order.
func appendDone(b []byte, numbers []uint64) []byte {
	from := len(b)
	b = append(b, make([]byte, frameHead)...)
	b = append(b, kindDone)
	last := uint64(0)
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n-last)
		last = n
	}
	return sealFrame(b, from)
}

func sealFrame(b []byte, from int) []byte {
	payload := b[from+frameHead:]
	binary.LittleEndian.PutUint32(b[from:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(b[from+4:], crc32.Checksum(payload, castagnoli))
	return b
}

// errTorn says that the bytes end within a frame, or are none.
var errTorn = errors.New("bad frame")

// frames reads the frames of a segment, header included. It returns how many bytes are good, and errTorn if that is not all.
func frames(segment []byte, item func(Entry), done func(number uint64)) (good int, err error) {
	if len(segment) < len(header) || string(segment[:len(header)]) != header {
		return 0, errTorn
	}
	for good = len(header); good < len(segment); {
		payload, ok := payloadAt(segment[good:])
		if !ok || !readPayload(payload, item, done) {
			return good, errTorn
		}
		good += frameHead + len(payload)
	}
	return good, nil
}

func payloadAt(b []byte) ([]byte, bool) {
	if len(b) < frameHead {
		return nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > maxFrame || int(n) > len(b)-frameHead {
		return nil, false
	}
	payload := b[frameHead : frameHead+int(n)]
	return payload, crc32.Checksum(payload, castagnoli) == binary.LittleEndian.Uint32(b[4:])
}

func readPayload(b []byte, item func(Entry), done func(uint64)) bool {
	switch b[0] {
	case kindItem:
		e, ok := readItem(b[1:])
		if ok {
			item(e)
		}
		return ok
	case kindDone:
		return readDone(b[1:], done)
	}
	return false
}

func readItem(b []byte) (e Entry, ok bool) {
	number, n := binary.Uvarint(b)
	if n <= 0 || number == 0 {
		return e, false
	}
	b = b[n:]
	key, n := binary.Uvarint(b)
	if n <= 0 || key > uint64(len(b)-n) {
		return e, false
	}
	b = b[n:]
	return Entry{Number: number, Key: string(b[:key]), Data: b[key:]}, true
}

func readDone(b []byte, done func(uint64)) bool {
	number := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 || d == 0 || d > math.MaxUint64-number {
			return false
		}
		number += d
		done(number)
		b = b[n:]
	}
	return true
}

// damage is the error of a bad frame where there can be none.
func damage(path string, at int) error {
	return fmt.Errorf("spool %s is damaged at byte %d; what comes after it there cannot be read. Move the file away to go on without it", path, at)
}

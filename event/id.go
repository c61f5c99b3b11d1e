package event

import (
	"encoding/hex"
	"strconv"

	"github.com/zeebo/xxh3"
)

// minIDTime (2016-01-01) is the earliest time that an id is believed to hold. Neither ULIDs nor UUIDs of version 7 are
// older, and a random id that merely looks like one mostly falls outside.
const minIDTime = 1_451_606_400_000

// An assigned id is "~", 12 hex digits of the time in milliseconds, 16 of a hash of the event's key, 16 random ones. A client that
// sends an event again with the id it was given so brings back the window and the cell of the first copy.
const (
	assignedMark = '~'
	assignedLen  = 1 + 12 + 16 + 16
)

// AssignID returns the id of an event that came without one: made of its arrival in Unix milliseconds, of the bytes that
// shall choose its cell (the cookieless visitor, or anything random where there is none) and of 64 random bits.
func AssignID(arrival int64, key string, random uint64) string {
	b := make([]byte, 0, assignedLen)
	b = append(b, assignedMark)
	b = appendHex(b, uint64(arrival), 12)
	b = appendHex(b, xxh3.HashString(key), 16)
	b = appendHex(b, random, 16)
	return string(b)
}

// DeriveID returns the id of an event that was put straight onto the stream without one. It is made of its position,
// which is the same at every delivery of that record.
func DeriveID(streamARN, shard, sequenceNumber string, index int) string {
	h := xxh3.New()
	for _, s := range [...]string{streamARN, shard, sequenceNumber, strconv.Itoa(index)} {
		_, _ = h.WriteString(s)
		_, _ = h.Write([]byte{0})
	}
	sum := h.Sum128().Bytes()
	return "#" + hex.EncodeToString(sum[:])
}

// IDTime returns the time inside an id in Unix milliseconds, or zero if there is none: a UUID of version 7 (RFC 9562, section 5.7), a
// ULID (its specification: 48 bits of milliseconds in the first ten characters of Crockford's base 32), or an id that
// AssignID made.
func IDTime(id string) int64 {
	var t int64
	var ok bool
	switch {
	case len(id) == 36:
		t, ok = uuid7Time(id)
	case len(id) == 26:
		t, ok = ulidTime(id)
	case isAssigned(id):
		t, ok = parseHex(id[1:13])
	}
	if !ok || t < minIDTime {
		return 0
	}
	return t
}

// assignedKey returns the part of an assigned id that chooses the cell.
func assignedKey(id string) (string, bool) {
	if !isAssigned(id) {
		return "", false
	}
	return id[13:29], true
}

func isAssigned(id string) bool {
	if len(id) != assignedLen || id[0] != assignedMark {
		return false
	}
	for i := 1; i < len(id); i++ {
		if hexDigit(id[i]) < 0 {
			return false
		}
	}
	return true
}

func uuid7Time(id string) (int64, bool) {
	for i := range len(id) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if id[i] != '-' {
				return 0, false
			}
		} else if hexDigit(id[i]) < 0 {
			return 0, false
		}
	}
	if id[14] != '7' || hexDigit(id[19])&0xc != 0x8 {
		return 0, false
	}
	hi, _ := parseHex(id[:8])
	lo, _ := parseHex(id[9:13])
	return hi<<16 | lo, true
}

func ulidTime(id string) (int64, bool) {
	if id[0] > '7' {
		return 0, false
	}
	var t int64
	for i := range len(id) {
		d := crockfordDigit(id[i])
		if d < 0 {
			return 0, false
		}
		if i < 10 {
			t = t<<5 | int64(d)
		}
	}
	return t, true
}

func parseHex(s string) (int64, bool) {
	var v int64
	for i := range len(s) {
		d := hexDigit(s[i])
		if d < 0 {
			return 0, false
		}
		v = v<<4 | int64(d)
	}
	return v, true
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// crockfordDigit takes capital and small letters; I, L, O and U are not in the alphabet.
func crockfordDigit(c byte) int {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for i := range len(alphabet) {
		if alphabet[i] == c {
			return i
		}
	}
	return -1
}

func appendHex(b []byte, v uint64, digits int) []byte {
	const hexDigits = "0123456789abcdef"
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>shift&0xf])
	}
	return b
}

package load

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/google/uuid"
)

// eventID returns a UUID of version 7 (RFC 9562, section 5.7) of a simulated time in Unix milliseconds and the seeded randomness.
func eventID(rnd *rand.Rand, ms int64) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16|rnd.Uint64()&0x0fff|0x7000)
	binary.BigEndian.PutUint64(u[8:], rnd.Uint64()&(1<<62-1)|1<<63)
	return u.String()
}

// hexID returns 16 hex digits, for visitors and sessions, or nothing for zero.
func hexID(id uint64) string {
	if id == 0 {
		return ""
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], id)
	return hex.EncodeToString(b[:])
}

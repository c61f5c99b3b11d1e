package event

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// uuid7At is a UUID of version 7 of that time in Unix milliseconds.
func uuid7At(ms int64) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:], uint64(ms)<<16|0x7abc)
	binary.BigEndian.PutUint64(u[8:], 0x8123_4567_89ab_cdef)
	return u.String()
}

func TestIDTime(t *testing.T) {
	const rfc = "017F22E2-79B0-7CC3-98C4-DC0C0C07398F" // RFC 9562, A.6: 2022-02-22T19:22:22Z
	for _, c := range []struct {
		name string
		id   string
		want int64
	}{
		{"the RFC's example of version 7", rfc, 1_645_557_742_000},
		{"in small letters", strings.ToLower(rfc), 1_645_557_742_000},
		{"in braces", "{" + rfc + "}", 0},
		{"without hyphens", strings.ReplaceAll(rfc, "-", ""), 0},
		{"hyphens elsewhere", "017F22E27-9B0-7CC3-98C4-DC0C0C07398F", 0},
		{"not hex", "017F22E2-79B0-7CC3-98C4-DC0C0C07398G", 0},
		{"another variant", "017F22E2-79B0-7CC3-C8C4-DC0C0C07398F", 0},
		{"the RFC's example of version 4", "919108f7-52d1-4320-9bac-f847db4148a8", 0},
		{"the RFC's example of version 1", "C232AB00-9414-11EC-B3C8-9F6BDECED846", 0},
		{"version 7 of 1970", "00000000-0001-7CC3-98C4-DC0C0C07398F", 0},
		{"the ULID specification's example", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1_469_922_850_259},
		{"in small letters", "01arz3ndektsv4rrffq69g5fav", 1_469_922_850_259},
		{"the greatest ULID", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", 1<<48 - 1},
		{"more than 128 bits", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", 0},
		{"not of Crockford's alphabet", "01ARZ3NDEKTSV4RRFFQ69G5FAU", 0},
		{"assigned", AssignID(noon, "k", 7), noon},
		{"assigned, but cut", AssignID(noon, "k", 7)[:44], 0},
		{"like assigned", "~" + strings.Repeat("x", 44), 0},
		{"derived", DeriveID("arn", "shard", "1", 0), 0},
		{"any", "order-4711", 0},
		{"none", "", 0},
	} {
		if got := IDTime(c.id); got != c.want {
			t.Errorf("%s: IDTime(%q) = %d, want %d", c.name, c.id, got, c.want)
		}
	}
}

func TestIDTimeReadsWhatIsMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(minIDTime, 1<<48-1).Draw(t, "ms")
		if got := IDTime(uuid7At(ms)); got != ms {
			t.Fatalf("UUID: %d, want %d", got, ms)
		}
		if got := IDTime(AssignID(ms, rapid.String().Draw(t, "key"), rapid.Uint64().Draw(t, "random"))); got != ms {
			t.Fatalf("assigned: %d, want %d", got, ms)
		}
	})
}

func FuzzIDTime(f *testing.F) {
	for _, id := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", AssignID(noon, "", 0)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if ms := IDTime(id); ms != 0 && (ms < minIDTime || ms >= 1<<48) {
			t.Errorf("IDTime(%q) = %d", id, ms)
		}
	})
}

// A derived id tells any two positions apart, also where their parts run into each other.
func TestDeriveID(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range []struct {
		arn, shard, seq string
		index           int
	}{
		{"a", "b", "c", 0}, {"a", "b", "c", 1}, {"ab", "", "c", 0}, {"a", "bc", "", 0}, {"", "ab", "c", 0}, {"a", "b", "c0", 0}, {"a", "b", "c", 10},
	} {
		id := DeriveID(p.arn, p.shard, p.seq, p.index)
		if seen[id] || len(id) > MaxKey || id != DeriveID(p.arn, p.shard, p.seq, p.index) {
			t.Errorf("%+v: %q", p, id)
		}
		seen[id] = true
	}
}

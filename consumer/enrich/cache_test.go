package enrich

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

// What is asked for most is not forgotten for what is asked for once.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	computed := map[string]int{}
	c := newCache[string](256)
	upper := func(s string) string { computed[s]++; return strings.ToUpper(s) }
	for i := range 10_000 {
		for _, key := range []string{"often", fmt.Sprint("once ", i)} {
			if got := *c.of(key, upper); got != strings.ToUpper(key) {
				t.Fatalf("%q became %q", key, got)
			}
		}
	}
	if computed["often"] != 1 {
		t.Errorf("what was asked for 10,000 times was worked out %d times", computed["often"])
	}
}

func TestCacheIsBounded(t *testing.T) {
	for n, want := range map[int]int{1: ways, 4: ways, 5: 2 * ways, 256: 256, 4096: 4096} {
		if got := len(newCache[int](n).sets) * ways; got < n || got > 2*max(n, ways) || n >= ways && n&(n-1) == 0 && got != want {
			t.Errorf("a cache of %d holds %d", n, got)
		}
	}
	computed, long := 0, strings.Repeat("x", maxKey+1)
	c := newCache[int](64)
	for range 3 {
		c.of(long, func(s string) int { computed++; return len(s) })
	}
	if computed != 3 {
		t.Error("a text that is too long was kept")
	}
}

// What a cache keeps does not change with the bytes that a key was part of.
func TestCacheOwnsItsKeys(t *testing.T) {
	c := newCache[string](64)
	record := []byte("key")
	aliased := unsafeString(record)
	c.of(aliased, func(s string) string { return s })
	copy(record, "xxx")
	if got := *c.of("key", func(string) string { return "computed again" }); got != "key" {
		t.Errorf("it gives %q", got)
	}
}

func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

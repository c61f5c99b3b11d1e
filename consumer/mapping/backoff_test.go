package mapping

import (
	"testing"
	"time"
)

func TestBackoffBounds(t *testing.T) {
	b := backoff{base: 200 * time.Millisecond, longest: 10 * time.Second}
	for n, want := range []int64{200, 200, 400, 800, 1600, 3200, 6400, 10000, 10000} {
		if got := b.bound(n).Milliseconds(); got != want {
			t.Errorf("bound %d is %d ms, want %d", n, got, want)
		}
	}
	if got := b.bound(1 << 30); got != b.longest {
		t.Errorf("bound of many is %v", got)
	}
	for range 1000 {
		if p := b.pause(3); p < 0 || p > b.bound(3) {
			t.Fatalf("pause %v", p)
		}
	}
}

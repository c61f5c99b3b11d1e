package dynamo

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/store"
)

// What is stored is never longer than the value, and is read as it was written.
func TestFrames(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		value := slices.Concat(bytes.Repeat([]byte("/articles/tea "), rapid.IntRange(0, 300).Draw(rt, "words")), noise(rapid.IntRange(0, 3000).Draw(rt, "noise")))
		var f frames
		stored := f.pack(valueFrame, value)
		if len(stored) > len(value) || (f == 0) != (len(stored) == len(value)) {
			rt.Fatalf("%d bytes of %d, frames %d", len(stored), len(value), f)
		}
		fields := attributes{}
		f.note(fields)
		if got := framesOf(fields).unpack(valueFrame, stored); !bytes.Equal(got, value) {
			rt.Fatalf("%d bytes are read of %d", len(got), len(value))
		}
	})
}

// Words take less of the table than they have bytes, wherever they lie, and come back. So does what another program left as it was.
func TestCompressedAndPlain(t *testing.T) {
	s, c := fresh(t, Options{})
	words := make([]byte, 0, 900<<10)
	for i := 0; len(words) < 700<<10; i++ {
		words = fmt.Appendf(words, "/articles/%d?utm_source=newsletter&seen=%x ", i%300, noise(8+i%5))
	}
	for n, body := range [][]byte{words[:500], words[:5000], words} {
		d := store.Delta{Head: words[:3000], Body: body}
		if got, err := s.Append(t.Context(), logKey, uint32(n+1), d, store.Nonce{byte(n)}); err != nil || got != store.Won {
			t.Fatal(got, err)
		}
	}
	if _, err := s.Put(t.Context(), itemAt, words, store.Write{}); err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, item := range s.stored(t, c) {
		size += sizeOf(item)
	}
	if size > len(words)/2 {
		t.Errorf("two times %d bytes take %d", len(words), size)
	}
	plain := deltaKey(logKey, 4)
	plain[attrNonce], plain[attrHead], plain[attrValue] = blob(aNonce[:]), blob(words[:3000]), blob(words[:5000])
	if _, _, err := s.putItem(t.Context(), "p", plain, absent); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Read(t.Context(), logKey, 0, store.Bodies)
	if err != nil || len(entries) != 4 {
		t.Fatal(len(entries), err)
	}
	for i, want := range []int{500, 5000, len(words), 5000} {
		if e := entries[i]; !bytes.Equal(e.Head, words[:3000]) || !bytes.Equal(e.Body, words[:want]) {
			t.Errorf("delta %d: %d and %d bytes", e.N, len(e.Head), len(e.Body))
		}
	}
	if item, err := s.Get(t.Context(), itemAt); err != nil || !bytes.Equal(item.Value, words) {
		t.Errorf("%d bytes, %v", len(item.Value), err)
	}
}

// A frame that cannot be read is a value with nothing in it, beside which all others are there.
func TestDamagedFrames(t *testing.T) {
	s, _ := fresh(t, Options{})
	words := bytes.Repeat([]byte("/articles/tea "), 300)
	for n := uint32(1); n <= 2; n++ {
		if _, err := s.Append(t.Context(), logKey, n, store.Delta{Head: words, Body: words}, store.Nonce{byte(n)}); err != nil {
			t.Fatal(err)
		}
	}
	item, err := s.getItem(t.Context(), "p", deltaKey(logKey, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{attrHead, attrValue} {
		bytesOf(item, name)[0] ^= 1
	}
	if _, _, err := s.putItem(t.Context(), "p", item, condition{}); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Read(t.Context(), logKey, 0, store.Bodies)
	if err != nil || len(entries) != 2 || len(entries[0].Head) != 0 || len(entries[0].Body) != 0 || !bytes.Equal(entries[1].Body, words) {
		t.Errorf("%d deltas, %v", len(entries), err)
	}
}

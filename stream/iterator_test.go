package stream

import (
	"testing"

	"pgregory.net/rapid"
)

func FuzzToken(f *testing.F) {
	b := &Broker{key: make([]byte, 32)}
	f.Add(b.encodeToken(token{kind: iteratorToken, issued: 1, id: 2, shard: 3, index: 4, stream: "s"}))
	f.Add("")
	f.Add("AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := b.decodeToken(iteratorToken, text); err == nil && b.encodeToken(got) != text {
			t.Fatalf("%q was accepted as %+v", text, got)
		}
	})
}

func TestToken(t *testing.T) {
	b, other := &Broker{key: make([]byte, 32)}, &Broker{key: []byte("another key")}
	rapid.Check(t, func(t *rapid.T) {
		want := token{
			kind: iteratorToken, issued: rapid.Int64().Draw(t, "issued"), id: rapid.Uint64().Draw(t, "id"),
			shard: rapid.Uint32().Draw(t, "shard"), index: rapid.Uint64().Draw(t, "index"),
			stream: rapid.StringMatching(`[a-zA-Z0-9_.-]{1,128}`).Draw(t, "stream"),
		}
		text := b.encodeToken(want)
		if got, err := b.decodeToken(iteratorToken, text); err != nil || got != want || len(text) > 512 {
			t.Fatalf("%+v: %v", got, err)
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "changed")
		if changed := text[:i] + string(text[i]^1) + text[i+1:]; changed != text {
			if _, err := b.decodeToken(iteratorToken, changed); err == nil {
				t.Fatalf("%q was accepted", changed)
			}
		}
		if _, err := b.decodeToken(pageToken, text); err == nil {
			t.Fatal("an iterator passed for a page token")
		}
		if _, err := other.decodeToken(iteratorToken, text); err == nil {
			t.Fatal("an iterator of another broker was accepted")
		}
	})
}

package event

import (
	"strings"
	"testing"
)

// Every byte at every place of a word and beside one, against the obvious loop.
func TestPlainEndAndHasControl(t *testing.T) {
	for c := range 256 {
		for n := range 20 {
			for at := range n {
				b := []byte(strings.Repeat("\x80 x\xff", 5)[:n])
				b[at] = byte(c)
				s := string(b)
				if got, want := plainEnd(s, 0), strings.IndexFunc(s+`"`, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }); got != want {
					t.Fatalf("plainEnd(%q) = %d, want %d", s, got, want)
				}
				if got, want := hasControl(s), c < ' ' || c == 0x7f; got != want {
					t.Fatalf("hasControl(%q) = %v", s, got)
				}
			}
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		"":                                 `""`,
		"a\n\xff":                          `"a\n\xff"`,
		strings.Repeat("x", maxQuote):      `"` + strings.Repeat("x", maxQuote) + `"`,
		strings.Repeat("x", maxQuote+1):    `"` + strings.Repeat("x", maxQuote) + `"…`,
		"x" + strings.Repeat("é", 30):      `"x` + strings.Repeat("é", 19) + `"…`,
		strings.Repeat("\x80", maxQuote+9): `"` + strings.Repeat(`\x80`, maxQuote-4) + `"…`,
	} {
		if got := quote(s); got != want {
			t.Errorf("quote(%q) = %s, want %s", s, got, want)
		}
	}
}

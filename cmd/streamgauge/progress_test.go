package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgressIsPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		n := int64(0)
		stop := newConsole(nil, nil, &b).progress(func() (int64, int64, string) { n++; return n, 4, "words" })
		time.Sleep(2*lineEvery + time.Millisecond) // virtual
		stop()
		if b.String() != "25%, words\n50%, words\n" {
			t.Errorf("%q", &b)
		}
	})
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{"plain ünïcode": "plain ünïcode", "a\x1b[2J\tb\n": `a\u001b[2J\u0009b\u000a`, "\u202e": `\u202e`} {
		if got := printable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

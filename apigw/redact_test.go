package apigw

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	const key = "sk_live_0123456789"
	for text, want := range map[string]string{
		`{"url":"https://shop.example/tea","ts":1773489600000}`:         `{"url":"https://shop.example/tea","ts":1773489600000}`,
		`{"props":{"ip":"203.0.113.7"}}`:                                `{"props":{"ip":"[address]"}}`,
		`{"url":"http://203.0.113.7:8080/a?b=1.2.3.4"}`:                 `{"url":"http://[address]:8080/a?b=[address]"}`,
		`{"url":"http://127.0.0.1:8080/a","x":"[::1]:80"}`:              `{"url":"http://127.0.0.1:8080/a","x":"[::1]:80"}`,
		`{"ip":"2001:db8::17"}`:                                         `{"ip":"[address]"}`,
		`[2001:db8:0:0:0:0:0:17]:443`:                                   `[[address]]:443`,
		`from:fe80::1:`:                                                 `from:[address]:`,
		`::ffff:203.0.113.7`:                                            `::ffff:[address]`,
		`at 12:30:45 std::vector ::17`:                                  `at 12:30:45 std::vector ::17`,
		`{"api_key":"abc\"def","token" : "x","name":"key"}`:             `{"api_key":"[key]","token" : "[key]","name":"key"}`,
		`{"writeKey":"abc`:                                              `{"writeKey":"[key]"`,
		`{"url":"https://a.example/?x=1&access_token=abc&b=2#f"}`:       `{"url":"https://a.example/?x=1&access_token=[key]&b=2#f"}`,
		`{"props":{"note":"sent with ` + key + ` by hand"},"a":"keys"}`: `{"props":{"note":"sent with [key] by hand"},"a":"keys"}`,
	} {
		if got := redact(text, key); got != want {
			t.Errorf("%s is shown as\n%s, want\n%s", text, got, want)
		}
	}
	if got := redact("a b a", "a"); got != "a b a" {
		t.Errorf("with a key that is none: %q", got)
	}
}

// Wherever an address stands in an event of whatever length, nothing of it is shown.
func TestShownHoldsNoAddress(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 21))
		var a netip.Addr
		if rnd.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte{byte(11 + rnd.IntN(80)), byte(100 + rnd.IntN(99)), byte(100 + rnd.IntN(99)), byte(100 + rnd.IntN(99))})
		} else {
			b := [16]byte{0x20, 0x01}
			for i := 2; i < 16; i++ {
				b[i] = byte(0x11 + rnd.IntN(0xee))
			}
			a = netip.AddrFrom16(b)
		}
		var text strings.Builder
		for text.Len() < rnd.IntN(2*maxShown) {
			text.WriteString([]string{`"prop":"value of it",`, "ü", " ", fmt.Sprintf(`"ip":"%s",`, a), a.String() + " "}[rnd.IntN(5)])
		}
		got := shown([]byte(text.String()), "")
		part := a.String()[:8]
		if strings.Contains(got, part) || len(got) > maxShown {
			t.Fatalf("seed %d: %d bytes shown, with %s of %s: …%s", seed, len(got), part, a, got[max(0, len(got)-100):])
		}
	}
}

func FuzzShown(f *testing.F) {
	f.Add([]byte(`{"ip":"203.0.113.7","token":"abc"}`), "key-of-the-site")
	f.Add([]byte("::::1.2.3.4::\xff"), "")
	f.Add([]byte(`{"ua":"Mozilla/5.0 (X11; 1.2.3.4) Chrome/141.0.0.0 Safari/537.36","b":"a/1.2.3.4"}`), "")
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		got := shown(data, key)
		if len(got) > maxShown {
			t.Errorf("%d bytes shown", len(got))
		}
		if _, bad := shownAddresses(got); bad != "" {
			t.Errorf("%q is shown of %q", bad, data)
		}
	})
}

package apigw

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// A browser's version was hidden as an address: Chrome/[address].
func TestVersionOfProductIsNoAddress(t *testing.T) {
	const webkit = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) `
	for _, text := range []string{
		webkit + `Chrome/141.0.0.0 Safari/537.36`,
		`{"ua":"` + webkit + `Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0","name":"pageview"}`,
		`{"ua":"` + webkit + `CriOS/141.0.0.0 Mobile/15E148 Safari/604.1"}`,
		`{"props":{"inner":"{\"ua\":\"` + webkit + `HeadlessChrome/141.0.0.0\"}"}}`,
	} {
		if got := redact(text, ""); got != text {
			t.Errorf("%s is shown as\n%s", text, got)
		}
	}
	for text, want := range map[string]string{
		webkit + `Chrome/141.0.0.0 203.0.113.7`:               webkit + `Chrome/141.0.0.0 [address]`,
		webkit + `Chrome/141.0.0.0 (by 203.0.113.7; ab::12)`:  webkit + `Chrome/141.0.0.0 (by [address]; [address])`,
		webkit + `(a/203.0.113.7) Chrome/141.0.0.0`:           webkit + `(a/[address]) Chrome/141.0.0.0`,
		webkit + `Chrome/203.0.113.7/tea`:                     webkit + `Chrome/[address]/tea`,
		webkit + `Chrome/203.0.113.7:80`:                      webkit + `Chrome/[address]:80`,
		webkit + `x=/203.0.113.7 Chrome/141.0.0.0`:            webkit + `x=/[address] Chrome/[address]`,
		webkit + `https://a.example/203.0.113.7`:              webkit + `https://a.example/[address]`,
		`"` + webkit + `Chrome/141.0.0.0","ip":"203.0.113.7"`: `"` + webkit + `Chrome/141.0.0.0","ip":"[address]"`,
		`https://a.example/Chrome/203.0.113.7`:                `https://a.example/Chrome/[address]`,
		`{"url":"/Mozilla/5.0 Chrome/203.0.113.7"}`:           `{"url":"/Mozilla/5.0 Chrome/[address]"}`,
		`{"note":"seen by proxy/203.0.113.7 today"}`:          `{"note":"seen by proxy/[address] today"}`,
		`client/203.0.113.7`:                                  `client/[address]`,
		`Mozilla/203.0.113.7`:                                 `Mozilla/[address]`,
	} {
		if got := redact(text, ""); got != want {
			t.Errorf("%s is shown as\n%s, want\n%s", text, got, want)
		}
	}
}

// Whatever texts are made of the pieces of a user agent, an address is shown only where a slower reading finds a product's version.
func TestAddressesBesideProducts(t *testing.T) {
	pieces := []string{`"`, ` `, `(`, `)`, `\`, `/`, `;`, `:`, `Mozilla/5.0`, `"Mozilla/5.0 `, ` Chrome/203.0.113.7`, `203.0.113.7`, ` (X11)`, ` Safari/537.36`, `proxy/203.0.113.7`, `Mobile`, `{`, `ü`}
	kept := 0
	for seed := range uint64(20_000) {
		rnd := rand.New(rand.NewPCG(seed, 23))
		var b strings.Builder
		for range 1 + rnd.IntN(12) {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		n, bad := shownAddresses(redact(b.String(), ""))
		if bad != "" {
			t.Fatalf("seed %d: %s is shown of %s", seed, bad, b.String())
		}
		kept += n
	}
	if kept == 0 {
		t.Error("no version was shown")
	}
}

// shownAddresses counts the versions in a text that read as addresses, and returns one that is no version.
func shownAddresses(text string) (versions int, bad string) {
	for _, at := range hidden().ipv4.FindAllStringIndex(text, -1) {
		if a, err := netip.ParseAddr(text[at[0]:at[1]]); err != nil || a.IsLoopback() || a.IsUnspecified() {
			continue
		}
		if !isVersion(text, at[0], at[1]) {
			return versions, text[at[0]:at[1]]
		}
		versions++
	}
	return versions, ""
}

// isVersion reads backwards: name and slash before it, a space before the name, Mozilla at the beginning of the string, and no comment open.
func isVersion(text string, from, to int) bool {
	before, slash := strings.CutSuffix(text[:from], "/")
	whole := before[strings.LastIndex(before, `"`)+1:]
	name := whole[strings.LastIndex(whole, " ")+1:]
	letters := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && name != "" && name != whole
	ends := to == len(text) || strings.ContainsRune(` "\`, rune(text[to]))
	return slash && letters && ends && strings.HasPrefix(whole, "Mozilla/") && strings.Count(whole, "(") == strings.Count(whole, ")")
}

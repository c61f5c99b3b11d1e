package enrich

import "strings"

// language returns the primary language and the region of a BCP 47 tag, or of the first one of an Accept-Language header: "en-GB" of "en-gb",
// "zh-TW" of "zh-Hant-TW", "de" of "de". What is no such tag is none.
func language(text string) string {
	text, _, _ = strings.Cut(text, ",")
	text, _, _ = strings.Cut(text, ";")
	primary, rest, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(text), "_", "-"), "-")
	if len(primary) < 2 || len(primary) > 3 || !all(primary, isLetter) {
		return ""
	}
	primary = strings.ToLower(primary)
	for part := range strings.SplitSeq(rest, "-") {
		switch {
		case len(part) == 1: // an extension begins
			return primary
		case len(part) == 2 && all(part, isLetter), len(part) == 3 && all(part, isDigit):
			return primary + "-" + strings.ToUpper(part)
		}
	}
	return primary
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return s != ""
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// screenClasses are the classes of a screen's width in CSS pixels, the widest first.
var screenClasses = [...]struct {
	from int
	name string
}{{2560, "2560+"}, {1920, "1920-2559"}, {1440, "1440-1919"}, {992, "992-1439"}, {576, "576-991"}, {1, "0-575"}}

// screenClass returns the class of a screen, given as "1920x1080".
func screenClass(screen string) string {
	width := 0
	for i := range len(screen) {
		if !isDigit(screen[i]) {
			if screen[i] != 'x' {
				return ""
			}
			break
		}
		if width = width*10 + int(screen[i]-'0'); width > 1_000_000 {
			return ""
		}
	}
	for _, c := range screenClasses {
		if width >= c.from {
			return c.name
		}
	}
	return ""
}

// country returns an ISO 3166-1 alpha-2 code in capital letters, or "" where the text is none.
func country(code string) string {
	if len(code) != 2 || !isLetter(code[0]) || !isLetter(code[1]) {
		return ""
	}
	return strings.ToUpper(code)
}

package agent

import (
	_ "embed"
	"strings"
)

// marks.txt has what robots call themselves: a reason, a space, and a text in small letters that a user agent of theirs holds.
//
//go:embed marks.txt
var marksText string

// tools.txt has the products that are HTTP libraries and programs, in small letters.
//
//go:embed tools.txt
var toolsText string

type mark struct{ reason, text string }

var (
	marks = readMarks(marksText)
	tools = readTools(toolsText)
)

func readMarks(text string) (all []mark) {
	for line := range strings.Lines(text) {
		reason, needle, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all = append(all, mark{reason, needle})
	}
	return all
}

func readTools(text string) map[string]struct{} {
	all := make(map[string]struct{})
	for _, name := range strings.Fields(text) {
		all[name] = struct{}{}
	}
	return all
}

// Automation returns why a user agent is one of automation, or "". It takes some microseconds: remember what it said.
func Automation(ua string) string {
	if IsTool(ua) {
		return Tool
	}
	ua = strings.ToLower(ua)
	for _, m := range marks {
		if strings.Contains(ua, m.text) {
			return m.reason
		}
	}
	if saysBot(ua) {
		return Crawler
	}
	return ""
}

// saysBot finds "bot" at the end of a word, as in "Googlebot/2.1" and "Mail.RU_Bot". Cubot is a maker of telephones.
func saysBot(ua string) bool {
	for {
		i := strings.Index(ua, "bot")
		if i < 0 {
			return false
		}
		before, rest := ua[:i], ua[i+len("bot"):]
		if (rest == "" || !isLetter(rest[0]) || strings.HasPrefix(rest, "s/")) && !strings.HasSuffix(before, "cu") {
			return true
		}
		ua = rest
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

// maxProduct bounds the name of a tool, in bytes.
const maxProduct = 32

// IsTool reports whether a user agent begins with the name of a library or program that speaks HTTP, as "curl/8.5.0" and
// "python-requests/2.31" do. Such a name says who sent a request, and nothing of a visitor.
func IsTool(ua string) bool {
	var name [maxProduct]byte
	n := 0
	for ; n < len(ua) && !strings.ContainsRune("/ (;", rune(ua[n])); n++ {
		if n == maxProduct {
			return false
		}
		if name[n] = ua[n]; 'A' <= ua[n] && ua[n] <= 'Z' {
			name[n] += 'a' - 'A'
		}
	}
	_, is := tools[string(name[:n])]
	return is
}

package accesslog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timeLayout is %t of Apache's mod_log_config, without its brackets.
const timeLayout = "02/Jan/2006:15:04:05 -0700"

// Format is the layout of a line.
type Format uint8

const (
	Auto     Format = iota // combined, or common where the line ends after the bytes
	Combined               // common, then the quoted referrer and user agent
	Common                 // host ident user [time] "request" status bytes
)

// Line is one request of the log. Strings are parts of the line as they stand there, escapes included: undoing
// \xE4 would give bytes that are no UTF-8, and the target would no longer be the one that a search of the log finds.
// A field that the log has as "-" is "" or, for a number, 0.
type Line struct {
	Address   string // of the client: IPv4, IPv6 or a host name
	Time      time.Time
	Method    string // "" where the request line does not begin with one
	Target    string // of the request: a path with its query, mostly
	Status    int    // 0..999
	Bytes     int64  // of the body sent; "-" means 0 (mod_log_config, %b)
	Referrer  string
	UserAgent string
}

// Parse reads a line, given without its line end. The error says what is wrong with it, not where it came from.
func Parse(text string, f Format) (Line, error) {
	l, rest, err := parseCommon(text)
	if err != nil {
		return Line{}, err
	}
	rest = strings.TrimLeft(rest, " ")
	if f == Common || f == Auto && !strings.HasPrefix(rest, `"`) {
		return l, nil
	}
	if l.Referrer, rest, err = quoted(rest, "referrer"); err != nil {
		return Line{}, err
	}
	if l.UserAgent, _, err = quoted(rest, "user agent"); err != nil {
		return Line{}, err
	}
	return l, nil
}

// parseCommon reads the seven fields that both formats begin with.
func parseCommon(text string) (l Line, rest string, err error) {
	if l.Address, rest, err = word(text, "address"); err != nil {
		return l, "", err
	}
	if l.Time, rest, err = bracketedTime(rest); err != nil {
		return l, "", err
	}
	var request string
	if request, rest, err = quoted(rest, "request"); err != nil {
		return l, "", err
	}
	l.Method, l.Target = splitRequest(request)
	if l.Status, rest, err = status(rest); err != nil {
		return l, "", err
	}
	l.Bytes, rest, err = size(rest)
	return l, rest, err
}

// word cuts a field that ends at a space.
func word(s, name string) (field, rest string, err error) {
	field, rest, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	if field == "" {
		return "", "", fmt.Errorf("the %s is missing", name)
	}
	return field, rest, nil
}

// bracketedTime skips ident and user, which may hold spaces of their own, and reads the time in brackets behind them.
func bracketedTime(s string) (time.Time, string, error) {
	open := strings.IndexByte(s, '[')
	if open < 0 {
		return time.Time{}, "", errors.New("the [time] is missing")
	}
	inside, rest, found := strings.Cut(s[open+1:], "]")
	if !found {
		return time.Time{}, "", errors.New("the [time] is not closed")
	}
	t, err := time.Parse(timeLayout, inside)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("the time %.40q is not like [%s]", inside, timeLayout)
	}
	return t, rest, nil
}

// quoted cuts a field in quotes, inside which a backslash keeps the next byte from ending it. "-" gives "".
func quoted(s, name string) (field, rest string, err error) {
	s = strings.TrimLeft(s, " ")
	if s == "" {
		return "", "", fmt.Errorf("the %s is missing", name)
	}
	if s[0] != '"' {
		return "", "", fmt.Errorf("the %s is not in quotes", name)
	}
	end := closingQuote(s)
	if end < 0 {
		return "", "", fmt.Errorf("the quote of the %s is not closed", name)
	}
	if field = s[1:end]; field == "-" {
		field = ""
	}
	return field, s[end+1:], nil
}

// closingQuote returns the index of the quote that ends the field beginning at s[0], or -1.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// splitRequest takes "GET /path HTTP/1.1" apart. HTTP/0.9 has no protocol, a careless client has spaces in its target,
// and what speaks TLS to a plain port has neither method nor protocol: then all of it is the target.
func splitRequest(request string) (method, target string) {
	method, target, found := strings.Cut(request, " ")
	if !found || !isMethod(method) {
		return "", request
	}
	if i := strings.LastIndexByte(target, ' '); i >= 0 && strings.HasPrefix(target[i+1:], "HTTP/") {
		target = target[:i]
	}
	return method, target
}

// isMethod reports whether s is a token, which is what RFC 9110 section 9.1 asks of a method.
func isMethod(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// status reads the three digits of the answer; nginx writes 000 where it gave none.
func status(s string) (int, string, error) {
	field, rest, err := word(s, "status")
	if err != nil || field == "-" {
		return 0, rest, err
	}
	n, err := strconv.ParseUint(field, 10, 16)
	if err != nil || len(field) != 3 {
		return 0, "", fmt.Errorf("the status %.20q is not a number of three digits", field)
	}
	return int(n), rest, nil
}

func size(s string) (int64, string, error) {
	field, rest, err := word(s, "number of bytes")
	if err != nil || field == "-" {
		return 0, rest, err
	}
	n, err := strconv.ParseUint(field, 10, 63)
	if err != nil {
		return 0, "", fmt.Errorf("the number of bytes %.30q is not a number", field)
	}
	return int64(n), rest, nil
}

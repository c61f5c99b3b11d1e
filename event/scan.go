package event

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner walks once over JSON text and copies nothing: strings and numbers that it returns are parts of text.
//
// The grammar is RFC 8259 to the letter; beyond it only nesting is limited, to MaxDepth. The first syntax error stays
// in err and moves pos to the end of the text, so that every loop ends; callers look at err once, when they are done.
type scanner struct {
	text  string
	pos   int
	depth int
	err   *SyntaxError

	dirty   bool // text holds bytes that are not UTF-8, so each string has to be checked
	faults  int  // strings seen that are JSON but cannot be used: see token.fault
	faultAt int  // where the first of them starts
}

// kind is the JSON type of the value that starts with a byte.
type kind uint8

const (
	kindInvalid kind = iota
	kindNull
	kindString
	kindNumber
	kindBool
	kindObject
	kindArray
)

var kinds = [256]kind{
	'n': kindNull, '"': kindString, 't': kindBool, 'f': kindBool, '{': kindObject, '[': kindArray, '-': kindNumber,
	'0': kindNumber, '1': kindNumber, '2': kindNumber, '3': kindNumber, '4': kindNumber, '5': kindNumber,
	'6': kindNumber, '7': kindNumber, '8': kindNumber, '9': kindNumber,
}

// token is a string as it stands between its quotes.
type token struct {
	raw     string
	escaped bool
	fault   verdict // notUTF8 or holdsNUL
}

// value returns the string that the token stands for. Only one with escapes is copied.
func (t token) value() string {
	if t.escaped {
		return unescape(t.raw)
	}
	return t.raw
}

// peek skips white space and returns the byte after it without taking it, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; !isSpace(c) {
			return c
		}
	}
	return 0
}

func isSpace(c byte) bool { return c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r') }

// kind returns the type of the value that comes next.
func (s *scanner) kind() kind { return kinds[s.peek()] }

// open takes the bracket or brace that starts a container.
func (s *scanner) open() {
	if s.depth++; s.depth > MaxDepth {
		s.fail(s.pos, fmt.Sprintf("nested deeper than %d", MaxDepth))
		return
	}
	s.pos++
}

// more reports whether the open container has a value number n (the first is 0) and moves to it, past the comma. At the
// end it takes the closing bracket or brace.
func (s *scanner) more(n int, closing byte) bool {
	c := s.peek()
	if c == closing {
		s.pos++
		s.depth--
		return false
	}
	if n > 0 {
		if c != ',' {
			s.expected("',' or '" + string(rune(closing)) + "'")
			return false
		}
		s.pos++
	}
	return s.err == nil
}

// key takes the key of a member and its colon.
func (s *scanner) key() token {
	if s.peek() != '"' {
		s.expected("a key in double quotes")
		return token{}
	}
	t := s.str()
	if s.peek() != ':' {
		s.expected("':'")
		return token{}
	}
	s.pos++
	return t
}

// skip takes one value of any type.
func (s *scanner) skip() {
	switch s.kind() {
	case kindString:
		s.str()
	case kindNumber:
		s.number()
	case kindObject:
		s.open()
		for n := 0; s.more(n, '}'); n++ {
			s.key()
			s.skip()
		}
	case kindArray:
		s.open()
		for n := 0; s.more(n, ']'); n++ {
			s.skip()
		}
	default:
		s.literal()
	}
}

// literal takes true, false or null.
func (s *scanner) literal() string {
	for _, word := range [...]string{"null", "true", "false"} {
		if end := s.pos + len(word); end <= len(s.text) && s.text[s.pos:end] == word {
			s.pos = end
			return word
		}
	}
	s.expected("a value")
	return ""
}

// number takes a number and returns it as it stands.
func (s *scanner) number() string {
	end, ok := numberEnd(s.text, s.pos)
	if !ok {
		s.pos = end
		s.expected("a digit")
		return ""
	}
	lit := s.text[s.pos:end]
	s.pos = end
	return lit
}

// numberEnd returns where the JSON number that starts at i ends, or where it fails to be one.
func numberEnd(s string, i int) (end int, ok bool) {
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if i, ok = digitsEnd(s, i); !ok {
		return i, false
	}
	if i < len(s) && s[i] == '.' {
		if i, ok = digitsEnd(s, i+1); !ok {
			return i, false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return digitsEnd(s, i)
	}
	return i, true
}

// digitsEnd returns the end of the digits at i; it is not ok to have none.
func digitsEnd(s string, i int) (end int, ok bool) {
	start := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i, i > start
}

// str takes a string; the next byte is its opening quote.
func (s *scanner) str() token {
	start := s.pos + 1
	end := plainEnd(s.text, start)
	if s.dirty || end == len(s.text) || s.text[end] != '"' {
		return s.oddStr(start, end)
	}
	s.pos = end + 1
	return token{raw: s.text[start:end]}
}

// oddStr takes the rest, from i on, of a string that has escapes, does not end, or may be no UTF-8.
func (s *scanner) oddStr(start, i int) (t token) {
	for i < len(s.text) && s.text[i] == '\\' {
		r, n := escape(s.text[i:])
		switch {
		case r < 0:
			s.fail(i, "expected an escape that JSON has, found "+quote(s.text[i:]))
			return token{}
		case utf16.IsSurrogate(r):
			t.fault = notUTF8
		case r == 0 && t.fault == valid:
			t.fault = holdsNUL
		}
		t.escaped = true
		i = plainEnd(s.text, i+n)
	}
	if s.pos = i; i == len(s.text) || s.text[i] != '"' {
		s.expected(`a character of the string or '"'`)
		return token{}
	}
	s.pos++
	if t.raw = s.text[start:i]; s.dirty && !utf8.ValidString(t.raw) {
		t.fault = notUTF8
	}
	if t.fault != valid {
		s.fault(start - 1)
	}
	return t
}

func (s *scanner) fault(at int) {
	if s.faults == 0 {
		s.faultAt = at
	}
	s.faults++
}

// end checks that nothing but white space follows.
func (s *scanner) end() {
	if s.peek(); s.pos < len(s.text) {
		s.expected("the end")
	}
}

func (s *scanner) expected(what string) {
	found := "the end"
	if s.pos < len(s.text) {
		found = quote(s.text[s.pos : s.pos+1])
	}
	s.fail(s.pos, "expected "+what+", found "+found)
}

func (s *scanner) fail(at int, message string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: at, Message: message}
	}
	s.pos = len(s.text)
}

package querytest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// fault is an error in a line of a script.
type fault struct {
	line int
	text string
}

func (f *fault) Error() string { return f.text }

// line is a line of a script, without its margin.
type line struct {
	no   int
	text string
}

func (l line) fault(format string, args ...any) error {
	return &fault{l.no, fmt.Sprintf(format, args...)}
}

// token is a word. One that has quotes in it is no keyword and no punctuation.
type token struct {
	text   string
	quoted bool
	line   line
}

func (t token) fault(format string, args ...any) error { return t.line.fault(format, args...) }

// words cuts a line at its blanks; where punctuated, commas and parentheses are words of their own. Quoted text, in Go's syntax, may be a word or a part of one.
func (l line) words(punctuated bool) (words []token, err error) {
	for rest := strings.TrimLeft(l.text, " \t"); rest != "" && rest[0] != '#'; rest = strings.TrimLeft(rest, " \t") {
		w := token{line: l}
		if punctuated && isPunctuation(rest[0]) {
			w.text, rest = rest[:1], rest[1:]
			words = append(words, w)
			continue
		}
		for rest != "" && rest[0] != ' ' && rest[0] != '\t' && (!punctuated || !isPunctuation(rest[0])) {
			if rest[0] != '"' {
				w.text, rest = w.text+rest[:1], rest[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, l.fault("a quotation mark is not closed: %s", rest)
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, l.fault("%s is no quoted text", quoted)
			}
			w.text, w.quoted, rest = w.text+text, true, rest[len(quoted):]
		}
		words = append(words, w)
	}
	return words, nil
}

func isPunctuation(c byte) bool { return c == ',' || c == '(' || c == ')' }

// cursor walks along the words of a statement.
type cursor struct {
	words []token
	end   line // where the statement ends
}

// is reports whether the next word is this keyword.
func (c *cursor) is(keyword string) bool {
	return len(c.words) > 0 && !c.words[0].quoted && c.words[0].text == keyword
}

// skip passes the next word if it is this keyword.
func (c *cursor) skip(keyword string) bool {
	if !c.is(keyword) {
		return false
	}
	c.words = c.words[1:]
	return true
}

func (c *cursor) more() bool { return len(c.words) > 0 }

// next returns the next word, or an error that says what was expected.
func (c *cursor) next(what string) (token, error) {
	if !c.more() {
		return token{}, c.end.fault("%s is missing at the end of the statement", what)
	}
	w := c.words[0]
	if !w.quoted && isPunctuation(w.text[0]) {
		return w, w.fault("%s is expected, not %q", what, w.text)
	}
	c.words = c.words[1:]
	return w, nil
}

// list returns words with commas between them.
func (c *cursor) list(what string) (list []token, err error) {
	for {
		w, err := c.next(what)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
		if !c.skip(",") {
			return list, nil
		}
	}
}

func (c *cursor) number(what string) (int, error) {
	w, err := c.next(what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(w.text)
	if err != nil || n < 0 {
		return 0, w.fault("%s: %q is no number from 0", what, w.text)
	}
	return n, nil
}

// inFile adds the file and the line to an error.
func inFile(file string, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return fmt.Errorf("%s:%d: %w", file, f.line, err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

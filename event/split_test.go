package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// splitCases: the events, "bad " before a line that is no JSON, and how Split fails: "syntax" or the error.
var splitCases = []struct {
	name, body string
	want       []string
	err        string
}{
	{"one", `{"a":1}`, []string{`{"a":1}`}, ""},
	{"one over lines", " {\n\"a\":\n1}\n\n", []string{"{\n\"a\":\n1}"}, ""},
	{"one that is no object", `5`, []string{`5`}, ""},
	{"byte order mark", "\ufeff {\"a\":1}", []string{`{"a":1}`}, ""},
	{"array", " [ {\"a\":1} ,\n2,[3]] ", []string{`{"a":1}`, `2`, `[3]`}, ""},
	{"array after a byte order mark", "\ufeff[1]", []string{`1`}, ""},
	{"lines", "{\"a\":1}\n{\"b\":2}", []string{`{"a":1}`, `{"b":2}`}, ""},
	{"blank lines", "\n{\"a\":1}\r\n \t\n\r\n{\"b\":2}\n\n", []string{`{"a":1}`, `{"b":2}`}, ""},
	{"a bad line", "{\"a\":1}\n{\"b\":\n{\"c\":3}", []string{`{"a":1}`, `bad {"b":`, `{"c":3}`}, ""},
	{"a bad first line", "nonsense\n{\"b\":2}", []string{"bad nonsense", `{"b":2}`}, ""},
	{"two in a line", "{\"a\":1}{\"b\":2}\n{\"c\":3}", []string{`bad {"a":1}{"b":2}`, `{"c":3}`}, ""},
	{"text is left to Decode", "[\"\xff\",\"\\ud800\\u0000\"]", []string{"\"\xff\"", `"\ud800\u0000"`}, ""},

	{"nothing", "", nil, ErrEmpty.Error()},
	{"white space", " \r\n\t", nil, ErrEmpty.Error()},
	{"byte order mark alone", "\ufeff", nil, ErrEmpty.Error()},
	{"empty array", "[ ]", nil, ErrEmpty.Error()},
	{"NUL", "\x00", nil, "syntax"},
	{"nonsense", "nonsense", nil, "syntax"},
	{"two byte order marks", "\ufeff\ufeff{}", nil, "syntax"},
	{"array with a bad value", `[{"a":1},{"b":}]`, nil, "syntax"},
	{"array not closed", `[{"a":1}`, nil, "syntax"},
	{"array and more", "[1]\n[2]", nil, "syntax"},
	{"one over lines, broken", "{\n\"a\": 1,\n\"b\": oops\n}", nil, "syntax"},
	{"lines without an object", "1\n2\n3", nil, "syntax"},
	{"values in a line", `{"a":1} {"b":2}`, nil, "syntax"},
}

func TestSplit(t *testing.T) {
	for _, c := range splitCases {
		t.Run(c.name, func(t *testing.T) {
			batch, err := Split([]byte(c.body))
			if got := outcome(err); got != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if got := describe(batch.Events); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSplitOffsets(t *testing.T) {
	for body, want := range map[string]string{
		"[{\"a\":1},\n{\"b\":}]": `offset 15: expected a value, found "}"`,
		"\ufeff{\"a\"}":          `offset 7: expected ':', found "}"`,
		"{} {}":                  `offset 3: expected the end, found "{"`,
	} {
		if _, err := Split([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
	batch, err := Split([]byte("{}\n  {\"b\":}"))
	if want := `offset 5: expected a value, found "}"`; err != nil || batch.Events[1].Err.Error() != want {
		t.Errorf("a line's error %v, want %s", batch.Events[1].Err, want)
	}
}

func TestSplitLimits(t *testing.T) {
	for _, form := range []struct{ start, separator, end string }{{"[", ",", "]"}, {"", "\n", "\n"}} {
		body := func(n int) []byte {
			return []byte(form.start + strings.Repeat(form.separator+"{}", n)[1:] + form.end)
		}
		if batch, err := Split(body(MaxRequestEvents)); err != nil || len(batch.Events) != MaxRequestEvents {
			t.Errorf("%q: %d of %d, %v", form.separator, len(batch.Events), MaxRequestEvents, err)
		}
		if batch, err := Split(body(MaxRequestEvents + 1)); !errors.Is(err, ErrTooMany) || batch.Events != nil {
			t.Errorf("%q: one too many: %v", form.separator, err)
		}
	}
	for _, around := range []string{"%s", "[%s]"} {
		body := func(n int) []byte { return fmt.Appendf(nil, around, `{"x":`+deep(n-1)+`}`) }
		if _, err := Split(body(MaxDepth)); err != nil {
			t.Errorf("%s %d deep: %v", around, MaxDepth, err)
		}
		if _, err := Split(body(MaxDepth + 1)); outcome(err) != "syntax" {
			t.Errorf("%s %d deep: %v", around, MaxDepth+1, err)
		}
	}
}

func TestLines(t *testing.T) {
	for record, want := range map[string][]string{
		"":                        nil,
		" \n\r\n":                 nil,
		"{}":                      {"{}"},
		"{}\n":                    {"{}"},
		"\n {} \r\n\n\tx y\n{}\n": {"{}", "x y", "{}"},
	} {
		var got []string
		for i, line := range Lines([]byte(record)) {
			if i != len(got) {
				t.Errorf("%q: number %d, want %d", record, i, len(got))
			}
			got = append(got, string(line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", record, got, want)
		}
	}
	for range Lines([]byte("1\n2\n3")) {
		break // the iterator must not go on
	}
}

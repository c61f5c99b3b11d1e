package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func FuzzDecode(f *testing.F) {
	for _, c := range decodeCases {
		f.Add([]byte(c.json))
	}
	f.Add([]byte(ordinary))
	f.Fuzz(func(t *testing.T, data []byte) { compareWithTwin(t, data) })
}

// compareWithTwin decodes data with the real decoder and with its twin, and checks what holds of every result.
func compareWithTwin(t rapid.TB, data []byte) {
	t.Helper()
	before := bytes.Clone(data)
	e := usedEvent()
	problems, err := e.Decode(data)
	if !bytes.Equal(data, before) {
		t.Fatal("Decode changed the data")
	}
	want, wantProblems, ok := twinDecode(data)
	if ok != (err == nil) {
		t.Fatalf("%q: error %v, the twin accepts: %v", data, err, ok)
	}
	if err != nil {
		checkSyntaxError(t, data, &e, err)
		return
	}
	got := codes(problems)
	slices.Sort(wantProblems)
	if wantProblems = slices.Compact(wantProblems); !slices.Equal(got, wantProblems) {
		t.Fatalf("%q: problems\n  %v\nthe twin's\n  %v", data, got, wantProblems)
	}
	if len(problems) > 0 {
		checkProblems(t, problems)
		if e.Site != want.Site && !named(problems, "site", "") || e.ID != want.ID && !named(problems, "id", "") {
			t.Fatalf("%q: site %q id %q, the twin's %q %q", data, e.Site, e.ID, want.Site, want.ID)
		}
		return
	}
	if !same(&e, &want) {
		t.Fatalf("%q:\n  %+v\nthe twin's\n  %+v", data, e, want)
	}
	checkRoundTrip(t, &e)
}

// usedEvent returns an event with something in every field, all of which Decode must reset.
func usedEvent() Event {
	var e Event
	fillAll(reflect.ValueOf(&e).Elem())
	e.Props = make([]Prop, 3, 8)
	return e
}

func fillAll(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("used")
		case reflect.Int, reflect.Int64:
			f.SetInt(7)
		case reflect.Float64:
			f.SetFloat(7)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Struct:
			fillAll(f)
		}
	}
}

// codes returns "code path" of each problem, sorted and without repetitions: long keys may share a path.
func codes(problems []FieldError) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Code+" "+p.Field)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func named(problems []FieldError, paths ...string) bool {
	return slices.ContainsFunc(problems, func(p FieldError) bool { return slices.Contains(paths, p.Field) })
}

func same(a, b *Event) bool {
	x, y := *a, *b
	x.Props, y.Props = nil, nil
	return reflect.DeepEqual(x, y) && slices.Equal(a.Props, b.Props)
}

func checkSyntaxError(t rapid.TB, data []byte, e *Event, err error) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(data) {
		t.Fatalf("%q: error %v", data, err)
	}
	checkLine(t, err.Error())
	if !same(e, &Event{}) {
		t.Fatalf("%q: refused, and yet %+v", data, e)
	}
}

func checkProblems(t rapid.TB, problems []FieldError) {
	t.Helper()
	for _, p := range problems {
		checkLine(t, p.Message)
		checkLine(t, p.Field)
		if !strings.HasPrefix(p.Message, p.Field) {
			t.Fatalf("%+v does not name the field", p)
		}
	}
}

func checkLine(t rapid.TB, s string) {
	t.Helper()
	if strings.ContainsAny(s, "\n\r\x00") || !utf8.ValidString(s) || len(s) > 400 {
		t.Fatalf("not a line for a human: %q", s)
	}
}

// checkRoundTrip checks that a valid event is written as one line of JSON that reads back as the same.
func checkRoundTrip(t rapid.TB, e *Event) {
	t.Helper()
	if problems := e.Validate(); problems != nil {
		t.Fatalf("%+v: Validate says %v", e, problems)
	}
	line := e.AppendJSON([]byte("before"))
	line = bytes.TrimPrefix(line, []byte("before"))
	if !json.Valid(line) || bytes.ContainsAny(line, "\n\r") {
		t.Fatalf("not a line of JSON: %q", line)
	}
	back := usedEvent()
	if problems, err := back.Decode(line); err != nil || problems != nil || !same(e, &back) {
		t.Fatalf("%s:\n  %+v\nfrom\n  %+v\n%v %v", line, back, e, problems, err)
	}
	if again := back.AppendJSON(nil); !bytes.Equal(again, line) {
		t.Fatalf("canonical %s, then %s", line, again)
	}
}

func FuzzSplit(f *testing.F) {
	for _, c := range splitCases {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		batch, err := Split(body)
		want, wantErr := twinSplit(body)
		if got := outcome(err); got != wantErr {
			t.Fatalf("%q: error %v, the twin's %q", body, err, wantErr)
		}
		if got := describe(batch.Events); !slices.Equal(got, want) {
			t.Fatalf("%q:\n  %q\nthe twin's\n  %q", body, got, want)
		}
	})
}

func outcome(err error) string {
	var syntax *SyntaxError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &syntax):
		return "syntax"
	}
	return err.Error()
}

// describe returns the JSON of each event, marked where it is a line's error.
func describe(events []Raw) []string {
	var all []string
	for _, raw := range events {
		s := string(raw.Data)
		if raw.Err != nil {
			s = "bad " + s
		}
		all = append(all, s)
	}
	return all
}

// twinSplit is Split by encoding/json.
func twinSplit(body []byte) (events []string, err string) {
	const space = " \t\r\n"
	content := strings.Trim(strings.TrimPrefix(string(body), "\ufeff"), space)
	var array []json.RawMessage
	switch {
	case content == "":
		return nil, ErrEmpty.Error()
	case content[0] == '[' && json.Unmarshal([]byte(content), &array) != nil, content[0] == '[' && jsonDepth([]byte(content)) > MaxDepth+1:
		return nil, "syntax"
	case content[0] == '[' && len(array) == 0:
		return nil, ErrEmpty.Error()
	case content[0] == '[':
		for _, raw := range array {
			events = append(events, string(raw))
		}
	case isJSON(content):
		return []string{content}, ""
	default:
		if events = twinLines(content); events == nil {
			return nil, "syntax"
		}
	}
	if len(events) > MaxRequestEvents {
		return nil, ErrTooMany.Error()
	}
	return events, ""
}

func isJSON(s string) bool { return json.Valid([]byte(s)) && jsonDepth([]byte(s)) <= MaxDepth }

// twinLines returns nil where no line is an object.
func twinLines(content string) (events []string) {
	object := false
	for line := range strings.SplitSeq(content, "\n") {
		switch line = strings.Trim(line, " \t\r"); {
		case line == "":
		case isJSON(line):
			object = object || line[0] == '{'
			events = append(events, line)
		default:
			events = append(events, "bad "+line)
		}
	}
	if !object {
		return nil
	}
	return events
}

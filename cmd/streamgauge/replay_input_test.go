package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// readAll reads the texts, written to files, through inputs, and gives each line as "file:line number text".
func readAll(t *testing.T, texts ...string) (lines []string, in *inputs, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	var names []string
	for i, text := range texts {
		names = append(names, fmt.Sprint("f", i))
		if err := os.WriteFile(names[i], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if in, err = openInputs(names, nil); err != nil {
		t.Fatal(err)
	}
	for {
		l, err := in.next(t.Context())
		if err != nil {
			in.Close()
			return lines, in, err
		}
		text := string(l.text)
		if l.err != nil {
			text = l.err.Error()
		}
		lines = append(lines, fmt.Sprintf("%s %d %s", l.place, l.number, text))
	}
}

func TestInputs(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	tests := []struct {
		name  string
		texts []string
		want  []string
	}{
		{"empty", []string{""}, nil},
		{"no end of line", []string{"a\nb"}, []string{"f0:1 1 a", "f0:2 2 b"}},
		{"carriage returns", []string{"a\r\n\r\nb\r\n"}, []string{"f0:1 1 a", "f0:2 2 ", "f0:3 3 b"}},
		{"several", []string{"a\n", "", "b\nc\n"}, []string{"f0:1 1 a", "f2:1 2 b", "f2:2 3 c"}},
		{"compressed", []string{compressed(t, "a\nb\n"), "c\n"}, []string{"f0:1 1 a", "f0:2 2 b", "f1:1 3 c"}},
		{"long", []string{"a\n" + long + "\nb\n"}, []string{"f0:1 1 a", "f0:2 2 " + errLongLine.Error(), "f0:3 3 b"}},
		{"long at the end", []string{long}, []string{"f0:1 1 " + errLongLine.Error()}},
		{"as long as may be", []string{long[:maxLine-1] + "\nb"}, []string{"f0:1 1 " + long[:maxLine-1], "f0:2 2 b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, in, err := readAll(t, test.texts...)
			if !errors.Is(err, io.EOF) || !slices.Equal(got, test.want) {
				t.Errorf("got %.200q, %v; want %.200q", got, err, test.want)
			}
			if _, unread := in.unread(); unread || in.done() != in.size {
				t.Errorf("read %d of %d bytes, unread %v", in.done(), in.size, unread)
			}
		})
	}
}

func TestBrokenInputIsAnErrorWithItsPlace(t *testing.T) {
	z := compressed(t, strings.Repeat("a line\n", 1000))
	lines, in, err := readAll(t, "a\n", z[:len(z)-9])
	if err == nil || !strings.Contains(err.Error(), "read f1:") || len(lines) < 2 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	if at, unread := in.unread(); !unread || at.file != "f1" {
		t.Errorf("unread from %s, %v", at, unread)
	}
}

func TestOpenInputsClosesWhatItOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if in, err := openInputs([]string{path, path + ".missing"}, nil); err == nil {
		t.Errorf("%+v", in)
	}
}

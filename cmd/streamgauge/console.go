package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/rs/zerolog"
	"golang.org/x/term"
)

// console is where a command reads and writes.
type console struct {
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	terminal bool           // stderr is a terminal
	log      zerolog.Logger // to stderr: for people on a terminal, else JSON
}

func newConsole(stdin io.Reader, stdout, stderr io.Writer) *console {
	f, isFile := stderr.(*os.File)
	c := &console{
		stdin:    stdin,
		stdout:   stdout,
		stderr:   zerolog.SyncWriter(stderr), // logs and progress come from many goroutines
		terminal: isFile && term.IsTerminal(int(f.Fd())),
	}
	out := c.stderr
	if c.terminal {
		out = zerolog.ConsoleWriter{Out: overBar{c.stderr}, TimeFormat: time.TimeOnly}
	}
	c.log = zerolog.New(out).With().Timestamp().Logger()
	return c
}

// table writes rows in aligned columns.
func (c *console) table(rows [][]string) error {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, printable(cell))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(c.stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// json writes a value that came from the server, indented.
func (c *console) json(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printable escapes what could move the cursor or break the line. Much of what is shown was sent by strangers: a page's
// address, a record in quarantine.
func printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// plural is a number with its word.
func plural(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

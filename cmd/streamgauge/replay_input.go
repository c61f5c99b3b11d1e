package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// maxLine is the longest line that is read, in bytes; twice the size of an event, for a log may write \xE4 for a byte.
const maxLine = 64 << 10

var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxLine)

// place is where a line stands.
type place struct {
	file string
	line int64 // from 1
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// line is one line of the input, without its end.
type line struct {
	place  place
	number int64 // in all files together, from 1
	text   []byte
	err    error // errLongLine; then there is no text
}

// inputs are the files one after another.
type inputs struct {
	files []*input
	size  int64 // of all files, in bytes; -1 where one of them has none
	read  atomic.Int64

	at     place // of the last line
	number int64 // of the last line
	ended  bool
}

// input is one file. Lines come through a pipe, and not from the file itself: see open.
type input struct {
	name  string
	file  io.Reader
	close func() error
	lines *bufio.Reader // nil until it is this file's turn
}

// openInputs opens all files at once, so that a missing one is found before anything is sent.
func openInputs(names []string, stdin io.Reader) (*inputs, error) {
	in := &inputs{}
	for _, name := range names {
		if name == "-" {
			in.files = append(in.files, &input{name: "stdin", file: stdin, close: func() error { return nil }})
			in.size = -1
			continue
		}
		if err := in.open(name); err != nil {
			in.Close()
			return nil, err
		}
	}
	in.at = place{file: in.files[0].name}
	return in, nil
}

func (in *inputs) open(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err // "open NAME: reason"
	}
	in.files = append(in.files, &input{name: name, file: f, close: f.Close})
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a log", name)
	case !info.Mode().IsRegular():
		in.size = -1
	case in.size >= 0:
		in.size += info.Size()
	}
	return nil
}

// Close closes the files that are open. They were only read, so that an error loses nothing.
func (in *inputs) Close() {
	for _, f := range in.files {
		_ = f.close()
	}
	in.files = nil
}

// done is how much was read, in bytes of the files.
func (in *inputs) done() int64 { return in.read.Load() }

// unread returns the first line that was not read, unless all were.
func (in *inputs) unread() (place, bool) {
	return place{file: in.at.file, line: in.at.line + 1}, !in.ended
}

// next reads a line; the text is valid until the next call. The error is io.EOF after the last line of the last file.
func (in *inputs) next(ctx context.Context) (line, error) {
	for len(in.files) > 0 {
		f := in.files[0]
		if f.lines == nil {
			in.at = place{file: f.name}
			if err := in.start(ctx, f); err != nil {
				return line{}, fmt.Errorf("read %s: %w", f.name, err)
			}
		}
		text, err := readLine(f.lines)
		if err == nil || errors.Is(err, errLongLine) {
			in.at.line++
			in.number++
			return line{place: in.at, number: in.number, text: text, err: err}, nil
		}
		if !errors.Is(err, io.EOF) {
			return line{}, fmt.Errorf("read %s: %w", in.at, err)
		}
		if err := f.close(); err != nil {
			return line{}, fmt.Errorf("close %s: %w", f.name, err)
		}
		in.files = in.files[1:]
	}
	in.ended = true
	return line{}, io.EOF
}

// start begins a file, and sees from its first bytes whether it is compressed.
func (in *inputs) start(ctx context.Context, f *input) error {
	raw := bufio.NewReaderSize(breakable(ctx, countReads(f.file, &in.read)), maxLine)
	f.lines = raw
	if magic, _ := raw.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) { // RFC 1952, section 2.3.1
		return nil
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return err
	}
	f.lines = bufio.NewReaderSize(z, maxLine)
	return nil
}

// readLine reads a line without its end; of one that is too long it reads all and returns nothing.
func readLine(r *bufio.Reader) ([]byte, error) {
	text, more, err := r.ReadLine()
	if !more || err != nil {
		return text, err
	}
	for more && err == nil {
		_, more, err = r.ReadLine()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, errLongLine
}

// breakable makes the end of ctx end a read too. A read of a terminal or a pipe that nobody writes to cannot be broken off: so
// the goroutine that waits in it is the one that nobody waits for. It ends with its input, or with the process.
func breakable(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { out.CloseWithError(context.Cause(ctx)) })
	return out
}

type countingReader struct {
	io.Reader
	n *atomic.Int64
}

func countReads(r io.Reader, n *atomic.Int64) io.Reader { return countingReader{r, n} }

func (c countingReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}

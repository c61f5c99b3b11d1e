package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/event"
)

// hashFiles reads the files once to find out which they are.
func hashFiles(ctx context.Context, names []string) ([]importFile, error) {
	files := make([]importFile, len(names))
	for i, name := range names {
		sum, err := hashFile(ctx, name)
		if err != nil {
			return nil, err
		}
		files[i] = importFile{Name: filepath.Base(name), SHA256: sum}
	}
	return files, nil
}

func hashFile(ctx context.Context, name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err // "open NAME: reason"
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	for {
		if ctx.Err() != nil {
			return "", errInterrupted
		}
		_, err := io.CopyN(h, f, 8<<20)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
	}
}

// importTally counts what became of the lines of this run.
type importTally struct {
	counted   atomic.Int64
	duplicate atomic.Int64
	bot       atomic.Int64
	before    atomic.Int64 // by a run that was interrupted
	bad       notes
}

// Bounds of a batch, so that its request stays below the server's bound, and its answer comes soon.
const (
	batchLines = 2000
	batchBytes = event.MaxRequestBytes / 2
)

// importBatch are lines of one file that follow one another: events, and empty lines where there is none, so that the place of each is known.
type importBatch struct {
	file  int
	first place
	lines int64
	data  []byte
}

// upload sends the files' lines.
type upload struct {
	inputs *inputs
	lines  *lineEncoder
	sender *importSender
	tally  *importTally
	site   string
	files  []string
}

// run returns when every line is acknowledged.
func (u *upload) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan importBatch)
	group.Go(func() error { defer close(batches); return u.read(ctx, batches) })
	for range inFlight {
		group.Go(func() error {
			for b := range batches {
				if err := u.send(ctx, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// read forms batches of the lines.
func (u *upload) read(ctx context.Context, out chan<- importBatch) error {
	b := importBatch{}
	flush := func() error {
		if b.lines == 0 {
			return nil
		}
		select {
		case out <- b:
			b = importBatch{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		before := len(u.inputs.files)
		l, err := u.inputs.next(ctx)
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
		data, err := u.lines.encode(l)
		if err != nil {
			u.tally.bad.add(l.place, err.Error())
		}
		if len(u.inputs.files) != before || b.lines >= batchLines || len(b.data)+len(data) > batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if b.lines == 0 {
			b.file, b.first = len(u.files)-len(u.inputs.files), l.place
		}
		b.data = append(append(b.data, data...), '\n')
		b.lines++
	}
}

// send has a batch acknowledged, and books what became of its lines.
func (u *upload) send(ctx context.Context, b importBatch) error {
	a, err := u.sender.send(ctx, b)
	if err != nil {
		return err
	}
	u.tally.counted.Add(a.Counted)
	u.tally.duplicate.Add(a.Duplicate)
	u.tally.bot.Add(a.Bot)
	u.tally.before.Add(a.Before)
	for _, bad := range a.Bad {
		u.tally.bad.add(place{b.first.file, bad.Line}, bad.Reason)
	}
	return nil
}

// progress is what the console shows of a running import.
func (u *upload) progress() (done, total int64, text string) {
	t := u.tally
	done, total = u.inputs.done(), u.inputs.size
	text = fmt.Sprintf("%d counted, %d duplicate, %d bot", t.counted.Load(), t.duplicate.Load(), t.bot.Load())
	if n := t.before.Load(); n > 0 {
		text += fmt.Sprintf(", %d sent before", n)
	}
	if n := t.bad.count(); n > 0 {
		text += fmt.Sprintf(", %d bad", n)
	}
	return done, total, text
}

// importSender posts batches until each is acknowledged. Several goroutines may send at a time.
type importSender struct {
	client      *client
	path, site  string
	giveUpAfter time.Duration
	log         zerolog.Logger
	progressed  atomic.Int64 // Unix nanoseconds of the last acknowledgement, of any batch
}

// importAnswer is the answer to a batch.
type importAnswer struct {
	Counted, Duplicate, Bot, Before int64
	Bad                             []struct {
		Line   int64
		Reason string
	}
}

// send posts a batch again and again, until it is acknowledged or nothing was for giveUpAfter. The server knows what it has.
func (s *importSender) send(ctx context.Context, b importBatch) (a importAnswer, err error) {
	begun := time.Now().UnixNano()
	for attempt := 0; ; attempt++ {
		err = s.post(ctx, b, &a)
		if err == nil {
			s.progressed.Store(time.Now().UnixNano())
			return a, nil
		}
		if ctx.Err() != nil || !passing(err) {
			return a, err
		}
		if since := time.Since(time.Unix(0, max(begun, s.progressed.Load()))); since >= s.giveUpAfter {
			return a, fmt.Errorf("gave up after %s without an answer: %w", s.giveUpAfter, err)
		}
		wait := backoff(attempt)
		s.log.Warn().Int64("lines", b.lines).Err(err).Str("wait", wait.Round(time.Millisecond).String()).Msg("not acknowledged, will be sent again")
		if err := sleep(ctx, wait); err != nil {
			return a, err
		}
	}
}

// passing reports whether another attempt may end better.
func passing(err error) bool {
	e, answered := errors.AsType[*apiError](err)
	return !answered || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

func (s *importSender) post(ctx context.Context, b importBatch, a *importAnswer) error {
	q := url.Values{"site": {s.site}, "file": {strconv.Itoa(b.file)}, "line": {strconv.FormatInt(b.first.line, 10)}}
	resp, err := s.client.send(ctx, http.MethodPost, s.path, q, ndjsonMedia, bytes.NewReader(b.data))
	if err != nil {
		return err
	}
	return decodeAnswer(resp, a)
}

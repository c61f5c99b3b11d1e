package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// How often progress is shown: a bar on a terminal is drawn anew, elsewhere a line is written.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
)

// progress shows how far long work is, until the returned function is called, which waits for the last drawing. now gives
// what is done, of what total (-1 when nobody knows), and a few words; it is called from another goroutine.
func (c *console) progress(now func() (done, total int64, text string)) (stop func()) {
	every, draw, finish := lineEvery, c.line, func() {}
	if c.terminal {
		every = barEvery
		draw, finish = c.bar()
	}
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer finish()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				draw(now())
			case <-end:
				return
			}
		}
	})
	return func() { close(end); wg.Wait() }
}

func (c *console) line(done, total int64, text string) {
	if total > 0 {
		text = fmt.Sprintf("%d%%, %s", 100*done/total, text)
	}
	fmt.Fprintln(c.stderr, text)
}

// bar draws a bar, or a spinner where the total is unknown, and wipes it out at the end.
func (c *console) bar() (draw func(done, total int64, text string), finish func()) {
	var bar *progressbar.ProgressBar
	draw = func(done, total int64, text string) {
		if bar == nil {
			bar = c.newBar(total)
		}
		bar.Describe(text)
		_ = bar.Set64(done) // an error of a terminal is nobody's concern
	}
	finish = func() {
		if bar != nil {
			_ = bar.Exit()
			_ = bar.Clear()
		}
	}
	return draw, finish
}

func (c *console) newBar(total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(c.stderr),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0), // or the spinner has a goroutine of its own, with no end
		progressbar.OptionUseANSICodes(true),
	)
}

// overBar writes lines of the log over a bar, which is drawn again below them.
type overBar struct{ io.Writer }

func (o overBar) Write(line []byte) (int, error) {
	_, err := o.Writer.Write(append([]byte("\r\x1b[K"), line...))
	return len(line), err
}

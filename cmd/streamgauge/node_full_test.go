package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/stream"
)

// On a full disk every request of a busy site wrote a line into a log on that disk.
func TestFullDiskIsLoggedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n := &node{log: zerolog.New(&log), full: rate.Sometimes{Interval: fullAgain}}
		for range 50 {
			for _, full := range []error{store.ErrFull, stream.ErrFull} {
				n.failed(fmt.Errorf("write: %w", full), "request failed")
			}
			n.failed(errors.New("something else"), "request failed")
			time.Sleep(time.Second)
		}
		if lines := strings.Count(log.String(), "no space") + strings.Count(log.String(), "full"); lines != 5 {
			t.Errorf("%d lines in 50 s of a full disk:\n%s", lines, log.String())
		}
		if others := strings.Count(log.String(), "something else"); others != 50 {
			t.Errorf("%d of 50 other errors were logged", others)
		}
	})
}

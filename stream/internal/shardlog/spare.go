package shardlog

import (
	"path"
	"sync/atomic"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// spare is the next segment, zeroed in the background while records fill the second half of the active one: bit by bit, as far as they have come. All at once
// it was a quarter of a second in which the disk had little time for the syncs of records.
type spare struct {
	size    int64
	granted atomic.Int64  // how far it may be zeroed
	stop    atomic.Bool   // no further
	changed chan struct{} // holds one when one of the two was changed

	done chan struct{} // closed when file and err are set
	file disk.File
	err  error
}

// grant lets the zeros go on to an offset.
func (sp *spare) grant(upTo int64) {
	if upTo <= sp.granted.Load() {
		return
	}
	sp.granted.Store(upTo)
	sp.notify()
}

// notify lets may look again. One token is enough: it looks at everything each time.
func (sp *spare) notify() {
	select {
	case sp.changed <- struct{}{}:
	default:
	}
}

// may waits until the zeros may go on to an offset. It answers false if they shall not go on at all.
func (sp *spare) may(upTo int64) bool {
	for !sp.stop.Load() && sp.granted.Load() < upTo {
		<-sp.changed
	}
	return !sp.stop.Load()
}

// prepareSpare sees to it that the next segment is there when the active one, used up to an offset, is full. The caller holds commit, as for what follows.
func (l *Log) prepareSpare(used int64) {
	if used < l.size/2 {
		return
	}
	if l.spare == nil {
		l.startSpare()
	}
	l.spare.grant(granted(used, l.size, l.spare.size))
}

// granted is how far the next segment is zeroed when the active one is used so far: to its end when that is full to three quarters, or it would be waited for. The
// first chunk is free: a small segment is made at once.
func granted(used, size, spare int64) int64 {
	share := float64(used-size/2) / float64(max(1, size/4))
	return min(spare, zeroChunk+int64(share*float64(spare)))
}

func (l *Log) startSpare() {
	sp := &spare{size: l.nextSize(), changed: make(chan struct{}, 1), done: make(chan struct{})}
	l.spare = sp
	go func() { // Close waits for it in dropSpare
		defer close(sp.done)
		sp.file, sp.err = makeSpare(l.cfg.FS, l.cfg.Dir, sp.size, sp.may)
	}()
}

// dropSpare stops the making of the next segment and removes it.
func (l *Log) dropSpare() error {
	sp := l.spare
	if sp == nil {
		return nil
	}
	l.spare = nil
	sp.stop.Store(true)
	sp.notify()
	<-sp.done
	if sp.err != nil {
		return nil // it left no file; whoever needs a segment makes one and reports
	}
	return discard(l.cfg.FS, sp.file, path.Join(l.cfg.Dir, spareName))
}

package aggregate

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/streamgauge/streamgauge/store"
)

// logState is what a committer knows of a log: which ids and copies are in its deltas, and how many deltas there are. It may be
// behind the store, when someone else appends; the conditional append finds that out.
type logState struct {
	// mu is held over a whole commit to the log, its store calls included: two commits of one process then do not race for the
	// same number. A goroutine holds at most one of these.
	mu  sync.Mutex
	n   uint32 // number of the last delta known
	ids map[uint64]idState
	// others are the copies that are not counted, by their tags.
	others map[uint64]Outcome
	// holds are the ids that imports count, with their generations; nil where there are none.
	holds map[uint64]uint32
	// freed are the ids that were held and are so no more; nil where there are none.
	freed map[uint64]bool
	// origins are the deltas that those of an edition's log stand for; nil where there are none.
	origins map[origin]bool
	mark    markState
	// listed: the cell is in the index of cells that exist.
	listed bool
}

// idKind says how an id came into a log.
type idKind uint8

const (
	idCounted idKind = iota + 1
	idGuarded        // belongs here by its own time, is counted elsewhere
)

// idState is how an id came into a log, and where it is counted the short tag of the copy that was.
type idState uint32

func countedAs(tag uint32) idState        { return idState(idCounted)<<shortTagBits | idState(tag) }
func (s idState) kind() idKind            { return idKind(s >> shortTagBits) }
func (s idState) counted(tag uint64) bool { return s == countedAs(shortTag(tag)) }

const guardedID = idState(idGuarded) << shortTagBits

func newLogState() *logState {
	return &logState{ids: make(map[uint64]idState), others: make(map[uint64]Outcome)}
}

// catchUp reads the deltas that are not known yet.
func (st *logState) catchUp(ctx context.Context, logs logStore, log Log) error {
	entries, err := logs.Read(ctx, log.key(), st.n, store.Bodies)
	if err != nil {
		return fmt.Errorf("read log of %v: %w", log, err)
	}
	for _, e := range entries {
		if e.N != st.n+1 { // appended behind the read; see eachEntry
			break
		}
		d, err := decodeDelta(e.Body, false)
		if err != nil {
			return fmt.Errorf("delta %d of %v: %w", e.N, log, err)
		}
		st.apply(e.N, d)
	}
	return nil
}

// apply notes that delta n is in the log.
func (st *logState) apply(n uint32, d *delta) {
	for _, c := range d.counted {
		st.ids[c.id] = countedAs(c.tag)
	}
	for _, id := range d.guards {
		st.ids[id] = guardedID
	}
	if len(d.holds) > 0 && st.holds == nil {
		st.holds = make(map[uint64]uint32)
	}
	for _, id := range d.holds {
		st.holds[id] = d.holder
	}
	if len(d.origins) > 0 && st.origins == nil {
		st.origins = make(map[origin]bool)
	}
	for _, o := range d.origins {
		st.origins[o] = true
	}
	for _, o := range d.others {
		st.others[o.tag] = o.outcome
	}
	st.n = n
}

// size estimates the memory of the state, in bytes. A slot of a map has its key, its value and a byte, is aligned, and two thirds of them are in use.
func (st *logState) size() int {
	return 512 + 21*len(st.ids) + 27*len(st.others) + 27*len(st.holds) + 27*len(st.freed) + 20*len(st.origins)
}

// has reports whether the outcome of this very copy is in the log.
func (st *logState) has(cp *Copy) bool {
	_, there := st.others[cp.Tag]
	return there || st.ids[cp.ID].counted(cp.Tag)
}

// knows reports whether an event of that id is not to be counted again: it is counted here, or elsewhere, or by an import.
func (st *logState) knows(id uint64) bool {
	_, before := st.ids[id]
	return before || st.holds[id] != 0
}

// warm keeps the states of recent logs in a bounded amount of memory. Throwing one out is always safe.
type warm struct {
	mu    sync.Mutex // guards everything below; never held over a store call
	lru   *simplelru.LRU[Log, *logState]
	sizes map[Log]int
	bytes int
	max   int
}

func newWarm(maxBytes int) *warm {
	w := &warm{sizes: make(map[Log]int), max: maxBytes}
	w.lru, _ = simplelru.NewLRU(1<<30, func(log Log, _ *logState) { // fails only for a size below one
		w.bytes -= w.sizes[log]
		delete(w.sizes, log)
	})
	return w
}

// get returns the state of a log, which may be empty, for the caller to lock.
func (w *warm) get(log Log) *logState {
	w.mu.Lock()
	defer w.mu.Unlock()
	if st, ok := w.lru.Get(log); ok {
		return st
	}
	st := newLogState()
	w.lru.Add(log, st)
	return st
}

// settle accounts for a state that a commit has used, and throws out the oldest until all fit.
func (w *warm) settle(log Log, st *logState) {
	size := st.size()
	w.mu.Lock()
	defer w.mu.Unlock()
	if cur, ok := w.lru.Peek(log); !ok || cur != st {
		return
	}
	w.bytes += size - w.sizes[log]
	w.sizes[log] = size
	for w.bytes > w.max && w.lru.Len() > 1 {
		w.lru.RemoveOldest()
	}
}

// forget drops a state that can no longer be trusted to be a prefix of the log.
func (w *warm) forget(log Log) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lru.Remove(log)
}

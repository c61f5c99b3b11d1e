package producer

import (
	"strings"
	"time"
)

// itemOverhead is what an item costs of the buffer beside its bytes: its entry, its share of a lane and of a request.
const itemOverhead = 256

// pending is an item that was taken and has no result yet.
type pending struct {
	data  []byte
	call  *call
	epoch *epoch
	next  *pending // the following item of the same lane or record
	index int32    // its place in the call
}

// lane is the queue of the items of one partition key. It is ready (in the queue's list), or busy (a record of it is in flight or
// waits for its retry), never both: this alone keeps the order of a key.
type lane struct {
	key        string
	head, tail *pending
	bytes      int // of the items in it, with newlines
	busy       bool
	since      time.Time // when it became ready
	next       *lane     // the following ready lane
}

func newLane(key string) *lane {
	// The caller's key may be a part of a buffer that is used again as soon as its items are resolved; the lane can outlive them.
	return &lane{key: strings.Clone(key)}
}

func (l *lane) push(p *pending) {
	if l.head == nil {
		l.head = p
	} else {
		l.tail.next = p
	}
	l.tail = p
	l.bytes += len(p.data) + 1
}

// pack takes items off the front for one record of at most limit bytes, key included; at most room, and that also if the first
// item alone is above limit. It returns nil if the first item does not fit into room.
func (l *lane) pack(limit, room int) *record {
	size := len(l.key) + len(l.head.data)
	if size > room {
		return nil
	}
	r := &record{lane: l, head: l.head, items: 1, size: size}
	last := l.head
	for p := last.next; p != nil && r.size+1+len(p.data) <= min(limit, room); p = p.next {
		r.size += 1 + len(p.data)
		r.items++
		last = p
	}
	l.head, last.next = last.next, nil
	l.bytes -= r.size - len(l.key) + 1
	return r
}

// record is a packed record: from the moment it is made until all its items have their result.
type record struct {
	lane     *lane
	head     *pending
	items    int
	size     int    // key and data, in bytes
	data     []byte // made at the first attempt
	attempts int
	first    time.Time // start of the first attempt
	cause    error     // of the last attempt
	result   Result
}

// cost is what its items take of the buffer.
func (r *record) cost() int {
	key := len(r.lane.key)
	newlines := r.items - 1
	return r.size - key - newlines + r.items*(key+itemOverhead)
}

// bytes joins the items with newlines; a record of one item shares the caller's bytes. What was joined is let go of, so that packing does
// not hold everything twice.
func (r *record) bytes() []byte {
	if r.data != nil {
		return r.data
	}
	r.data = r.head.data
	if r.items > 1 {
		r.data = make([]byte, 0, r.size-len(r.lane.key))
		for p := r.head; p != nil; p = p.next {
			if p != r.head {
				r.data = append(r.data, '\n')
			}
			r.data = append(r.data, p.data...)
			p.data = nil
		}
	}
	return r.data
}

package producer

import (
	"time"
	"unsafe"
)

// itemOverhead is what an item costs of the buffer beside its bytes: its entry, its share of a lane and of a request.
const itemOverhead = 256

// pending is an item that was taken and has no result yet.
type pending struct {
	data  []byte
	call  *call
	epoch *epoch
	next  *pending // the following item of the same lane or record
	spool uint64   // its number in the spool, if there is one
	index int32    // its place in the call
}

// lane is the queue of the items of one partition key. It is ready (in its group's list), or busy (a record of it is in flight or
// waits for its retry), never both: this alone keeps the order of a key.
type lane struct {
	key        string
	group      *group
	head, tail *pending
	bytes      int // of the items in it, with newlines
	busy       bool
	since      time.Time // when it became ready
	next       *lane     // the following ready lane
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

// framing is what a record costs beside the bytes of its items.
type framing struct {
	alone int // with one item
	more  int // with several
	item  int // each of several
}

// pack takes items off the front for one record of at most limit bytes, framing included; at most room, and that also if the first
// item alone is above limit. It returns false, and leaves the record as it is, if the first item does not fit into room.
func (l *lane) pack(r *record, f framing, limit, room int) bool {
	last := l.head
	size := f.alone + len(last.data)
	if size > room {
		return false
	}
	r.lane, r.head, r.items = l, last, 1
	data := len(last.data)
	full := f.more + f.item + len(last.data)
	for p := last.next; p != nil && full+f.item+len(p.data) <= min(limit, room); p = p.next {
		full += f.item + len(p.data)
		data += len(p.data)
		r.items++
		last, size = p, full
	}
	l.head, last.next = last.next, nil
	l.bytes -= data + r.items
	r.size, r.cost = size, int64(data+r.items*(len(l.key)+itemOverhead))
	return true
}

// lanes makes lanes. Those that are not used any more are used again: a visitor's lane lives as long as a request.
type lanes struct {
	idle []*lane
	keys []byte // where the next keys go
}

const (
	maxIdle  = 1024    // lanes
	keyBlock = 2 << 10 // bytes
)

// get returns an empty lane. Its key is a copy: the caller's may be a part of a buffer that is used again as soon as its items are resolved,
// and the lane can outlive them. Short keys share blocks, which are never written again.
func (s *lanes) get(key string) *lane {
	var l *lane
	if n := len(s.idle); n > 0 {
		l, s.idle = s.idle[n-1], s.idle[:n-1]
	} else {
		l = &lane{}
	}
	if len(s.keys)+len(key) > cap(s.keys) {
		s.keys = make([]byte, 0, max(keyBlock, len(key)))
	}
	from := len(s.keys)
	s.keys = append(s.keys, key...)
	l.key = unsafe.String(&s.keys[from], len(key))
	return l
}

// put takes a lane back that is empty and not busy.
func (s *lanes) put(l *lane) {
	if len(s.idle) < maxIdle {
		l.key, l.group, l.tail = "", nil, nil
		s.idle = append(s.idle, l)
	}
}

package producer

import (
	"slices"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/event/kpl"
)

// record is a packed record: from the moment it is made until all its items have their result.
type record struct {
	lane      *lane
	head      *pending
	items     int
	size      int     // key and data in bytes: an upper bound until the data are made. Zero in what another leads
	cost      int64   // of its items in the buffer
	also      *record // the next key in the same record of the stream
	misplaced bool    // lies on another shard than that of its key
	data      []byte  // made at the first attempt
	attempts  int
	first     time.Time // start of the first attempt
	cause     error     // of the last attempt
	result    Result
}

// records are the records of one request, made at once. They are released together: see release.
type records []record

// first returns the record that is next. It stays the next until take.
func (s *records) first() *record {
	if len(*s) == 0 {
		*s = make(records, 1)
	}
	return &(*s)[0]
}

func (s *records) take() { *s = (*s)[1:] }

// release lets go of what resolved records hold: others of the same request may live on.
func release(resolved []*record) {
	for _, r := range resolved {
		for m := r; m != nil; {
			next := m.also
			*m = record{}
			m = next
		}
	}
}

// Compressor makes data smaller. Compress appends to dst and may be called concurrently.
type Compressor interface {
	Compress(dst, src []byte) []byte
}

// minCompressed is the size from which compressing is tried. Kinesis bills a record in steps of 25 KiB, so the small ones are not
// worth the time.
const minCompressed = 1 << 10

// bytes makes the data of a record. A record of one item shares the caller's bytes. Where items are joined, theirs become parts of what
// was joined, in the request's buffer, so that nothing is held twice.
func (r *record) bytes(o *Options, joined *[]byte) []byte {
	if r.data == nil {
		r.data = r.make(o, joined)
		r.size = len(r.lane.key) + len(r.data)
	}
	return r.data
}

func (r *record) make(o *Options, joined *[]byte) []byte {
	switch {
	case o.Compressor != nil:
		return r.compressed(o.Compressor)
	case r.items == 1 && r.also == nil:
		return r.head.data
	case o.Aggregation != NoAggregation:
		return r.aggregated()
	}
	all := *joined
	begin := len(all)
	for p := r.head; p != nil; p = p.next {
		if p != r.head {
			all = append(all, '\n')
		}
		from := len(all)
		all = append(all, p.data...)
		p.data = all[from:len(all):len(all)]
	}
	*joined = all
	return all[begin:len(all):len(all)]
}

// joins is how many bytes the record takes of the buffer of its request, at most.
func (r *record) joins(o *Options) int {
	if r.data != nil || r.items == 1 || o.Compressor != nil || o.Aggregation != NoAggregation {
		return 0
	}
	return r.size - len(r.lane.key)
}

// aggregated is the record in the format of the KPL, each item a user record.
func (r *record) aggregated() []byte {
	w := kpl.NewWriter(make([]byte, 0, r.size))
	for m := r; m != nil; m = m.also {
		w.Key(m.lane.key)
	}
	key := 0
	for m := r; m != nil; m = m.also {
		for p := m.head; p != nil; p = p.next {
			p.data = w.Record(key, p.data)
		}
		key++
	}
	return w.Finish()
}

var joinBuffers = sync.Pool{New: func() any { return new([]byte) }}

// compressed is the record smaller, if it is worth it. The items keep their own bytes.
func (r *record) compressed(c Compressor) []byte {
	buf := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(buf)
	joined := (*buf)[:0]
	for p := r.head; p != nil; p = p.next {
		if p != r.head {
			joined = append(joined, '\n')
		}
		joined = append(joined, p.data...)
	}
	*buf = joined
	if len(joined) >= minCompressed {
		if small := c.Compress(nil, joined); len(small) < len(joined) {
			return small
		}
	}
	if r.items == 1 {
		return r.head.data
	}
	return slices.Clone(joined)
}

// split makes a record of each key of an aggregated one.
func (r *record) split(o *Options) (all []*record) {
	attempts, first := r.attempts, r.first
	for m := r; m != nil; {
		next := m.also
		m.also, m.data, m.attempts, m.first = nil, nil, attempts, first
		f, _ := o.framingOf(m.lane.key)
		m.size = f.more
		for p := m.head; p != nil; p = p.next {
			m.size += f.item + len(p.data)
		}
		all = append(all, m)
		m = next
	}
	return all
}

// framingOf returns what the first key of a record costs, and every further one.
func (o *Options) framingOf(key string) (first, further framing) {
	if o.Aggregation == NoAggregation {
		return framing{alone: len(key), more: len(key) - 1, item: 1}, framing{}
	}
	table := kpl.KeyOverhead + len(key)
	first = framing{alone: len(key), more: len(key) + kpl.Overhead + table, item: kpl.ItemOverhead}
	further = framing{alone: table + kpl.ItemOverhead, more: table, item: kpl.ItemOverhead}
	return first, further
}

package pipeline

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/store"
)

const minuteMS = int64(time.Minute / time.Millisecond)

// minutesPartition holds the minutes of all processes.
const minutesPartition = "M"

// minute is what a process, or all together, saw of the pipeline in a minute. docs/FORMATS.md has its form.
type minute struct {
	Accepted uint64                 `json:"accepted,omitempty"`
	Invalid  uint64                 `json:"invalid,omitempty"`
	Retry    uint64                 `json:"retry,omitempty"`
	Ack      durations              `json:"ack,omitzero"`
	Delay    durations              `json:"delay,omitzero"`
	Shards   map[string]shardMinute `json:"shards,omitempty"`
}

// shardMinute is the consumption of a shard in a minute.
type shardMinute struct {
	Records    uint64    `json:"records,omitempty"` // that are done
	Bytes      uint64    `json:"bytes,omitempty"`
	Batches    uint64    `json:"batches,omitempty"`
	Unfinished uint64    `json:"unfinished,omitempty"` // batches that are delivered again
	AgeMS      int64     `json:"age_ms,omitempty"`     // how old the first record of a batch was, at most
	Took       durations `json:"took,omitzero"`
	Done       moment    `json:"done,omitzero"` // the last batch that was done, and that was not
	Failed     moment    `json:"failed,omitzero"`
}

// moment is a batch, by when it ended and how old its first record was when it began.
type moment struct {
	AtMS  int64 `json:"at"` // Unix
	AgeMS int64 `json:"age_ms"`
}

func (m moment) orLater(o moment) moment {
	if o.AtMS > m.AtMS {
		return o
	}
	return m
}

// durations are those of a minute, in seconds. In JSON they are the bytes of the sketch.
type durations struct{ sketch.Quantiles }

// IsZero reports whether there are none.
func (d durations) IsZero() bool { return d.Count() == 0 }

// MarshalJSON implements json.Marshaler.
func (d durations) MarshalJSON() ([]byte, error) { return json.Marshal(d.AppendBinary(nil)) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *durations) UnmarshalJSON(b []byte) error {
	var binary []byte
	if err := json.Unmarshal(b, &binary); err != nil {
		return err
	}
	q, err := sketch.DecodeQuantiles(binary)
	if err != nil {
		return err
	}
	d.Quantiles = *q
	return nil
}

func (d *durations) add(took time.Duration, n uint64) { d.AddBin(sketch.Bin(took.Seconds()), n) }

// merge adds what another process saw in the minute, or what was seen in another one.
func (m *minute) merge(o *minute) {
	m.Accepted += o.Accepted
	m.Invalid += o.Invalid
	m.Retry += o.Retry
	m.Ack.Merge(&o.Ack.Quantiles)
	m.Delay.Merge(&o.Delay.Quantiles)
	for id, s := range o.Shards {
		m.shard(id, func(sum *shardMinute) { sum.merge(&s) })
	}
}

func (s *shardMinute) merge(o *shardMinute) {
	s.Records += o.Records
	s.Bytes += o.Bytes
	s.Batches += o.Batches
	s.Unfinished += o.Unfinished
	s.AgeMS = max(s.AgeMS, o.AgeMS)
	s.Took.Merge(&o.Took.Quantiles)
	s.Done, s.Failed = s.Done.orLater(o.Done), s.Failed.orLater(o.Failed)
}

// shard changes what is noted of a shard.
func (m *minute) shard(id string, change func(*shardMinute)) {
	if m.Shards == nil {
		m.Shards = make(map[string]shardMinute)
	}
	s := m.Shards[id]
	change(&s)
	m.Shards[id] = s
}

// minuteKey is where a process notes a minute.
func minuteKey(start int64, process string) store.Key {
	return store.Key{Partition: minutesPartition, Sort: timeKey(start) + "#" + process}
}

// timeKey sorts as the time does.
func timeKey(ms int64) string { return fmt.Sprintf("%012x", ms) }

// decodeMinute reads the minute of a process, and when it begins.
func decodeMinute(it store.Item) (start int64, m *minute, err error) {
	at, _, _ := strings.Cut(it.Key.Sort, "#")
	if start, err = strconv.ParseInt(at, 16, 64); err != nil {
		return 0, nil, fmt.Errorf("decode minute %q: %w", it.Key.Sort, err)
	}
	m = new(minute)
	if err := json.Unmarshal(it.Value, m); err != nil {
		return 0, nil, fmt.Errorf("decode minute %q: %w", it.Key.Sort, err)
	}
	return start, m, nil
}

package stream

import (
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// What Kinesis grants a shard in a second.
const (
	shardRecordsIn = 1000
	shardBytesIn   = 1 << 20 // data and partition keys
	shardReads     = 5
	shardBytesOut  = 2 << 20
)

// meter is how much of its throughput a shard has left. A nil meter grants everything.
type meter struct {
	mu sync.Mutex // guards all below

	recordsIn, bytesIn, reads, bytesOut bucket
}

// newMeter returns the meter of a shard, full.
func (b *Broker) newMeter() *meter {
	if !b.opt.EnforceLimits {
		return nil
	}
	full := func(perSecond float64) bucket { return bucket{rate: perSecond, level: perSecond, at: b.now()} }
	return &meter{recordsIn: full(shardRecordsIn), bytesIn: full(shardBytesIn), reads: full(shardReads), bytesOut: full(shardBytesOut)}
}

// bucket fills with rate a second, up to what a second brings. Below 0 it is in debt.
type bucket struct {
	rate, level float64
	at          int64 // Unix ms of level
}

func (k *bucket) fill(nowMS int64) {
	if passed := nowMS - k.at; passed > 0 { // the clock may step back
		k.level = min(k.rate, k.level+k.rate*float64(passed)/1000)
	}
	k.at = nowMS
}

// put takes the throughput of one record, if it is there. A record that is larger than a second's worth goes when the
// bucket is full.
func (m *meter) put(size int, nowMS int64) bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recordsIn.fill(nowMS)
	m.bytesIn.fill(nowMS)
	if m.recordsIn.level < 1 || m.bytesIn.level < min(float64(size), m.bytesIn.rate) {
		return false
	}
	m.recordsIn.level--
	m.bytesIn.level -= float64(size)
	return true
}

// read takes the throughput of one read, if it is there. What the read returns is charged later.
func (m *meter) read(nowMS int64) bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads.fill(nowMS)
	m.bytesOut.fill(nowMS)
	if m.reads.level < 1 || m.bytesOut.level <= 0 {
		return false
	}
	m.reads.level--
	return true
}

// charge takes what a read returned. After 10 MiB no read is granted for 5 seconds, says Kinesis: so what is more than a
// second's worth uses up that second, too.
func (m *meter) charge(returned []shardlog.Entry) {
	if m == nil {
		return
	}
	bytes := 0
	for i := range returned {
		bytes += len(returned[i].Key) + len(returned[i].Data)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytesOut.level -= float64(bytes); float64(bytes) > m.bytesOut.rate {
		m.bytesOut.level = -float64(bytes)
	}
}

// throttle keeps in each part what its shard lets in.
func (b *Broker) throttle(parts []*part) {
	if !b.opt.EnforceLimits {
		return
	}
	now := b.now()
	for _, p := range parts {
		p.throttle(now)
	}
}

// throttle takes the records for which there is no throughput out of a part of a PutRecords. Each is judged by itself, so
// a small one may go where a large one before it could not.
func (p *part) throttle(nowMS int64) {
	kept := 0
	for i, r := range p.records {
		if !p.shard.meter.put(len(r.Key)+len(r.Data), nowMS) {
			p.throttled = append(p.throttled, p.at[i])
			continue
		}
		p.records[kept], p.at[kept] = r, p.at[i]
		kept++
	}
	p.records, p.at = p.records[:kept], p.at[:kept]
}

// reportThrottled marks the records that were taken out.
func (b *Broker) reportThrottled(s *dataStream, parts []*part, out *kinesis.PutRecordsOutput) {
	for _, p := range parts {
		if len(p.throttled) > 0 {
			report(out, p.throttled, (*types.ProvisionedThroughputExceededException)(nil).ErrorCode(), b.rateMessage(s, p.shard))
		}
	}
}

// rateMessage is what Kinesis says of a shard without throughput.
func (b *Broker) rateMessage(s *dataStream, sh *shard) string {
	return fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", sh.id, s.Name, b.opt.Account)
}

func (b *Broker) rateExceeded(s *dataStream, sh *shard) error {
	message := b.rateMessage(s, sh)
	return &types.ProvisionedThroughputExceededException{Message: &message}
}

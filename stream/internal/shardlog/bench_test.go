package shardlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/stream/disk"
)

func benchConfig(b *testing.B) Config {
	b.Helper()
	return Config{
		FS: disk.OS{}, Dir: b.TempDir() + "/log", Created: 1_700_000_000, SegmentBytes: 64 << 20, Tail: NewTail(32 << 20),
		Now: func() int64 { return time.Now().UnixMilli() },
	}
}

// benchRecords are n records of 423 bytes, keys of 36 included.
func benchRecords(n int) []Record {
	records := make([]Record, n)
	for i := range records {
		records[i] = Record{Key: fmt.Sprintf("%036d", i), Data: make([]byte, 423-36)}
	}
	return records
}

func cpuMicros(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec)*1e6 + float64(u.Utime.Usec+u.Stime.Usec)
}

// BenchmarkAppend reports the CPU time of one record of 423 bytes in batches of 500, each with one sync.
func BenchmarkAppend(b *testing.B) {
	l, err := Open(benchConfig(b))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	records := benchRecords(500)
	b.ReportAllocs()
	before := cpuMicros(b)
	for b.Loop() {
		if _, err := l.Append(context.Background(), records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuMicros(b)-before)/float64(b.N*len(records)), "cpu-µs/record")
}

// BenchmarkGroupCommit lets 64 callers append 10 records each, again and again, and reports the p99 of their calls beside
// the p99 of a raw synced write of 4 KiB, which is measured between them.
func BenchmarkGroupCommit(b *testing.B) {
	const callers, calls = 64, 50
	cfg := benchConfig(b)
	l, err := Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	records := benchRecords(10)
	raw := newRawDisk(b)
	var took, syncs []time.Duration
	start := time.Duration(0)
	for b.Loop() {
		syncs = append(syncs, raw.writes(b, 200)...)
		each := make([][]time.Duration, callers)
		began := time.Now()
		var group sync.WaitGroup
		for i := range each {
			group.Go(func() {
				for range calls {
					at := time.Now()
					if _, err := l.Append(context.Background(), records); err != nil {
						b.Error(err)
					}
					each[i] = append(each[i], time.Since(at))
				}
			})
		}
		group.Wait()
		start += time.Since(began)
		took = append(took, slices.Concat(each...)...)
	}
	group, sync := p99(took), p99(syncs)
	b.ReportMetric(float64(len(took)*len(records))/start.Seconds(), "records/s")
	b.ReportMetric(float64(group.Microseconds()), "p99-µs")
	b.ReportMetric(float64(sync.Microseconds()), "raw-p99-µs")
	b.ReportMetric(float64(group)/float64(sync), "ratio")
}

func p99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

// rawDisk is a zeroed file that is written in pieces of 4 KiB, each synced.
type rawDisk struct {
	file disk.File
	at   int64
}

const rawSize = 8 << 20

func newRawDisk(b *testing.B) *rawDisk {
	b.Helper()
	f, err := disk.OS{}.Create(b.TempDir() + "/raw")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	if err := writeZeros(f, rawSize, atOnce); err != nil {
		b.Fatal(err)
	}
	return &rawDisk{file: f}
}

func (d *rawDisk) writes(b *testing.B, n int) (took []time.Duration) {
	block := make([]byte, 4<<10)
	for range n {
		start := time.Now()
		if _, err := d.file.WriteAt(block, d.at); err != nil {
			b.Fatal(err)
		}
		if err := d.file.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		d.at = (d.at + int64(len(block))) % rawSize
	}
	return took
}

// BenchmarkOpen opens four logs that together have 10 GiB in full-grown segments. Only the last segment of each has its
// records, as nothing else is read; the others are sparse behind their first frame.
func BenchmarkOpen(b *testing.B) {
	const logs, segments = 4, 40
	cfg := benchConfig(b)
	dir := cfg.Dir
	for i := range logs {
		cfg.Dir = fmt.Sprint(dir, i)
		sparseLog(b, cfg, segments)
	}
	for b.Loop() {
		for i := range logs {
			cfg.Dir = fmt.Sprint(dir, i)
			l, err := Open(cfg)
			if err != nil {
				b.Fatal(err)
			}
			if l.End() <= (segments-1)*1e6+1 {
				b.Fatalf("it ends at %d", l.End())
			}
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func sparseLog(b *testing.B, cfg Config, segments int) {
	b.Helper()
	if err := disk.MkdirAll(cfg.FS, cfg.Dir); err != nil {
		b.Fatal(err)
	}
	payload := []byte{}
	for range frameTarget / 430 {
		payload = appendRecord(payload, benchRecords(1)[0])
	}
	for i := range segments {
		s := &segment{name: segmentName(cfg.Dir, uint64(1+i*1e6)), base: uint64(1 + i*1e6)}
		f, err := cfg.FS.Create(s.name)
		if err != nil {
			b.Fatal(err)
		}
		w := frameWriter{to: f, at: segmentHeader, salt: 1, next: s.base, arrival: cfg.Now()}
		_, err = f.WriteAt(encodeSegmentHeader(s.base, cfg.Created, w.salt), 0)
		fill := int64(1)
		if i == segments-1 {
			fill = cfg.SegmentBytes - 2*frameTarget
		}
		for err == nil && w.at < fill {
			err = w.write(frame{first: w.next, arrival: w.arrival, count: frameTarget / 430, payload: payload})
		}
		if err := errors.Join(err, f.Truncate(cfg.SegmentBytes), f.Sync(), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

package embedded

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/streamgauge/streamgauge/store"
)

var benchDelta = store.Delta{Head: make([]byte, 1<<10), Body: make([]byte, 8<<10)}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, Options{Dir: b.TempDir()})
			var last atomic.Uint32
			b.ReportAllocs()
			b.SetParallelism(max(1, writers/2)) // times GOMAXPROCS, which is 2
			if writers == 1 {
				for b.Loop() {
					benchAppend(b, s, last.Add(1))
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					benchAppend(b, s, last.Add(1))
				}
			})
		})
	}
}

func benchAppend(b *testing.B, s *Store, n uint32) {
	if _, err := s.Append(b.Context(), logKey(fmt.Sprint(n%8)), n, benchDelta, nonce(int(n))); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPutRelaxed(b *testing.B) {
	s := open(b, Options{Dir: b.TempDir()})
	value := make([]byte, 100)
	key := store.Key{Partition: "p", Sort: "s"}
	var rev store.Revision
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if rev, err = s.Put(b.Context(), key, value, store.Write{Expect: rev, Relaxed: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanLogs(b *testing.B) {
	s := open(b, Options{Dir: b.TempDir()})
	for i := range 1000 {
		if _, err := s.Append(b.Context(), logKey(fmt.Sprintf("%03d", i/10)), uint32(i%10+1), benchDelta, nonce(i)); err != nil {
			b.Fatal(err)
		}
	}
	for parts, name := range map[store.Parts]string{store.Heads: "heads=1000", store.Bodies: "bodies=1000"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range s.ScanLogs(b.Context(), store.Range{Partition: "p"}, parts) {
					if n++; err != nil {
						b.Fatal(err)
					}
				}
				if n != 1000 {
					b.Fatalf("%d deltas", n)
				}
			}
		})
	}
}

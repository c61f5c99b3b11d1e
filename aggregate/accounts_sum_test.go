package aggregate

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/store/embedded"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// naiveAccounts adds up all minutes there are.
func naiveAccounts(t *testing.T, items itemStore, site string, sp span) (sum account) {
	t.Helper()
	mustDo(eachMinute(t.Context(), items, site, sp, undamaged, func(_ int64, one account) { sum.add(one) }))
	return sum
}

// Processes count, flush late, and write while others sum up, and the store fails: whenever all is written, the accounts of any span are the sum of its
// minutes.
func TestSumsOfAccountsAreThoseOfTheirMinutes(t *testing.T) {
	var read int
	for seed := range uint64(15) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		now, memory := noon.Add(time.Duration(rnd.IntN(86_400))*time.Second), storetest.NewMemory()
		clock := func() time.Time { return now }
		sites := NewSites(memory, clock)
		for _, id := range []string{"demo", "other"} {
			must(sites.Add(t.Context(), Site{ID: id}))
		}
		var between func() // happens between two calls of others
		faulty, busy := rnd.IntN(2) == 0, false
		s := storetest.Faulty(memory, func(storetest.Op) storetest.Fault {
			if between != nil && !busy && rnd.IntN(8) == 0 {
				busy = true
				between()
				busy = false
			}
			if faulty && !busy && rnd.IntN(12) == 0 {
				return []storetest.Fault{storetest.Fail, storetest.LoseAnswer}[rnd.IntN(2)]
			}
			return storetest.Pass
		})
		processes := []*Accounts{NewAccounts(s, clock), NewAccounts(s, clock), NewAccounts(s, clock)}
		quick := NewAccounts(memory, clock)
		between = func() {
			quick.Accepted("demo", 1)
			quick.Refused("demo", FaultKind{"url", "type"})
			now = now.Add(time.Duration(rnd.IntN(2)*rnd.IntN(7200)) * time.Second)
			if rnd.IntN(2) == 0 {
				mustDo(quick.Flush(t.Context()))
			}
		}
		roller := NewRoller(s, sites, clock)
		begun := now
		for range 120 {
			a := processes[rnd.IntN(len(processes))]
			a.Accepted([]string{"demo", "other"}[rnd.IntN(2)], uint64(1+rnd.IntN(5)))
			a.Redelivered("demo", uint64(rnd.IntN(2)))
			if rnd.IntN(2) == 0 {
				a.Refused("demo", FaultKind{"props." + string(rune('a'+rnd.IntN(20))), "type"}, FaultKind{"name", "required"})
			}
			switch rnd.IntN(4) {
			case 0:
				_ = a.Flush(t.Context())
			case 1:
				_ = roller.SumAccounts(t.Context())
			case 2:
				now = now.Add(time.Duration(rnd.IntN(3*3600)) * time.Second)
			}
		}
		between, faulty = nil, false
		for _, a := range append(processes, quick) {
			mustDo(a.Flush(t.Context()))
		}
		for range 2 {
			for range 30 {
				from := begun.UnixMilli() + rnd.Int64N(now.UnixMilli()-begun.UnixMilli())
				sp := span{floor(from, 10_000), floor(from+rnd.Int64N(100*hourMS), 10_000)}
				if rnd.IntN(4) == 0 {
					sp = span{0, forEver}
				}
				got, want := must(readAccounts(t.Context(), memory, "demo", sp, undamaged)), naiveAccounts(t, memory, "demo", sp)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d: accounts of [%d, %d) are %+v, want %+v", seed, sp.from, sp.to, got, want)
				}
			}
			mustDo(roller.SumAccounts(t.Context()))
		}
		now = now.Add(time.Hour) // what was written into an empty hour that had been looked at is summed up with the next
		mustDo(roller.SumAccounts(t.Context()))
		upTo, _, err := summedUpTo(t.Context(), memory, sumLevels[0], "demo")
		mustDo(err)
		mustDo(eachMinute(t.Context(), memory, "demo", span{upTo, floor(now.UnixMilli(), hourMS) - 2*hourMS}, undamaged, func(minute int64, one account) {
			t.Errorf("seed %d: minute %d with %+v is not summed up", seed, minute, one)
		}))
		counted := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
			if op.Method == "Scan" && op.Partition == minutesPartition("demo") && op.Sort < timeKey(upTo) {
				t.Logf("seed %d: scan from %s", seed, op.Sort)
				read++
			}
			return storetest.Pass
		})
		must(readAccounts(t.Context(), counted, "demo", span{0, forEver}, undamaged))
	}
	if read != 0 {
		t.Errorf("%d scans of minutes that were summed up", read)
	}
}

// An account that is written after its hour was summed up marks it: a writer that dies in between leaves no wrong sum.
func TestLateAccountsMarkSums(t *testing.T) {
	now, memory := noon, storetest.NewMemory()
	clock := func() time.Time { return now }
	sites := NewSites(memory, clock)
	must(sites.Add(t.Context(), Site{ID: "demo"}))
	a := NewAccounts(memory, clock)
	a.Accepted("demo", 5)
	mustDo(a.Flush(t.Context()))
	writes := 0
	dying := NewAccounts(storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
		if writes++; writes > 3 { // both marks and the minute
			return storetest.Fail
		}
		return storetest.Pass
	}), clock)
	dying.Accepted("demo", 2)
	now = now.Add(48 * time.Hour)
	mustDo(NewRoller(memory, sites, clock).SumAccounts(t.Context()))
	if got := must(readAccounts(t.Context(), memory, "demo", span{0, forEver}, undamaged)); got.Accepted != 5 {
		t.Errorf("%d accepted, want 5", got.Accepted)
	}
	if err := dying.Flush(t.Context()); err == nil {
		t.Fatal("it did not die")
	}
	if got := must(readAccounts(t.Context(), memory, "demo", span{0, forEver}, undamaged)); got.Accepted != 7 {
		t.Errorf("%d accepted, want 7", got.Accepted)
	}
}

// An account is written after the roller has read the minutes and before it writes their sum.
func TestLateAccountsOvertakeASum(t *testing.T) {
	for _, partition := range []string{"AH#demo", "AD#demo"} {
		now, memory := noon, storetest.NewMemory()
		clock := func() time.Time { return now }
		sites := NewSites(memory, clock)
		must(sites.Add(t.Context(), Site{ID: "demo"}))
		early, behind := NewAccounts(memory, clock), NewAccounts(memory, clock)
		early.Accepted("demo", 5)
		behind.Accepted("demo", 2)
		mustDo(early.Flush(t.Context()))
		now = now.Add(48 * time.Hour)
		flushed := false
		s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
			if op.Method == "Put" && op.Partition == partition && op.Sort != summedKey && !flushed {
				flushed = true
				mustDo(behind.Flush(t.Context()))
			}
			return storetest.Pass
		})
		mustDo(NewRoller(s, sites, clock).SumAccounts(t.Context()))
		if got := must(readAccounts(t.Context(), memory, "demo", span{0, forEver}, undamaged)); got.Accepted != 7 || !flushed {
			t.Errorf("%s: %d accepted, want 7", partition, got.Accepted)
		}
	}
}

// BenchmarkBooksOfAccounts reads what was accepted in 200,000 minutes.
func BenchmarkBooksOfAccounts(b *testing.B) {
	const minutes = 200_000
	s, err := embedded.Open(b.Context(), embedded.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { mustDo(s.Close()) })
	now := noon
	sites := NewSites(s, func() time.Time { return now })
	must(sites.Add(b.Context(), Site{ID: "demo"}))
	a := NewAccounts(s, func() time.Time { return now })
	for range minutes {
		a.Accepted("demo", 1)
		mustDo(a.Flush(b.Context()))
		now = now.Add(time.Minute)
	}
	for _, name := range []string{"minutes", "sums"} {
		b.Run(fmt.Sprintf("%s/%d", name, minutes), func(b *testing.B) {
			for b.Loop() {
				if got := must(readAccounts(b.Context(), s, "demo", span{0, forEver}, undamaged)); got.Accepted != minutes {
					b.Fatal(got)
				}
			}
		})
		mustDo(NewRoller(s, sites, func() time.Time { return now }).SumAccounts(b.Context()))
	}
}

package aggregate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// Against a naive count: whatever comes to however many processes, at whatever time, no event and no fault is lost, also after hours and days were summed up; nothing that is kept is
// longer than it may be, and no kind has more faults than there were of it.
func TestRefusedAgainstNaive(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	now, memory := noon, storetest.NewMemory()
	clock := func() time.Time { return now }
	sites := NewSites(memory, clock)
	must(sites.Add(t.Context(), Site{ID: "demo"}))
	reader, roller := NewReader(memory, sites), NewRoller(memory, sites, clock)
	processes := []*Accounts{NewAccounts(memory, clock), NewAccounts(memory, clock)}
	truth := map[FaultKind]uint64{}
	var events, faults uint64
	for i := range 3_000 {
		kinds := make([]FaultKind, 1+rng.IntN(3))
		for j := range kinds {
			n := rng.IntN(1 + rng.IntN(400))
			kinds[j] = FaultKind{"props." + strings.Repeat("long", rng.IntN(1+n)), []string{"type", "range"}[rng.IntN(2)]}
			if rng.IntN(2) == 0 {
				kinds[j].Field = fmt.Sprint("props.", n)
			}
			truth[kinds[j]]++
			faults++
		}
		processes[rng.IntN(len(processes))].Refused([]string{"demo", ""}[rng.IntN(2)], kinds...)
		events++
		if rng.IntN(10) == 0 {
			now = now.Add(time.Duration(rng.IntN(600)) * time.Second)
			mustDo(processes[rng.IntN(len(processes))].Flush(t.Context()))
		}
		if i%500 == 499 {
			for _, a := range processes {
				mustDo(a.Flush(t.Context()))
			}
			mustDo(roller.SumAccounts(t.Context()))
			wantRefused(t, must(reader.Books(t.Context(), "", 0, 0)), events, faults, truth)
		}
	}
	wantBoundedAccounts(t, memory)
}

func wantRefused(t *testing.T, b Books, events, faults uint64, truth map[FaultKind]uint64) {
	t.Helper()
	var seen uint64
	v := b.Refused.View()
	for i, row := range v.Rows {
		if seen += row.N; row.FaultKind != others && (row.N > truth[row.FaultKind] || row.Last == 0) {
			t.Errorf("%+v, in truth %d", row, truth[row.FaultKind])
		}
		if i > 0 && row.N > v.Rows[i-1].N {
			t.Errorf("row %d is more than the one before", i)
		}
	}
	if v.Events != events || seen != faults || len(v.Rows) > faultKinds+1 {
		t.Errorf("%d events of %d, %d faults of %d, %d rows", v.Events, events, seen, faults, len(v.Rows))
	}
}

func wantBoundedAccounts(t *testing.T, items itemStore) {
	t.Helper()
	most := 0
	for _, partition := range []string{"A#demo", "A#_", "AH#demo", "AH#_", "AD#demo"} {
		for it, err := range items.Scan(t.Context(), store.Range{Partition: partition, To: summedKey}) {
			mustDo(err)
			var one account
			mustDo(json.Unmarshal(it.Value, &one))
			bytes := 0
			for k := range one.Faults {
				bytes += len(k.Field)
			}
			if len(one.Faults) > faultKinds+1 || bytes > faultBytes {
				t.Errorf("%s of %s has %d kinds of %d bytes", it.Key.Sort, partition, len(one.Faults), bytes)
			}
			most = max(most, len(it.Value))
		}
	}
	t.Attr("longest_account", fmt.Sprint(most, " bytes"))
}

// Accounts of older programs say how many events were refused and not why; they count, among the others.
func TestAccountsWithoutFaults(t *testing.T) {
	memory := storetest.NewMemory()
	clock := func() time.Time { return noon }
	sites := NewSites(memory, clock)
	must(sites.Add(t.Context(), Site{ID: "demo"}))
	minute := timeKey(floor(noon.UnixMilli(), minuteMS))
	must(memory.Put(t.Context(), store.Key{Partition: "A#demo", Sort: minute + "#old"}, []byte(`{"accepted":3,"invalid":2}`), store.Write{Any: true}))
	a := NewAccounts(memory, clock)
	a.Refused("demo", FaultKind{"url", "type"})
	mustDo(a.Flush(t.Context()))
	v := must(NewReader(memory, sites).Books(t.Context(), "demo", 0, 0)).Refused.View()
	want := &RefusedView{3, []FaultCount{{others, 2, 0}, {FaultKind{"url", "type"}, 1, noon.UnixMilli()}}}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("%+v, want %+v", v, want)
	}
}

// What a reader of very many accounts holds is bounded, and nothing is lost by it.
func TestMergedFaultsAreBounded(t *testing.T) {
	sum := make(faultSums)
	for i := range 5 * mergedKinds {
		sum.merge(faultSums{FaultKind{fmt.Sprint(i), "type"}: {n: 1, last: int64(i)}, FaultKind{"url", "type"}: {n: 2, last: int64(i)}})
		if len(sum) > mergedKinds+2 {
			t.Fatalf("%d kinds", len(sum))
		}
	}
	total := uint64(0)
	for _, s := range sum {
		total += s.n
	}
	if url := sum[FaultKind{"url", "type"}].n; total != 15*mergedKinds || url != 10*mergedKinds {
		t.Errorf("%d faults, of the most frequent kind %d", total, url)
	}
}

// FuzzAccount holds the decoder of accounts against any bytes: an error, or sums that are kept within bounds, read back as the same, and lose nothing.
func FuzzAccount(f *testing.F) {
	f.Add([]byte(`{"accepted":3,"invalid":2}`))
	f.Add([]byte(`{"invalid":1,"faults":[{"field":"url","reason":"type","n":1,"last":1773489600000},{"field":"","reason":"other","n":7}]}`))
	f.Add([]byte(`{"faults":[{"field":"a"},{"field":"a"}],"stale":true}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var one accountSum
		if err := decodeJSON("account", store.Item{Value: b}, &one); err != nil {
			if !IsDamage(err) {
				t.Fatalf("%v", err)
			}
			return
		}
		var sum, again account
		sum.add(one.account)
		total := totalOf(sum.Faults)
		sum.Faults.cut(faultKinds, faultBytes)
		if len(sum.Faults) > faultKinds+1 || totalOf(sum.Faults) != total {
			t.Fatalf("%d kinds, %d faults of %d", len(sum.Faults), totalOf(sum.Faults), total)
		}
		if err := json.Unmarshal(must(json.Marshal(sum)), &again); err != nil || again.Invalid != sum.Invalid || totalOf(again.Faults) != total {
			t.Fatalf("read back as %+v, %v", again, err)
		}
	})
}

func totalOf(f faultSums) (n uint64) {
	for _, s := range f {
		n += s.n
	}
	return n
}

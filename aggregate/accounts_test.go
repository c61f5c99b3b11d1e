package aggregate

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

func sumOfAccounts(t *testing.T, s store.Store, site string) account {
	t.Helper()
	return must(readAccounts(t.Context(), s, site, span{0, event.MaxTimeMS}, undamaged))
}

func TestAccountsOfProcessesAddUp(t *testing.T) {
	s := storetest.NewMemory()
	now := noon
	clock := func() time.Time { return now }
	for range 3 {
		a := NewAccounts(s, clock)
		for range 4 {
			a.Accepted("demo", 5)
			a.Redelivered("demo", 1)
			a.Accepted("other", 2)
			now = now.Add(40 * time.Second)
			mustDo(a.Flush(t.Context()))
			mustDo(a.Flush(t.Context()))
		}
	}
	if got, want := sumOfAccounts(t, s, "demo"), (account{Accepted: 60, Redelivered: 12}); !reflect.DeepEqual(got, want) {
		t.Errorf("demo: %+v, want %+v", got, want)
	}
	if got, want := sumOfAccounts(t, s, "other"), (account{Accepted: 24, Redelivered: 0}); !reflect.DeepEqual(got, want) {
		t.Errorf("other: %+v, want %+v", got, want)
	}
}

// What could not be written is written the next time, also when its minute is long over.
func TestFailedFlushKeepsCounts(t *testing.T) {
	for _, fault := range []storetest.Fault{storetest.Fail, storetest.LoseAnswer} {
		memory := storetest.NewMemory()
		failing := true
		s := storetest.Faulty(memory, func(storetest.Op) storetest.Fault {
			if failing {
				return fault
			}
			return storetest.Pass
		})
		now := noon
		a := NewAccounts(s, func() time.Time { return now })
		a.Accepted("demo", 5)
		for range 3 {
			if err := a.Flush(t.Context()); !errors.Is(err, storetest.ErrInjected) {
				t.Errorf("flush: %v", err)
			}
			now = now.Add(2 * time.Minute)
		}
		a.Accepted("demo", 1)
		failing = false
		mustDo(a.Flush(t.Context()))
		if got := sumOfAccounts(t, memory, "demo"); got.Accepted != 6 {
			t.Errorf("fault %d: %d accepted, want 6", fault, got.Accepted)
		}
		now = now.Add(2 * time.Minute)
		mustDo(a.Flush(t.Context()))
		if len(a.all) != 0 {
			t.Errorf("minutes that are over and written are kept: %v", a.all)
		}
	}
}

// One flush is slow, and another begins after more was counted: the older sum must not be the last that is written.
func TestFlushesDoNotOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storetest.NewMemory()
		slow := make(chan struct{})
		var calls atomic.Int32
		s := storetest.Faulty(memory, func(op storetest.Op) storetest.Fault {
			if op.Method == "Put" && calls.Add(1) == 1 {
				<-slow
			}
			return storetest.Pass
		})
		a := NewAccounts(s, time.Now)
		a.Accepted("demo", 5)
		results := make(chan error, 2)
		flush := func() { results <- a.Flush(t.Context()) }
		go flush()
		synctest.Wait() // it is about to write 5
		a.Accepted("demo", 2)
		go flush()
		time.Sleep(time.Second)
		close(slow)
		mustDo(errors.Join(<-results, <-results))
		if got := sumOfAccounts(t, memory, "demo"); got.Accepted != 7 {
			t.Errorf("%d accepted, want 7", got.Accepted)
		}
	})
}

// Run writes soon, tries again what failed, and writes a last time when it ends.
func TestAccountsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storetest.NewMemory()
		var failing atomic.Bool
		s := storetest.Faulty(memory, func(storetest.Op) storetest.Fault {
			if failing.Load() {
				return storetest.Fail
			}
			return storetest.Pass
		})
		a := NewAccounts(s, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		var failures atomic.Int32
		ended := make(chan struct{})
		go func() {
			a.Run(ctx, func(error) { failures.Add(1) })
			close(ended)
		}()
		expect := func(want uint64) {
			t.Helper()
			if got := sumOfAccounts(t, memory, "demo"); got.Accepted != want {
				t.Errorf("%d accepted, want %d", got.Accepted, want)
			}
		}
		a.Accepted("demo", 1)
		time.Sleep(time.Second)
		expect(1)
		failing.Store(true)
		a.Accepted("demo", 1)
		time.Sleep(10 * time.Second)
		expect(1)
		failing.Store(false)
		time.Sleep(10 * time.Second)
		expect(2)
		if failures.Load() == 0 {
			t.Error("the failures were not told")
		}
		a.Accepted("demo", 1)
		stop()
		<-ended
		expect(3)
	})
}

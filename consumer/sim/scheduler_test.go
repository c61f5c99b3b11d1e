package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/store/storetest"
)

// verdict is what becomes of a call.
type verdict uint8

const (
	pass       verdict = iota
	fail               // it is not made, and fails
	loseAnswer         // it is made, and reported as failed
	kill               // the actor ends before it
	killAfter          // the actor ends after it
)

// errKilled is what every call of an actor answers once it was killed, so that its goroutine ends.
var errKilled = errors.New("killed")

// scheduler runs actors, one at a time.
type scheduler struct {
	rand    *rand.Rand
	now     time.Time
	signals chan signal
	parked  []*actor // in the order in which they stopped
	steps   int
	acting  string // name of the actor that goes on
	trace   hash.Hash64
	print   func(string) // each step, where somebody looks; else nil
}

// actor is a goroutine that stops before each of its calls.
type actor struct {
	name   string
	sched  *scheduler
	resume chan verdict
	next   storetest.Op // the call that it has stopped before
	zombie bool         // nobody waits for it any more
	asleep int          // until so many steps were made
	stale  bool         // what it is about to append belongs to a minute that has closed since
	dead   bool
	ended  func()
}

// signal says that an actor has stopped before a call, or has ended.
type signal struct {
	actor *actor
	ended bool
}

func newScheduler(seed uint64, start time.Time) *scheduler {
	return &scheduler{rand: rand.New(rand.NewPCG(seed, 0)), now: start, signals: make(chan signal), trace: fnv.New64a()}
}

// spawn starts an actor and returns when it has stopped before its first call, or has ended. The function ended is called by the scheduler's side.
func (s *scheduler) spawn(a *actor, body func(), ended func()) {
	a.sched, a.resume, a.ended = s, make(chan verdict), ended
	go func() {
		body()
		s.signals <- signal{a, true}
	}()
	s.await()
}

func (s *scheduler) await() {
	sig := <-s.signals
	if sig.ended {
		sig.actor.ended()
		return
	}
	s.parked = append(s.parked, sig.actor)
}

// step lets a parked actor make its call, and returns when it has stopped again.
func (s *scheduler) step(a *actor, v verdict) {
	s.parked = slices.DeleteFunc(s.parked, func(o *actor) bool { return o == a })
	s.steps++
	s.note(a, v)
	s.acting = a.name
	a.resume <- v
	s.await()
}

// note puts a step into the trace. Claims are kept under hashes, which are random: their keys are left out.
func (s *scheduler) note(a *actor, v verdict) {
	op := a.next
	if strings.HasPrefix(op.Partition, "C#") {
		op.Sort = ""
	}
	line := fmt.Sprintf("%s %s %s %s|%s %d verdict %d", s.now.Format("15:04:05.000"), a.name, op.Method, op.Partition, op.Sort, op.N, v)
	s.traceLine(line)
}

func (s *scheduler) traceLine(line string) {
	_, _ = s.trace.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(line))))
	_, _ = s.trace.Write([]byte(line))
	if s.print != nil {
		s.print(line)
	}
}

// happens is true in so many of a thousand cases.
func (s *scheduler) happens(permille int) bool { return s.rand.IntN(1000) < permille }

// upTo returns a duration up to d.
func (s *scheduler) upTo(d time.Duration) time.Duration {
	return time.Duration(s.rand.Int64N(int64(d)))
}

// pick returns a parked actor that is awake, if there is one.
func (s *scheduler) pick() *actor {
	awake := make([]*actor, 0, len(s.parked))
	for _, a := range s.parked {
		if a.asleep <= s.steps {
			awake = append(awake, a)
		}
	}
	if len(awake) == 0 {
		awake = s.parked
	}
	return awake[s.rand.IntN(len(awake))]
}

// nap makes an actor sleep before its call, most of all before a write: what it knows of the store grows old.
func (s *scheduler) nap(a *actor) bool {
	writes := a.next.Method == "Put" || a.next.Method == "Append" || a.next.Method == "Delete"
	permille := map[bool]int{false: 5, true: 60}[writes]
	if strings.HasPrefix(a.next.Partition, "R#") && writes { // a roll-up that was made of what is no longer all
		permille = 250
	}
	if !s.happens(permille) {
		return false
	}
	a.asleep = s.steps + s.rand.IntN(300)
	if a.next.Method == "Append" && s.happens(300) {
		a.stale = true
		a.asleep += 300
		s.now = s.now.Add(75 * time.Second) // its minute closes, and is rolled up without it
	}
	return true
}

// killAll ends every actor.
func (s *scheduler) killAll() {
	for len(s.parked) > 0 {
		s.step(s.parked[0], kill)
	}
}

// point stops the actor before a call, until the scheduler has decided about it.
func (a *actor) point(op storetest.Op) verdict {
	if a.dead {
		return kill
	}
	a.next = op
	a.sched.signals <- signal{actor: a}
	v := <-a.resume
	a.dead = v == kill
	return v
}

// wait is the actor's way to let time pass.
func (a *actor) wait(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch a.point(storetest.Op{Method: "Wait"}) {
	case pass:
		return nil
	case kill, killAfter:
		a.dead = true
		return errKilled
	}
	return context.DeadlineExceeded // the invocation's time is over
}

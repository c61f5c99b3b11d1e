package aggregate

import (
	"fmt"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

// alike returns two positions whose hashes have the same 32 lowest bits.
func alike(t *testing.T) (p, q Position) {
	seen := make(map[uint32]Position)
	for i := range 1 << 20 {
		q = Position{Stream: "arn", Shard: "shardId-000000000000", SequenceNumber: fmt.Sprint(i)}
		p, there := seen[uint32(q.tag())]
		if there {
			return p, q
		}
		seen[uint32(q.tag())] = q
	}
	t.Fatal("no two are alike")
	return p, q
}

// A busy window has tens of thousands of copies, and each that is not counted was held against all of them: with 32 bits each, one in some hundred thousand
// was taken for one that came before, and was missing in the books.
func TestACopyWasTakenForAnotherOfItsWindow(t *testing.T) {
	p, q := alike(t)
	at := noon.UnixMilli()
	ofEvent := func(id string, p Position) func(*rig) Copy {
		return func(r *rig) Copy {
			e := event.Event{Site: "demo", ID: id, Visitor: "v", Name: event.Pageview, TS: at, ReceivedAt: at}
			cp := must(r.committer.Place(t.Context(), r.site, &e, p))
			cp.Hit = plainHit(&e, cp.At)
			return cp
		}
	}
	dropped := func(id string, o Outcome, p Position) func(*rig) Copy {
		return func(r *rig) Copy {
			e := event.Event{Site: "demo", ID: id, Name: event.Pageview, ReceivedAt: at}
			return must(r.committer.PlaceDropped(t.Context(), r.site, &e, p, o, "why"))
		}
	}
	elsewhere := Position{Stream: "arn", Shard: "shardId-000000000001", SequenceNumber: "1"}
	for name, c := range map[string]struct {
		copies []func(*rig) Copy
		want   Ledger
	}{
		"a bot for a counted event":       {[]func(*rig) Copy{ofEvent("a", p), dropped("b", Bot, q)}, Ledger{Received: 2, Counted: 1, Bot: 1}},
		"a bot for a bot":                 {[]func(*rig) Copy{dropped("a", Bot, p), dropped("b", Bot, q)}, Ledger{Received: 2, Bot: 2}},
		"late for a counted event":        {[]func(*rig) Copy{ofEvent("a", p), dropped("b", Late, q)}, Ledger{Received: 2, Counted: 1, Late: 1}},
		"a duplicate for another's event": {[]func(*rig) Copy{ofEvent("a", p), ofEvent("b", elsewhere), ofEvent("b", q)}, Ledger{Received: 3, Counted: 2, Duplicate: 1}},
		"a duplicate for a bot":           {[]func(*rig) Copy{dropped("a", Bot, p), ofEvent("b", elsewhere), ofEvent("b", q)}, Ledger{Received: 3, Counted: 1, Bot: 1, Duplicate: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			for _, restarted := range []bool{false, true} { // everything twice: the second time it is there, whoever looks
				for i, place := range c.copies {
					got := r.commit(place(r))
					if first := !restarted; first != (got.Received == 1) || first == (got.Redelivered == 1) {
						t.Errorf("copy %d, delivered again: %v: %+v", i, restarted, got)
					}
				}
				r.restart()
			}
			b := r.books()
			b.Reasons = nil
			if b.Received != c.want.Received || b.Counted != c.want.Counted || b.Duplicate != c.want.Duplicate || b.Bot != c.want.Bot || b.Late != c.want.Late || !b.Balanced() {
				t.Errorf("%+v, want %+v", b.Ledger, c.want)
			}
		})
	}
}

// A deployment in the middle may change what is a bot. The copy that is delivered again is the same one all the same.
func TestACopyIsKnownAgainUnderOtherRules(t *testing.T) {
	r := newRig(t)
	e := event.Event{Site: "demo", ID: "a", Visitor: "v", Name: event.Pageview, TS: r.now.UnixMilli(), ReceivedAt: r.now.UnixMilli()}
	p := r.position()
	counted := must(r.committer.Place(t.Context(), r.site, &e, p))
	r.commit(counted)
	r.commit(must(r.committer.PlaceDropped(t.Context(), r.site, &e, p, Bot, "new rule")))
	if b := r.books(); b.Received != 1 || b.Counted != 1 {
		t.Errorf("%+v", b.Ledger)
	}
}

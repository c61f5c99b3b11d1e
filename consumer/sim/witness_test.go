package sim

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/streamgauge/streamgauge/store"
)

// witness notes what happens at the store: a simulation in which the hard cases never come about would prove nothing.
type witness struct {
	store.Store
	world *world
}

// mustHappen are the cases that the ordinary seeds must go through.
var mustHappen = []string{
	"a delta is appended", "an append loses the race", "a zombie appends", "an appender dies at once", "an append is repeated with its nonce",
	"a guard is left", "a claim is found", "cells were fixed by another",
	"a minute is marked", "a mark is raised further", "a mark is cleared", "a mark is kept, having been raised", "a roll-up is replaced", "a roll-up loses the race",
	"poison comes again", "a query in the middle", "an event is counted at its own time though a copy did not believe it",
	"a batch fails", "a batch fails in part", "a zombie's answer comes",
	"a record is discarded", "a discarded copy is counted already", "a copy leaves quarantine by a redelivery", "a copy leaves quarantine by a redrive",
	"a copy is redriven again", "a redrive is refused", "a booking is withdrawn before it is made",
}

func checkHappened(t *testing.T, seen map[string]int) {
	for _, what := range mustHappen {
		if seen[what] == 0 {
			t.Errorf("it never came about that %s", what)
		}
	}
}

func (s witness) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	before, _ := s.Read(ctx, key, n-1, store.Heads)
	answer, err := s.Store.Append(ctx, key, n, d, nonce)
	switch {
	case answer == store.Exists:
		s.world.saw("an append loses the race")
	case answer == store.Won && len(before) > 0:
		s.world.saw("an append is repeated with its nonce")
	case answer == store.Won:
		s.world.saw("a delta is appended")
	}
	if answer == store.Won && withdraws(d.Body) && !takesBack(d.Body) {
		s.world.saw("a booking is withdrawn before it is made")
	}
	if answer == store.Won && isGuard(d.Body) {
		s.world.saw("a guard is left")
	}
	return answer, err
}

func (s witness) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	rev, err := s.Store.Put(ctx, key, value, w)
	conflict := errors.Is(err, store.ErrConflict)
	switch kind := key.Partition[0]; {
	case strings.HasPrefix(key.Partition, "X#final#"): // of no roll-up
	case kind == 'C' && conflict:
		s.world.saw("a claim is found")
	case kind == 'H' && conflict:
		s.world.saw("cells were fixed by another")
	case kind == 'Q' && conflict:
		s.world.saw("poison comes again")
	case kind == 'Q' && err == nil && w.Expect == 0:
		s.world.saw("a copy is kept")
	case kind == 'Q' && err == nil && strings.HasPrefix(s.world.acting, "redrive"):
		s.world.saw("a copy leaves quarantine by a redrive")
	case kind == 'Q' && err == nil:
		s.world.saw("a copy leaves quarantine by a redelivery")
	case kind == 'X' && err == nil && w.Expect == 0:
		s.world.saw("a minute is marked")
	case kind == 'X' && err == nil:
		s.world.saw("a mark is raised further")
	case kind == 'R' && conflict:
		s.world.saw("a roll-up loses the race")
	case kind == 'R' && err == nil && w.Expect != 0:
		s.world.saw("a roll-up is replaced")
	}
	return rev, err
}

func (s witness) Delete(ctx context.Context, key store.Key, w store.Write) error {
	err := s.Store.Delete(ctx, key, w)
	switch {
	case err == nil:
		s.world.saw("a mark is cleared")
	case errors.Is(err, store.ErrConflict):
		s.world.saw("a mark is kept, having been raised")
	}
	return err
}

// Fields of a delta's body; docs/FORMATS.md draws it.
const (
	fieldGuards  = 2
	fieldSummary = 4
	fieldCounted = 11
	fieldOthers  = 12
)

// isGuard reports whether a delta leaves guards and counts nothing.
func isGuard(body []byte) bool {
	parts := bodyParts(body)
	return len(parts[fieldGuards]) > 0 && len(parts[fieldCounted]) == 0
}

// withdraws reports whether a delta gives a tag the outcome withdrawn, which is 6, behind eight bytes of the tag.
func withdraws(body []byte) bool {
	others := bodyParts(body)[fieldOthers]
	return len(others) == 9 && others[8] == 6
}

// takesBack reports whether the ledger of a delta says anything: field 1 of the summary.
func takesBack(body []byte) bool {
	sum := bodyParts(body)[fieldSummary]
	return len(sum) > 0 && sum[0] == 1<<3|byte(protowire.BytesType)
}

// bodyParts takes the body of a delta apart, by the numbers of its fields.
func bodyParts(body []byte) map[protowire.Number][]byte {
	parts := make(map[protowire.Number][]byte)
	for b := body[1:]; len(b) > 0; {
		num, _, n := protowire.ConsumeTag(b)
		v, m := protowire.ConsumeBytes(b[n:])
		parts[num], b = v, b[n+m:]
	}
	return parts
}

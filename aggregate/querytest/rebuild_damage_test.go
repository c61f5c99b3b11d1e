package querytest_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/store"
)

// garbler is a store whose disk has lost the bodies of some deltas.
type garbler struct {
	store.Store
	lost map[string]bool
}

func nameOf(e store.Entry) string { return fmt.Sprint(e.Log, e.N) }

func (g *garbler) garble(e store.Entry) store.Entry {
	if g.lost[nameOf(e)] && len(e.Body) > 0 {
		e.Body = []byte{2, 0xff}
	}
	return e
}

func (g *garbler) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	entries, err := g.Store.Read(ctx, key, after, parts)
	for i := range entries {
		entries[i] = g.garble(entries[i])
	}
	return entries, err
}

func (g *garbler) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range g.Store.ScanLogs(ctx, r, parts) {
			if !yield(g.garble(e), err) {
				return
			}
		}
	}
}

// logsOf returns the names of the site's deltas.
func (p *past) logsOf() (names []string) {
	p.t.Helper()
	site := p.current()
	err := p.reader.EachLogIDs(p.t.Context(), site.ID, 0, 1<<42, func(l aggregate.LogIDs) error {
		const hour = 3_600_000
		key := store.LogKey{Partition: fmt.Sprintf("D#%d#%s#%d#%012x", site.Gen, site.ID, l.Cell, l.Window-l.Window%hour), Log: fmt.Sprintf("%012x", l.Window)}
		entries, err := p.store.Read(p.t.Context(), key, 0, store.Heads)
		for _, e := range entries {
			names = append(names, nameOf(e))
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}

// What a disk has lost is made anew from the stream, to the last event; until then the answers say that something is missing.
func TestRebuildMendsDamagedLogs(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := newPast(t, seed, false)
			for len(p.after) > 0 {
				p.arrive()
			}
			p.again, p.quiet = 0, true
			g := &garbler{Store: p.store, lost: make(map[string]bool)}
			for _, name := range p.logsOf() {
				if p.IntN(5) == 0 {
					g.lost[name] = true
				}
			}
			p.store, p.reader = g, aggregate.NewReader(g, p.sites)
			p.roller = aggregate.NewRoller(g, p.sites, p.clock)
			if err := p.roller.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.rebuild()
			if done := p.current().Editions; len(g.lost) == 0 || len(done) != 1 || done[0].Missing > 0 {
				t.Errorf("of %d lost deltas: %+v", len(g.lost), done)
			}
			p.check(10)
			p.audit()
			p.settle()
		})
	}
}

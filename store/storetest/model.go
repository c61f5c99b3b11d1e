package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/streamgauge/streamgauge/store"
	"pgregory.net/rapid"
)

// testModel makes random calls of the store and of [Memory] side by side: every answer must be the same. Keys, numbers, nonces and
// revisions are drawn from a few, so that they meet.
func testModel(t *testing.T, s use) {
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++ // partitions of its own: the store outlives the round, the twin does not
		m := &model{T: rt, real: use{rt, s.Store}, twin: use{rt, NewMemory()}, base: fmt.Sprintf("model %d", round)}
		m.revisions = map[store.Key][]revisions{}
		rt.Repeat(map[string]func(*rapid.T){
			"append": m.append, "read": m.read, "scanLogs": m.scanLogs, "dropLogs": m.dropLogs,
			"put": m.put, "delete": m.delete, "get": m.get, "scan": m.scan,
		})
	})
}

// revisions are what the two stores answered to the same Put.
type revisions struct{ real, twin store.Revision }

type model struct {
	*rapid.T
	real, twin use
	base       string
	revisions  map[store.Key][]revisions
}

func (m *model) partition(t *rapid.T) string {
	return m.base + rapid.SampledFrom([]string{"", "\x01", "x"}).Draw(t, "partition")
}

func (m *model) sort(t *rapid.T) string {
	return rapid.SampledFrom([]string{"aa", "ab", "ba", "\xff\x01"}).Draw(t, "sort")
}

func (m *model) key(t *rapid.T) store.Key {
	return store.Key{Partition: m.partition(t), Sort: m.sort(t)}
}

func (m *model) log(t *rapid.T) store.LogKey {
	return store.LogKey{Partition: m.partition(t), Log: m.sort(t)}
}

func (m *model) parts(t *rapid.T) store.Parts {
	return rapid.SampledFrom([]store.Parts{store.Heads, store.Bodies}).Draw(t, "parts")
}

func (m *model) within(t *rapid.T) store.Range {
	bound := rapid.SampledFrom([]string{"", "a", "aa", "ab", "ab\x01", "b", "\xff"})
	return store.Range{
		Partition: m.partition(t), From: bound.Draw(t, "from"), To: bound.Draw(t, "to"), Reverse: rapid.Bool().Draw(t, "reverse"),
	}
}

func (m *model) append(t *rapid.T) {
	key, n, writer := m.log(t), rapid.Uint32Range(1, 4).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "writer")
	d := delta(fmt.Sprint(writer))
	if got, want := m.real.append(key, n, d, nonce(writer)), m.twin.append(key, n, d, nonce(writer)); got != want {
		t.Fatalf("Append = %v, want %v", got, want)
	}
}

func (m *model) read(t *rapid.T) {
	key, after, parts := m.log(t), rapid.Uint32Range(0, 4).Draw(t, "after"), m.parts(t)
	wantEntries(t, m.real.read(key, after, parts), m.twin.read(key, after, parts), parts)
}

func (m *model) scanLogs(t *rapid.T) {
	r, parts := m.within(t), m.parts(t)
	wantEntries(t, m.real.scanLogs(r, parts), m.twin.scanLogs(r, parts), parts)
}

func (m *model) dropLogs(t *rapid.T) {
	partition := m.partition(t)
	m.real.dropLogs(partition)
	m.twin.dropLogs(partition)
}

// condition draws a Write for either store: any, "must not exist", or one of the revisions that the key has had.
func (m *model) condition(t *rapid.T, key store.Key) (real, twin store.Write) {
	w := store.Write{Any: rapid.Bool().Draw(t, "any"), Relaxed: rapid.Bool().Draw(t, "relaxed")}
	had := append([]revisions{{}}, m.revisions[key]...)
	back := rapid.IntRange(0, min(3, len(had)-1)).Draw(t, "back")
	rev := had[len(had)-1-back]
	real, twin = w, w
	real.Expect, twin.Expect = rev.real, rev.twin
	return real, twin
}

func (m *model) put(t *rapid.T) {
	key := m.key(t)
	value := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "value")
	real, twin := m.condition(t, key)
	got, err := m.real.Put(t.Context(), key, value, real)
	want, wantErr := m.twin.Put(t.Context(), key, value, twin)
	sameError(t, "Put", err, wantErr)
	if err == nil {
		m.revisions[key] = append(m.revisions[key], revisions{got, want})
	}
}

func (m *model) delete(t *rapid.T) {
	key := m.key(t)
	real, twin := m.condition(t, key)
	sameError(t, "Delete", m.real.Delete(t.Context(), key, real), m.twin.Delete(t.Context(), key, twin))
}

func (m *model) get(t *rapid.T) {
	key := m.key(t)
	got, err := m.real.Get(t.Context(), key)
	want, wantErr := m.twin.Get(t.Context(), key)
	sameError(t, "Get", err, wantErr)
	m.sameItem(t, got, want)
}

func (m *model) scan(t *rapid.T) {
	r := m.within(t)
	got, want := m.real.scan(r), m.twin.scan(r)
	if len(got) != len(want) {
		t.Fatalf("scanned %q, want %q", sorts(got), sorts(want))
	}
	for i := range got {
		m.sameItem(t, got[i], want[i])
	}
}

// sameItem compares items whose revisions differ in number but must come from the same Put.
func (m *model) sameItem(t *rapid.T, got, want store.Item) {
	if got.Key != want.Key || string(got.Value) != string(want.Value) {
		t.Fatalf("item %+v, want %+v", got, want)
	}
	for _, r := range m.revisions[want.Key] {
		if (r.real == got.Revision) != (r.twin == want.Revision) {
			t.Fatalf("%q has the revision of another Put: %d, want %d", got.Key, got.Revision, r.real)
		}
	}
}

func sameError(t *rapid.T, call string, got, want error) {
	for _, named := range []error{store.ErrConflict, store.ErrNotFound} {
		if errors.Is(got, named) != errors.Is(want, named) {
			t.Fatalf("%s: error %v, want %v", call, got, want)
		}
	}
	if (got == nil) != (want == nil) {
		t.Fatalf("%s: error %v, want %v", call, got, want)
	}
}

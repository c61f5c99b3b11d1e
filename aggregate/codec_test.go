package aggregate

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

func drawLedger(t *rapid.T) Ledger {
	number := rapid.Uint64Range(0, 1<<50)
	l := Ledger{
		Received: number.Draw(t, "received"), Counted: number.Draw(t, "counted"), Duplicate: number.Draw(t, "duplicate"), Bot: number.Draw(t, "bot"),
		Late: number.Draw(t, "late"), Quarantined: number.Draw(t, "quarantined"),
	}
	if reasons := rapid.MapOfN(rapid.String(), rapid.Uint64Range(1, 1<<40), 0, 8).Draw(t, "reasons"); len(reasons) > 0 {
		l.Reasons = reasons
	}
	return l
}

// sealedOf is the summary of hits, each of a visitor of its own.
func sealedOf(l Ledger, hits ...*sketch.Hit) sealed {
	var b sketch.Builder
	for i, h := range hits {
		b.Add(uint64(i)<<40+7, h)
	}
	s := sealed{ledger: l}
	s.sample, s.rest = b.Seal()
	return s
}

func drawSealed(t *rapid.T) sealed {
	var hits []*sketch.Hit
	for range rapid.IntRange(0, 5).Draw(t, "hits") {
		h := &sketch.Hit{At: rapid.Int64Range(0, event.MaxTimeMS).Draw(t, "at")}
		h.Text[sketch.Name], h.Text[sketch.Page] = rapid.String().Draw(t, "name"), rapid.String().Draw(t, "page")
		hits = append(hits, h)
	}
	return sealedOf(drawLedger(t), hits...)
}

func TestDeltaRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &delta{
			guards: rapid.SliceOfN(rapid.Uint64(), 1, 5).Draw(t, "guards"),
			holds:  rapid.SliceOfN(rapid.Uint64(), 1, 5).Draw(t, "holds"), holder: rapid.Uint32Min(1).Draw(t, "holder"),
			made: drawSealed(t),
		}
		for _, id := range rapid.SliceOfNDistinct(rapid.Uint64(), 1, 5, rapid.ID).Draw(t, "ids") {
			d.counted = append(d.counted, countedCopy{id, shortTag(rapid.Uint64().Draw(t, "tag"))})
		}
		for _, tag := range rapid.SliceOfN(rapid.Uint64(), 1, 5).Draw(t, "tags") {
			d.others = append(d.others, otherCopy{tag, Outcome(rapid.IntRange(2, 7).Draw(t, "outcome"))})
		}
		encoded := d.encode()
		slices.SortFunc(d.counted, byID) // they come back in order
		for _, withSummary := range []bool{true, false} {
			got, err := decodeDelta(encoded.Body, withSummary)
			if err != nil || !reflect.DeepEqual(got.counted, d.counted) || !reflect.DeepEqual(got.guards, d.guards) || !reflect.DeepEqual(got.others, d.others) || !reflect.DeepEqual(got.holds, d.holds) || got.holder != d.holder {
				t.Fatalf("%+v %v, want %+v", got, err, d)
			}
			if withSummary != (got.sum != nil) {
				t.Fatalf("summary wanted: %v, got %v", withSummary, got.sum)
			}
			if withSummary {
				checkSummary(t, got.sum, d.made)
			}
		}
		checkHead(t, d.made, encoded.Head)
	})
}

// Bodies of builds before this one kept less of each copy, and who read them as these would book copies twice.
func TestBodiesOfOtherVersionsAreRefused(t *testing.T) {
	body := (&delta{counted: []countedCopy{{9, 1}}}).encode().Body
	for version, want := range map[byte]error{bodyVersion - 1: ErrCorrupt, bodyVersion + 1: errNewer} {
		body[0] = version
		if _, err := decodeDelta(body, false); !errors.Is(err, want) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// checkSummary holds what was read against what was written.
func checkSummary(t interface{ Fatalf(string, ...any) }, got *Summary, want sealed) {
	var all parts
	all.add(got)
	again, err := all.merge()
	if err != nil || !bytes.Equal(again.appendTo(nil), want.appendTo(nil)) || !reflect.DeepEqual(got.Ledger, want.ledger) {
		t.Fatalf("%+v %v, want %+v", got, err, want)
	}
}

// checkHead checks what holds of every head.
func checkHead(t interface{ Fatalf(string, ...any) }, made sealed, encoded []byte) {
	h, err := decodeHead(encoded)
	if err != nil || len(encoded) > headBytes {
		t.Fatalf("%d bytes, %v", len(encoded), err)
	}
	var events, views uint64
	names, pages := make(map[string]uint64), make(map[string]uint64)
	for i := range made.sample.Hits() {
		hit := made.sample.Hit(i)
		name := hit.Text[sketch.Name]
		names[name]++
		if name != event.Engagement {
			events++
		}
		if name == event.Pageview {
			views++
			pages[hit.Text[sketch.Page]]++
		}
	}
	if h.events != events || h.pageviews != views || !reflect.DeepEqual(h.ledger, made.ledger) {
		t.Fatalf("totals are not exact: %+v, want %d events, %d pageviews", h, events, views)
	}
	for page, n := range h.tables[headPages] {
		if pages[page] != n {
			t.Fatalf("page %q: %d, want %d", page, n, pages[page])
		}
	}
	delete(pages, "") // absent
	if h.cut.has(headPages) != (len(h.tables[headPages]) < len(pages)) || h.cut.has(headNames) != (len(h.tables[headNames]) < len(names)) {
		t.Fatalf("cut %v with %d of %d pages, %d of %d names", h.cut, len(h.tables[headPages]), len(pages), len(h.tables[headNames]), len(names))
	}
}

// A head stays small and its totals exact, whatever is counted.
func TestHeadsAreSmall(t *testing.T) {
	long := strings.Repeat("x", event.MaxURL)
	for _, c := range []struct {
		name string
		fill func(i int) (name, page string)
	}{
		{"many pages", func(i int) (string, string) { return event.Pageview, fmt.Sprintf("/%d", i) }},
		{"long pages", func(i int) (string, string) { return event.Pageview, fmt.Sprintf("/%s%d", long, i) }},
		{"many names", func(i int) (string, string) { return fmt.Sprintf("name-%d", i), "/" }},
		{"long names", func(i int) (string, string) { return fmt.Sprintf("%d%s", i, long[:event.MaxName-5]), "/" }},
		{"one page too long for a head", func(int) (string, string) { return event.Pageview, "/" + long + long + long }},
		{"engagement", func(int) (string, string) { return event.Engagement, "/" }},
		{"ordinary", func(i int) (string, string) { return event.Pageview, fmt.Sprintf("/%d", i%5) }},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			var ledger Ledger
			var hits []*sketch.Hit
			for i := range 2000 {
				h := &sketch.Hit{At: int64(i)}
				h.Text[sketch.Name], h.Text[sketch.Page] = c.fill(i)
				hits = append(hits, h)
				ledger.Book(Outcome(1+i%5), []string{"", "crawler", "not_json"}[i%3])
			}
			made := sealedOf(ledger, hits...)
			checkHead(t, made, headOf(&made).encode())
		})
	}
}

func TestRollupRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, event.MaxTimeMS/minuteMS).Draw(t, "minute") * minuteMS
		r := &rollup{
			span: span{start, start + minuteMS}, n: rapid.Uint32Min(1).Draw(t, "n"), vector: vector{}, ledger: drawLedger(t),
			deltas: rapid.Uint64().Draw(t, "deltas"), body: "a body", thin: rapid.Bool().Draw(t, "thin"),
		}
		for range rapid.IntRange(0, 10).Draw(t, "logs") {
			k := child{start + rapid.Int64Range(0, 5).Draw(t, "window")*event.WindowMS, rapid.IntRange(0, maxCells-1).Draw(t, "cell")}
			r.vector[k] = rapid.Uint32Min(1).Draw(t, "number")
		}
		got, err := decodeRollup(start, r.encode())
		if err != nil || !reflect.DeepEqual(got, r) || !maps.Equal(got.vector, r.vector) {
			t.Fatalf("%+v %v, want %+v", got, err, r)
		}
	})
}

func someRollup() *rollup {
	return &rollup{span: span{0, minuteMS}, n: 1, vector: vector{{10_000, 3}: 4}, body: "a body"}
}

// A newer program's bytes are refused by their version, and its additional fields are passed over.
func TestNewerEncodings(t *testing.T) {
	made := sealedOf(Ledger{Received: 1})
	encoded := (&delta{counted: []countedCopy{{7, 1}}, made: made}).encode()
	decoders := map[string]func([]byte) error{
		"delta body":   func(b []byte) error { _, err := decodeDelta(b, true); return err },
		"delta head":   func(b []byte) error { _, err := decodeHead(b); return err },
		"roll-up":      func(b []byte) error { _, err := decodeRollup(0, b); return err },
		"roll-up body": func(b []byte) error { _, err := (&rollup{}).decodeBody(b); return err },
	}
	written := map[string][]byte{
		"delta body": encoded.Body, "delta head": encoded.Head, "roll-up": someRollup().encode(), "roll-up body": made.appendTo([]byte{wireVersion}),
	}
	for what, decode := range decoders {
		if err := decode(appendBytes(appendUint(written[what], 99, 1), 98, []byte("new"))); err != nil {
			t.Errorf("%s with more fields: %v", what, err)
		}
		next := written[what][0] + 1
		newer := append([]byte{next}, written[what][1:]...)
		if err := decode(newer); !errors.Is(err, errNewer) || !strings.Contains(err.Error(), fmt.Sprint(what, " has version ", next, ", this program reads version ", next-1)) {
			t.Errorf("%s of a newer version: %v", what, err)
		}
		if err := decode(nil); err == nil {
			t.Errorf("%s of no bytes was decoded", what)
		}
	}
}

// FuzzDecode holds every decoder of what is stored against any bytes: an error, or something that can be used.
func FuzzDecode(f *testing.F) {
	hit := &sketch.Hit{At: 5}
	hit.Text[sketch.Name], hit.Text[sketch.Page] = event.Pageview, "/"
	d := &delta{counted: []countedCopy{{1, 3}}, others: []otherCopy{{7, Bot}}, guards: []uint64{2}, holds: []uint64{3}, holder: 4, made: sealedOf(Ledger{Bot: 1}, hit)}
	encoded := d.encode()
	f.Add(encoded.Head)
	f.Add(encoded.Body)
	f.Add(someRollup().encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeHead(b)
		if d, err := decodeDelta(b, true); err == nil {
			var all parts
			all.add(d.sum)
			if made, err := all.merge(); err == nil {
				if _, err := readSummary(made.appendTo(nil)); err != nil {
					t.Errorf("delta %x: %v", b, err)
				}
			}
		}
		if r, err := decodeRollup(0, b); err == nil {
			if again, err := decodeRollup(0, r.encode()); err != nil || !reflect.DeepEqual(again, r) {
				t.Errorf("roll-up %x: %v", b, err)
			}
		}
	})
}

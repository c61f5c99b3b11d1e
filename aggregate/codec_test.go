package aggregate

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
)

func drawRows(t *rapid.T, label string) map[string]uint64 {
	return rapid.MapOfN(rapid.String(), rapid.Uint64Range(1, 1<<40), 0, 8).Draw(t, label)
}

func drawSummary(t *rapid.T) *Summary {
	s := NewSummary()
	s.Names, s.Pages, s.Truncated = drawRows(t, "names"), drawRows(t, "pages"), rapid.Bool().Draw(t, "truncated")
	number := rapid.Uint64Range(0, 1<<50)
	s.Ledger = Ledger{
		Received: number.Draw(t, "received"), Counted: number.Draw(t, "counted"), Duplicate: number.Draw(t, "duplicate"), Bot: number.Draw(t, "bot"),
		Late: number.Draw(t, "late"), Quarantined: number.Draw(t, "quarantined"),
	}
	if reasons := drawRows(t, "reasons"); len(reasons) > 0 {
		s.Ledger.Reasons = reasons
	}
	for range rapid.IntRange(0, 5).Draw(t, "hits") {
		s.Sample.Add(rapid.Uint64().Draw(t, "visitor"), sketch.Hit{At: rapid.Int64Range(0, event.MaxTimeMS).Draw(t, "at"), Name: "n", Page: "/p"})
	}
	return s
}

func sameSummary(a, b *Summary) bool {
	return string(encodeSummary(a)) == string(encodeSummary(b)) && reflect.DeepEqual(a.Ledger, b.Ledger) &&
		maps.Equal(a.Names, b.Names) && maps.Equal(a.Pages, b.Pages) && a.Truncated == b.Truncated
}

func TestDeltaRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &delta{
			ids: rapid.SliceOfN(rapid.Uint64(), 1, 5).Draw(t, "ids"), guards: rapid.SliceOfN(rapid.Uint64(), 1, 5).Draw(t, "guards"),
			sum: drawSummary(t),
		}
		for _, tag := range rapid.SliceOfN(rapid.Uint32(), 1, 5).Draw(t, "tags") {
			d.tags = append(d.tags, tagged{tag, Outcome(rapid.IntRange(1, 5).Draw(t, "outcome"))})
		}
		encoded := d.encode()
		got, err := decodeDelta(encoded.Body, true)
		if err != nil || !sameSummary(got.sum, d.sum) {
			t.Fatalf("%+v %v", got, err)
		}
		got.sum = d.sum
		if !reflect.DeepEqual(got, d) {
			t.Fatalf("%+v, want %+v", got, d)
		}
		got, err = decodeDelta(encoded.Body, false)
		if err != nil || got.sum != nil || !reflect.DeepEqual(got.ids, d.ids) || !reflect.DeepEqual(got.tags, d.tags) {
			t.Fatalf("without the summary: %+v %v", got, err)
		}
		checkHead(t, d.sum, encoded.Head)
	})
}

// checkHead checks what holds of every head.
func checkHead(t interface{ Fatalf(string, ...any) }, sum *Summary, encoded []byte) {
	h, err := decodeHead(encoded)
	if err != nil || len(encoded) > headBytes {
		t.Fatalf("%d bytes, %v", len(encoded), err)
	}
	if h.events != sum.Events() || h.pageviews != sum.Pageviews() || !reflect.DeepEqual(h.ledger, sum.Ledger) {
		t.Fatalf("totals are not exact: %+v of %+v", h, sum)
	}
	for name, n := range h.pages {
		if sum.Pages[name] != n {
			t.Fatalf("page %q: %d, want %d", name, n, sum.Pages[name])
		}
	}
	if missing := len(h.pages) < len(sum.Pages) || len(h.names) < len(sum.Names); h.cut != (missing || sum.Truncated) {
		t.Fatalf("cut %v with %d of %d pages, %d of %d names", h.cut, len(h.pages), len(sum.Pages), len(h.names), len(sum.Names))
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
			sum := NewSummary()
			for i := range 2000 {
				name, page := c.fill(i)
				sum.Add(name, page, int64(i), uint64(i)<<32)
				sum.Ledger.Book(Outcome(1+i%5), []string{"", "crawler", "not_json"}[i%3])
			}
			checkHead(t, sum, encodeHead(sum))
		})
	}
}

func TestRollupRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := rapid.Int64Range(0, event.MaxTimeMS/minuteMS).Draw(t, "minute") * minuteMS
		r := &rollup{minute: minute, vector: vector{}, sum: drawSummary(t)}
		for range rapid.IntRange(0, 10).Draw(t, "logs") {
			k := windowCell{minute + rapid.Int64Range(0, 5).Draw(t, "window")*event.WindowMS, rapid.IntRange(0, maxCells-1).Draw(t, "cell")}
			r.vector[k] = rapid.Uint32Min(1).Draw(t, "n")
		}
		got, err := decodeRollup(minute, r.encode())
		if err != nil || !sameSummary(got.sum, r.sum) || !maps.Equal(got.vector, r.vector) {
			t.Fatalf("%+v %v, want %+v", got, err, r)
		}
	})
}

// A newer program's bytes are refused by their version, and its additional fields are passed over.
func TestNewerEncodings(t *testing.T) {
	d := &delta{ids: []uint64{7}, sum: NewSummary()}
	encoded := d.encode()
	decoders := map[string]func([]byte) error{
		"delta body": func(b []byte) error { _, err := decodeDelta(b, true); return err },
		"delta head": func(b []byte) error { _, err := decodeHead(b); return err },
		"roll-up":    func(b []byte) error { _, err := decodeRollup(0, b); return err },
	}
	written := map[string][]byte{
		"delta body": encoded.Body, "delta head": encoded.Head, "roll-up": (&rollup{vector: vector{}, sum: NewSummary()}).encode(),
	}
	for what, decode := range decoders {
		if err := decode(appendBytes(appendUint(written[what], 99, 1), 98, []byte("new"))); err != nil {
			t.Errorf("%s with more fields: %v", what, err)
		}
		newer := append([]byte{2}, written[what][1:]...)
		if err := decode(newer); err == nil || !strings.Contains(err.Error(), what+" has version 2") {
			t.Errorf("%s of version 2: %v", what, err)
		}
		if err := decode(nil); err == nil {
			t.Errorf("%s of no bytes was decoded", what)
		}
	}
}

// FuzzDecode holds every decoder of what is stored against any bytes: an error or something that can be encoded again.
func FuzzDecode(f *testing.F) {
	sum := NewSummary()
	sum.Add(event.Pageview, "/", 5, 6)
	sum.Ledger.Book(Bot, "crawler")
	d := &delta{ids: []uint64{1}, guards: []uint64{2}, tags: []tagged{{3, Counted}}, sum: sum}
	encoded := d.encode()
	f.Add(encoded.Head)
	f.Add(encoded.Body)
	f.Add((&rollup{vector: vector{{10_000, 3}: 4}, sum: sum}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeHead(b)
		if d, err := decodeDelta(b, true); err == nil {
			if _, err := decodeDelta(d.encode().Body, true); err != nil {
				t.Errorf("delta %x: %v", b, err)
			}
		}
		if r, err := decodeRollup(0, b); err == nil {
			if again, err := decodeRollup(0, r.encode()); err != nil || !again.vector.covers(r.vector) || !r.vector.covers(again.vector) {
				t.Errorf("roll-up %x: %v", b, err)
			}
		}
	})
}

package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate"
)

// A billion events of 400 bytes in a month of 365/12 days, in requests of 20.
var billion = Traffic{Rate: 1e9 / (365.0 / 12 * 86_400), Peak: 4, Bytes: 400, Batch: 20, Sites: 1, Window: 10, Hours: 24, Days: 365.0 / 12, Watch: 240}

func makePlan(t testing.TB, traffic Traffic) *Plan {
	t.Helper()
	prices, err := ListPrices()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Make(traffic, prices)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBillion holds what a billion events cost at list prices, with the units that the table was seen to use when a page has stood open for as long as it shows, and when roll-ups have
// been kept for as long as they are.
func TestBillion(t *testing.T) {
	p := makePlan(t, billion)
	http, direct, stream := p.Way("http"), p.Way("direct"), p.Way("stream")
	t.Attr("a_billion_events", fmt.Sprintf("$%.2f over the HTTP API ($%.2f after free allowances), $%.2f direct, $%.2f straight to Kinesis", http.USD, http.AfterFree, direct.USD, stream.USD))
	for what, v := range map[string]struct{ is, most float64 }{
		"straight to Kinesis": {stream.USD, 45}, "direct integration": {direct.USD, 110}, "HTTP API": {http.USD, 110},
	} {
		if v.is > v.most {
			t.Errorf("%s: $%.2f, at most $%.2f", what, v.is, v.most)
		}
	}
}

// What can be reckoned on paper: requests, shards, storage of the stream.
func TestOnPaper(t *testing.T) {
	p := makePlan(t, Traffic{Rate: 1000, Peak: 10, Bytes: 999, Batch: 10, Sites: 2, Window: 1, Hours: 48, Days: 10})
	// 10,000 events of 1,000 bytes a second are 9.54 MiB/s; at four fifths of a MiB a shard that is 12.
	if p.Shards != 12 && p.Shards != 16 {
		t.Errorf("%d shards", p.Shards)
	}
	requests := 100.0 * 10 * 86_400
	want := map[string]float64{"requests": requests, "PUT units": requests, "shards": float64(p.Shards) * 240, "longer retention": float64(p.Shards) * 240}
	for _, l := range p.Way("http").Lines {
		if v, ok := want[l.What]; ok {
			if math.Abs(l.Quantity-v) > 1e-6*v {
				t.Errorf("%s: %v, want %v", l.What, l.Quantity, v)
			}
			delete(want, l.What)
		}
	}
	if len(want) > 0 {
		t.Errorf("no line of %v", want)
	}
	if p.Way("direct").Of("Lambda") >= p.Way("http").Of("Lambda") || p.Way("stream").Of("API Gateway") != 0 || p.Way("stream").Of("transfer") != 0 {
		t.Errorf("%+v", p.Ways)
	}
}

// More of anything never costs less, every line is a number, and the sum is that of the lines.
func TestMoreCostsMore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := Traffic{
			Rate: math.Pow(10, rapid.Float64Range(-2, 6).Draw(rt, "log rate")), Peak: rapid.Float64Range(1, 20).Draw(rt, "peak"),
			Bytes: rapid.IntRange(50, 2000).Draw(rt, "bytes"), Batch: rapid.IntRange(1, 100).Draw(rt, "batch"), Sites: rapid.IntRange(1, 100).Draw(rt, "sites"),
			Window: rapid.Float64Range(0, 60).Draw(rt, "window"), Hours: 24, Days: 30, Watch: rapid.Float64Range(0, 1000).Draw(rt, "watch"),
		}
		p := makePlan(t, tr)
		for _, w := range p.Ways {
			sum := 0.0
			for _, l := range w.Lines {
				if math.IsNaN(l.USD) || math.IsInf(l.USD, 0) || l.USD < 0 {
					rt.Fatalf("%s: %+v", w.Name, l)
				}
				sum += l.USD
			}
			if math.Abs(sum-w.USD) > 1e-6*sum || w.AfterFree > w.USD {
				rt.Fatalf("%s: %v, the lines are %v, after free allowances %v", w.Name, w.USD, sum, w.AfterFree)
			}
		}
		if p.AgePeak < p.AgeMean || p.PeakWriteUnits < 0.999*p.WriteUnits || p.Consumers < p.Shards {
			rt.Fatalf("%+v", p.Sizing)
		}
		more := tr
		more.Rate *= 2
		if q := makePlan(t, more); q.Way("stream").USD < p.Way("stream").USD || q.Shards < p.Shards {
			rt.Fatalf("twice the rate: %v after %v", q.Way("stream").USD, p.Way("stream").USD)
		}
	})
}

// Shards and cells cut the same line; the obvious way is to lay them out.
func TestOverlaps(t *testing.T) {
	for shards := 1; shards <= 70; shards++ {
		cells, touching := aggregate.CellsFor(shards), 0
		if cells < shards || cells >= 2*shards && shards > 1 {
			t.Fatalf("%d cells for %d shards", cells, shards)
		}
		for s := range shards {
			for c := range cells {
				if s*cells < (c+1)*shards && c*shards < (s+1)*cells {
					touching++
				}
			}
		}
		if got, want := overlaps(Sizing{Shards: shards, Cells: cells}), float64(touching)/float64(shards); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d shards, %d cells: %v, want %v", shards, cells, got, want)
		}
	}
}

// Above 1,024 shards the plan reckoned with cells that no consumer makes.
func TestCellsHaveABound(t *testing.T) {
	p := makePlan(t, Traffic{Rate: 1.5e6, Peak: 4, Bytes: 420, Batch: 20, Sites: 1, Window: 1, Hours: 24, Days: 30})
	if p.Shards <= 1024 || p.Cells != 1024 {
		t.Errorf("%d shards, %d cells", p.Shards, p.Cells)
	}
}

func TestCurve(t *testing.T) {
	var c curve
	c.add(10, 5)
	c.add(1, 2)
	c.add(20, 25)
	for x, want := range map[float64]float64{0: 2, 1: 2, 5.5: 3.5, 10: 5, 15: 15, 20: 25, 30: 45} {
		if got := c.at(x); got != want {
			t.Errorf("at %v: %v, want %v", x, got, want)
		}
	}
}

func TestPricesOfOnesOwn(t *testing.T) {
	var table map[string]any
	if err := json.Unmarshal(listPrices, &table); err != nil {
		t.Fatal(err)
	}
	for name, p := range table["prices"].(map[string]any) {
		if s, _ := p.(map[string]any)["source"].(string); !strings.HasPrefix(s, "https://aws.amazon.com/") {
			t.Errorf("%s: source %q", name, s)
		}
	}
	for want, change := range map[string]func(prices, latencies map[string]any){
		"lambda_request is missing": func(p, _ map[string]any) { delete(p, "lambda_request") },
		"teleport is not known":     func(p, _ map[string]any) { p["teleport"] = p["lambda_request"] },
		"transfer_out: usd and free": func(p, _ map[string]any) {
			p["transfer_out"] = map[string]any{"usd": -1, "per": 1, "unit": "GB", "source": "x"}
		},
		"kinesis_put is missing":          func(_, l map[string]any) { delete(l, "kinesis_put") },
		"dynamodb_call is negative":       func(_, l map[string]any) { l["dynamodb_call"] = -1 },
		"unknown field":                   func(p, _ map[string]any) { p["transfer_out"] = map[string]any{"euro": 1} },
		"cannot unmarshal string into Go": func(p, _ map[string]any) { p["transfer_out"] = "cheap" },
	} {
		changed := maps.Clone(table)
		prices, latencies := maps.Clone(table["prices"].(map[string]any)), maps.Clone(table["latencies_ms"].(map[string]any))
		change(prices, latencies)
		changed["prices"], changed["latencies_ms"] = prices, latencies
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePrices(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestBadTraffic(t *testing.T) {
	prices, err := ListPrices()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Make(Traffic{Rate: -1, Bytes: 1 << 20, Batch: 2, Window: 301, Hours: 12, Days: 400, Watch: -1}, prices)
	for _, want := range []string{"rate:", "peak:", "bytes and batch:", "sites:", "window:", "retention:", "days:", "live page:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

package consumer_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/axiomhq/hyperloglog"
	"github.com/mileusna/useragent"
	"github.com/zeebo/xxh3"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/consumer/enrich"
	"github.com/streamgauge/streamgauge/event"
)

// foldBatch is how many events a delta has in these benchmarks.
const foldBatch = 500

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
	"Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0",
}

// foldEvents are events as they lie on the stream, of some 420 bytes, in the order in which a producer packs them: a visitor's side by side.
func foldEvents() [][]byte {
	rng := rand.New(rand.NewPCG(7, 7))
	one := func(words ...string) string { return words[rng.IntN(len(words))] }
	at := noon.UnixMilli()
	var lines [][]byte
	for n := 0; len(lines) < foldBatch; {
		e := event.Event{
			Site: "shop", Visitor: fmt.Sprintf("0190c5a0-1d6e-7a4b-8c1f-%012x", rng.IntN(1<<30)), Screen: one("1920x1080", "390x844", "1440x900"), Lang: one("de-AT", "en-GB", "fr"),
			UserAgent: agents[rng.IntN(len(agents))], Country: one("DE", "AT", "FR", "US"),
			Referrer: one("https://search.example/results?q=tea", "https://www.google.com/", "", "https://news.ycombinator.com/item?id=1"),
		}
		for range 1 + rng.IntN(3) {
			n++
			e.Name, e.ID = "pageview", fmt.Sprintf("0190c5a0-1d6e-7a4b-9c1f-%012x", n)
			e.TS = at + rng.Int64N(10_000)
			e.ReceivedAt = e.TS + 80
			e.URL = fmt.Sprintf("https://shop.example/articles/%d%s", rng.IntN(40), one("", "", "?utm_source=newsletter&utm_medium=email"))
			e.Vitals = event.Vitals{}
			if rng.IntN(4) == 0 {
				e.Vitals.LCP = event.Vital{Value: 800 + rng.Float64()*3000, Set: true}
			}
			lines = append(lines, e.AppendJSON(nil))
			e.Referrer = ""
		}
	}
	return lines[:foldBatch]
}

// BenchmarkFold decodes, enriches and folds a batch of 500 events of one site into the sample of a delta with every dimension, ids and vitals included, beside what
// one would write with encoding/json and the libraries alone. CPU time is the process's.
func BenchmarkFold(b *testing.B) {
	lines := foldEvents()
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	b.Run("ours", func(b *testing.B) { benchFold(b, newFold().batch, lines, size) })
	b.Run("straight", func(b *testing.B) { benchFold(b, newStraight().batch, lines, size) })
}

func benchFold(b *testing.B, fold func([][]byte) error, lines [][]byte, size int) {
	b.ReportAllocs()
	from := processCPU(b)
	for b.Loop() {
		if err := fold(lines); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processCPU(b)-from)/float64(b.N*len(lines)), "cpu-ns/event")
	b.ReportMetric(float64(size)/float64(len(lines)), "B/event")
}

func processCPU(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// fold does with a batch what the stages of the handler do, but for looking sites and logs up.
type fold struct {
	enricher *enrich.Enricher
	builder  sketch.Builder
	event    event.Event
	hit      sketch.Hit
}

func newFold() *fold { return &fold{enricher: enrich.New(enrich.Options{})} }

func (f *fold) batch(lines [][]byte) error {
	f.builder.Reset()
	ids := make(map[uint64]struct{}, len(lines))
	for _, line := range lines {
		e := &f.event
		if problems, err := e.Decode(line); err != nil || len(problems) > 0 {
			return fmt.Errorf("%v %w", problems, err)
		}
		id := xxh3.HashStringSeed(e.ID, 1)
		if _, seen := ids[id]; seen {
			continue
		}
		ids[id] = struct{}{}
		f.enricher.Hit(&f.hit, e, e.TS)
		f.builder.Add(xxh3.HashStringSeed(e.Who(), 2), &f.hit)
	}
	f.builder.Seal()
	return nil
}

// straight is the obvious version: encoding/json into a struct, a map for each dimension, and the libraries' sketches.
type straight struct {
	tables   [22]map[string]int
	visitors *hyperloglog.Sketch
	lcp      *ddsketch.DDSketch
	hits     map[string][]map[string]string
}

func newStraight() *straight { return &straight{} }

func (s *straight) batch(lines [][]byte) (err error) {
	for i := range s.tables {
		s.tables[i] = make(map[string]int)
	}
	s.hits = make(map[string][]map[string]string)
	if s.visitors, err = hyperloglog.NewSketch(14, false); err != nil {
		return err
	}
	if s.lcp, err = ddsketch.NewDefaultDDSketch(0.01); err != nil {
		return err
	}
	ids := make(map[string]bool)
	for _, line := range lines {
		var e struct {
			ID, Name, URL, Referrer, Visitor, Screen, Lang, Country, UA string
			Vitals                                                      struct{ LCP *float64 }
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if ids[e.ID] {
			continue
		}
		ids[e.ID] = true
		u, err := url.Parse(e.URL)
		if err != nil {
			return err
		}
		r, err := url.Parse(e.Referrer)
		if err != nil {
			return err
		}
		ua, q := useragent.Parse(e.UA), u.Query()
		fields := map[string]string{
			"name": e.Name, "page": u.Path, "hostname": u.Hostname(), "referrer": r.Host + r.Path, "source": strings.TrimPrefix(r.Hostname(), "www."), "channel": q.Get("utm_medium"),
			"utm_source": q.Get("utm_source"), "utm_medium": q.Get("utm_medium"), "utm_campaign": q.Get("utm_campaign"), "utm_content": q.Get("utm_content"),
			"utm_term": q.Get("utm_term"), "country": e.Country, "region": "", "city": "", "device": ua.Device, "browser": ua.Name, "browser_version": ua.Version,
			"os": ua.OS, "os_version": ua.OSVersion, "language": e.Lang, "screen": e.Screen, "currency": "",
		}
		i := 0
		for _, name := range straightFields {
			s.tables[i][fields[name]]++
			i++
		}
		s.visitors.Insert([]byte(e.Visitor))
		if e.Vitals.LCP != nil {
			if err := s.lcp.Add(*e.Vitals.LCP); err != nil {
				return err
			}
		}
		s.hits[e.Visitor] = append(s.hits[e.Visitor], fields)
	}
	return nil
}

var straightFields = [22]string{
	"name", "page", "hostname", "referrer", "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term",
	"country", "region", "city", "device", "browser", "browser_version", "os", "os_version", "language", "screen", "currency",
}

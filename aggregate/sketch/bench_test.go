package sketch

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// measured runs a benchmark and reports the CPU time that the process took for it, for each of its units: that is what can be compared
// on a machine that others use too. It holds as much memory as a consumer does, so that garbage is collected as rarely as there.
func measured(b *testing.B, units int, unit string, f func(i int)) {
	b.Helper()
	b.ReportAllocs()
	windows := make([]byte, 64<<20)
	defer runtime.KeepAlive(windows)
	f(0)
	from := cpuTime(b)
	for i := 0; b.Loop(); i++ {
		f(i)
	}
	b.ReportMetric(float64(cpuTime(b)-from)/float64(b.N)/float64(units), "cpu-ns/"+unit)
}

func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// crowd makes hits like those of a busy site: every visitor has a country, a device and a source, and looks at a few of 30 pages.
type crowd struct {
	rnd *rand.Rand
	hit Hit
}

func newCrowd(seed uint64) *crowd { return &crowd{rnd: rand.New(rand.NewPCG(seed, 0))} }

func pick(n int, what string) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf(what, i)
	}
	return words
}

var (
	benchPages     = pick(30, "/blog/2026/post-number-%d")
	benchReferrers = pick(20, "news%d.example.com/items/today")
	benchSources   = pick(12, "Source %d")
	benchChannels  = []string{"Organic Search", "Direct", "Referral", "Organic Social", "Paid Search"}
	benchCountries = []string{"US", "GB", "DE", "FR", "IN", "BR", "JP", "CA", "NL", "ES"}
	benchCities    = pick(60, "City of %d")
	benchBrowsers  = []string{"Chrome", "Safari", "Firefox", "Edge", "Samsung Internet", "Opera", "Brave", "Vivaldi"}
	benchVersions  = pick(25, "%d.0")
	benchSystems   = []string{"Windows", "Mac", "iOS", "Android", "GNU/Linux"}
	benchLanguages = []string{"en-US", "en-GB", "de-DE", "fr-FR", "pt-BR", "ja-JP"}
	benchDevices   = []string{"Desktop", "Mobile", "Tablet"}
	benchScreens   = []string{"XS", "S", "M", "L", "XL"}
	benchPlans     = []string{"free", "pro", "team"}
)

// of returns the next hit of a visitor: what is the visitor's own follows from the hash.
func (c *crowd) of(visitor uint64, at int64) *Hit {
	own := rand.New(rand.NewPCG(visitor, 1))
	one := func(words []string) string { return words[own.IntN(len(words))] }
	h := &c.hit
	*h = Hit{At: at, Persistent: true, Props: h.Props[:0]}
	h.Text[Name] = pageview
	h.Text[Page] = benchPages[int(float64(len(benchPages))*c.rnd.Float64()*c.rnd.Float64())]
	h.Text[Hostname] = "www.example.org"
	if own.IntN(3) > 0 {
		h.Text[Referrer] = one(benchReferrers)
	}
	h.Text[Source], h.Text[Channel] = one(benchSources), one(benchChannels)
	if own.IntN(5) == 0 {
		h.Text[UTMSource], h.Text[UTMMedium], h.Text[UTMCampaign] = "newsletter", "email", "autumn"
	}
	h.Text[Country], h.Text[City] = one(benchCountries), one(benchCities)
	h.Text[Region] = h.Text[Country] + "-" + h.Text[City][len("City of "):]
	h.Text[Device], h.Text[Browser], h.Text[BrowserVersion] = one(benchDevices), one(benchBrowsers), one(benchVersions)
	h.Text[OS], h.Text[OSVersion], h.Text[Language], h.Text[Screen] = one(benchSystems), one(benchVersions), one(benchLanguages), one(benchScreens)
	switch c.rnd.IntN(10) {
	case 0, 1:
		h.Text[Name] = engagement
		h.EngagedMS, h.Scroll = c.rnd.Int64N(60_000), uint8(c.rnd.IntN(101))
	case 2:
		h.Text[Name] = "signup"
		h.Props = append(h.Props, Prop{"plan", one(benchPlans)})
	case 3:
		h.Text[Name], h.Revenue, h.Text[Currency] = "purchase", c.rnd.Int64N(100)*990_000, "EUR"
	case 4, 5:
		for v := range h.Vitals {
			h.Vitals[v] = Bin(c.rnd.ExpFloat64() * 1000)
		}
	}
	return h
}

// hits calls add for n hits of so many visitors inside a span of milliseconds from a time on, in order of time.
func (c *crowd) hits(n int, visitors []uint64, from, span int64, add func(uint64, *Hit)) {
	for i := range n {
		v := visitors[c.rnd.IntN(len(visitors))]
		add(v, c.of(v, from+int64(i)*span/int64(n)))
	}
}

func (c *crowd) people(n int) []uint64 {
	hashes := make([]uint64, n)
	for i := range hashes {
		hashes[i] = c.rnd.Uint64()
	}
	return hashes
}

const benchStart = 1_790_000_000_000

// batch returns 500 hits of 250 visitors in ten seconds.
func (c *crowd) batch() (all []seen) {
	c.hits(500, c.people(290), benchStart, 10_000, func(v uint64, h *Hit) {
		own := *h
		own.Props = append([]Prop(nil), h.Props...)
		all = append(all, seen{v, own})
	})
	return all
}

func BenchmarkBuild(b *testing.B) {
	var batches [1][]seen
	for i := range batches {
		batches[i] = newCrowd(uint64(i)).batch()
	}
	for _, step := range []string{"add", "add+seal", "add+seal+encode"} {
		b.Run(step, func(b *testing.B) {
			var build Builder
			var buffer []byte
			measured(b, 500, "hit", func(i int) {
				build.Reset()
				batch := batches[i%len(batches)]
				for j := range batch {
					build.Add(batch[j].visitor, &batch[j].hit)
				}
				if step == "add" {
					return
				}
				s, _ := build.Seal()
				if step != "add+seal" {
					buffer = s.AppendBinary(buffer[:0])
				}
			})
			if len(buffer) > 0 {
				b.ReportMetric(float64(len(buffer)), "B/batch")
			}
		})
	}
}

// days returns the encoded samples of days at K visitors or more, with about perDay hits of each visitor.
func days(b *testing.B, n, visitors, perVisitor int, same bool) []*Packed {
	c := newCrowd(7)
	people := c.people(visitors)
	parts := make([]*Packed, n)
	for d := range parts {
		if !same {
			people = c.people(visitors)
		}
		var build Builder
		c.hits(visitors*perVisitor, people, benchStart+int64(d)*86_400_000, 86_400_000, build.Add)
		s, _ := build.Seal()
		parts[d] = opened(b, s)
	}
	return parts
}

func opened(b *testing.B, s *Sample) *Packed {
	p, err := Open(s.AppendBinary(nil))
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkProject(b *testing.B) {
	for _, c := range []struct {
		name       string
		visitors   int
		perVisitor int
		same       bool
	}{{"distinct", 5000, 4, false}, {"busy", 50_000, 3, false}, {"same", 4000, 2, true}} {
		parts := days(b, 30, c.visitors, c.perVisitor, c.same)
		b.Run("days=30/"+c.name, func(b *testing.B) {
			needs := Needs{}
			needs.Fields[Name], needs.Fields[Page], needs.Fields[Country] = true, true, true
			measured(b, 1, "op", func(int) {
				s, err := Project(needs, parts)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(s.Visitors()), "visitors")
				b.ReportMetric(float64(s.Hits()), "hits")
			})
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, hits := range []int{100, 500, 2000} {
		var packs [][]byte
		for cell := range 16 {
			c := newCrowd(uint64(cell))
			var build Builder
			c.hits(hits, c.people(hits*6/10), benchStart, 10_000, build.Add)
			s, _ := build.Seal()
			packs = append(packs, s.AppendBinary(nil))
		}
		for _, step := range []string{"open+merge", "open+merge+encode"} {
			b.Run(fmt.Sprintf("cells=16/hits=%d/%s", hits, step), func(b *testing.B) {
				var buffer, rested []byte
				measured(b, 1, "op", func(int) {
					parts := make([]*Packed, len(packs))
					for i, p := range packs {
						parts[i], _ = Open(p)
					}
					s, r, err := Merge(parts, nil)
					if err != nil {
						b.Fatal(err)
					}
					if step != "open+merge" {
						buffer, rested = s.AppendBinary(buffer[:0]), r.AppendBinary(rested[:0])
					}
				})
				if step != "open+merge" {
					b.ReportMetric(float64(len(buffer)), "B/sample")
					b.ReportMetric(float64(len(rested)), "B/rest")
				}
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	c := newCrowd(3)
	var build Builder
	c.hits(20_000, c.people(5000), benchStart, 86_400_000, build.Add)
	s, _ := build.Seal()
	packed := s.AppendBinary(nil)
	b.ReportMetric(float64(len(packed)), "B")
	measured(b, 1, "op", func(int) {
		if _, err := Open(packed); err != nil {
			b.Fatal(err)
		}
	})
}

// What 25 increments of built-in maps cost, one for each thing that a hit could be counted by: what the other figures of a run are seen against.
func BenchmarkYardstick(b *testing.B) {
	batch := newCrowd(0).batch()
	var counts [25]map[string]int
	for i := range counts {
		counts[i] = make(map[string]int)
	}
	measured(b, len(batch), "hit", func(int) {
		for i := range batch {
			for j := range counts {
				counts[j][batch[i].hit.Text[[...]Field{Page, Country, City, Browser, Referrer}[j%5]]]++
			}
		}
	})
}

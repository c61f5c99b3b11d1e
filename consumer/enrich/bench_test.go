package enrich

import (
	"os"
	"testing"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/e2e/proc"
	"github.com/streamgauge/streamgauge/event"
)

// realistic are events as browsers send them and the door stamps them.
var realistic = map[string]string{
	"plain": `{"site":"shop.example.com","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
		`"url":"https://shop.example.com/products/garden/hose-25m","referrer":"https://shop.example.com/products/garden",` +
		`"visitor":"v-7f3a9c21","props":{"plan":"pro","price":12.5,"member":true},"screen":"1920x1080","lang":"de-DE","received_at":1751719200345,` +
		`"ua":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36","country":"DE","region":"DE-BY","city":"Munich"}`,
	"search": `{"site":"shop.example.com","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
		`"url":"https://www.shop.example.com/products/garden/hose-25m?size=2","referrer":"https://www.google.com/",` +
		`"visitor":"v-7f3a9c21","props":{"plan":"pro","price":12.5,"member":true},"screen":"1920x1080","lang":"de-DE","received_at":1751719200345,` +
		`"ua":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36","country":"DE","region":"DE-BY","city":"Munich"}`,
	"campaign": `{"site":"shop.example.com","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
		`"url":"https://shop.example.com/tea?utm_source=letter&utm_medium=email&utm_campaign=spring%20sale&utm_content=top","referrer":"https://mail.google.com/",` +
		`"visitor":"v-7f3a9c21","props":{"plan":"pro","price":12.5,"member":true},"screen":"390x844","lang":"en-GB","received_at":1751719200345,` +
		`"ua":"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"}`,
	"paid": `{"site":"shop.example.com","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
		`"url":"https://shop.example.com/tea?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCQjwgIXCBhDBARIsAELC9Zh1Q","referrer":"https://www.google.com/",` +
		`"visitor":"v-7f3a9c21","props":{"plan":"pro","price":12.5,"member":true},"screen":"390x844","lang":"en-GB","received_at":1751719200345,` +
		`"ua":"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"}`,
}

func decoded(tb testing.TB, text string) *event.Event {
	tb.Helper()
	e := new(event.Event)
	if problems, err := e.Decode([]byte(text)); err != nil || problems != nil {
		tb.Fatal(problems, err)
	}
	return e
}

func BenchmarkHit(b *testing.B) {
	for _, name := range []string{"plain", "search", "campaign", "paid"} {
		b.Run(name, func(b *testing.B) {
			en, e, h := New(Options{}), decoded(b, realistic[name]), new(sketch.Hit)
			en.Hit(h, e, e.TS) // what comes once is not measured
			b.ReportAllocs()
			began, err := proc.CPU(os.Getpid())
			if err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				en.Hit(h, e, e.TS)
			}
			ended, err := proc.CPU(os.Getpid())
			if err != nil {
				b.Skip(err)
			}
			b.ReportMetric(float64((ended-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkKnownAgent compares finding what is known of a user agent, by as many goroutines as there are cores, with the library that would do it
// otherwise, and with finding it out.
func BenchmarkKnownAgent(b *testing.B) {
	ua := decoded(b, realistic["plain"]).UserAgent
	b.Run("cache", func(b *testing.B) {
		en := New(Options{})
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				en.agents.of(ua, parseAgent)
			}
		})
	})
	b.Run("golang-lru", func(b *testing.B) {
		c, err := lru.New[string, userAgent](4096)
		if err != nil {
			b.Fatal(err)
		}
		c.Add(ua, parseAgent(ua))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Get(ua)
			}
		})
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseAgent(ua)
		}
	})
}

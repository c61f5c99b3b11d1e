package enrich

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/event/agent"
)

// hitOf makes a hit with an enricher that knows nothing yet.
func hitOf(e event.Event) *sketch.Hit {
	h := new(sketch.Hit)
	New(Options{Remember: 1}).Hit(h, &e, e.TS)
	return h
}

func TestHitOfEverything(t *testing.T) {
	e := decoded(t, `{"site":"shop","name":"purchase","ts":5,"url":"https://www.Shop.example:443/tea?utm_source=fb&utm_medium=Paid%20Social&utm_campaign=s+1&utm_content=c&utm_term=t#x",
		"referrer":"https://l.facebook.com/l.php?u=x","visitor":"v","props":{"size":"L","n":2.50,"gift":true,"none":""},"revenue":{"amount":"12.50","currency":"EUR"},
		"vitals":{"lcp":1200,"cls":0},"engaged_ms":700,"scroll":60,"screen":"1440x900","lang":"en-gb","country":"GB","region":"GB-LND","city":"London",
		"ua":"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}`)
	h := &sketch.Hit{Props: make([]sketch.Prop, 0, 8), Scroll: 9}
	New(Options{}).Hit(h, e, 77)
	want := &sketch.Hit{
		At: 77, Revenue: 12_500_000, EngagedMS: 700, Scroll: 60, Persistent: true,
		Props: []sketch.Prop{{Key: "gift", Value: "true"}, {Key: "n", Value: "2.50"}, {Key: "size", Value: "L"}},
		Text: [sketch.NumFields]string{
			sketch.Name: "purchase", sketch.Page: "/tea", sketch.Hostname: "shop.example", sketch.Referrer: "l.facebook.com/l.php", sketch.Source: "Facebook",
			sketch.Channel: "Paid Social", sketch.UTMSource: "fb", sketch.UTMMedium: "Paid Social", sketch.UTMCampaign: "s 1", sketch.UTMContent: "c", sketch.UTMTerm: "t",
			sketch.Country: "GB", sketch.Region: "GB-LND", sketch.City: "London", sketch.Device: "Desktop", sketch.Browser: "Firefox", sketch.BrowserVersion: "140.0",
			sketch.OS: "Ubuntu", sketch.Language: "en-GB", sketch.Screen: "1440-1919", sketch.Currency: "EUR",
		},
	}
	want.Vitals[sketch.LCP], want.Vitals[sketch.CLS] = sketch.Bin(1200), sketch.Bin(0)
	if !reflect.DeepEqual(h, want) {
		t.Errorf("hit\n%+v, want\n%+v", h, want)
	}
}

func TestHitOfNothing(t *testing.T) {
	h := hitOf(event.Event{Site: "shop", Name: "signup", TS: 5})
	want := &sketch.Hit{At: 5}
	want.Text[sketch.Name] = "signup"
	if !reflect.DeepEqual(h, want) {
		t.Errorf("hit %+v", h)
	}
	if got := hitOf(event.Event{Name: event.Pageview}).Text[sketch.Page]; got != "/" {
		t.Errorf("a pageview of no page is one of %q", got)
	}
	for name, e := range map[string]event.Event{"visitor": {Visitor: "v"}, "user": {User: "u"}} {
		if !hitOf(e).Persistent {
			t.Errorf("with a %s the visitor does not last", name)
		}
	}
	if hitOf(event.Event{Session: "s", DoorVisitor: "d"}).Persistent {
		t.Error("a session or a cookieless visitor lasts")
	}
}

// How a visitor came: url, referrer → source, channel, referrer.
func TestSourceAndChannel(t *testing.T) {
	const at = "https://shop.example/"
	for _, c := range []struct{ url, referrer, source, channel, text string }{
		{at, "", "", "", ""},
		{at, "https://shop.example/a", "", "", ""},
		{at, "https://www.shop.example/a", "", "", ""},
		{"https://www.shop.example/", "http://SHOP.example:8080/a", "", "", ""},
		{"/path", "https://shop/a", "", "", ""}, // the site is called so
		{at, "http://localhost:3000/", "", "", ""},
		{at, "about:blank", "", "", ""},
		{at, "file:///home/me/x.html", "", "", ""},
		{at, "www.google.com", "", "", ""},
		{at, "https://www.google.com/", "Google", "Organic Search", "google.com"},
		{at, "https://www.google.co.uk/search?q=tea#x", "Google", "Organic Search", "google.co.uk/search"},
		{at, "https://user@www.Google.de:443/url/", "Google", "Organic Search", "google.de/url"},
		{at, "https://blog.example/2026/tea/", "blog.example", "Referral", "blog.example/2026/tea"},
		{at, "https://github.com/streamgauge", "GitHub", "Referral", "github.com/streamgauge"},
		{at, "https://t.co/x", "X (Twitter)", "Organic Social", "t.co/x"},
		{at, "https://www.youtube.com/", "YouTube", "Organic Video", "youtube.com"},
		{at, "https://mail.google.com/", "Gmail", "Email", "mail.google.com"},
		{at, "android-app://com.google.android.gm/", "Gmail", "Email", "android-app://com.google.android.gm"},
		{at, "android-app://com.example/x", "android-app://com.example", "Referral", "android-app://com.example"},
		{at, "https://chatgpt.com/", "ChatGPT", "AI Assistants", "chatgpt.com"},
		{at, "https://www.perplexity.ai/", "Perplexity", "AI Assistants", "perplexity.ai"},
		{at, "https://www.amazon.de/", "Amazon", "Organic Shopping", "amazon.de"},
		{at, "https://www.awin1.com/cread.php", "Awin", "Affiliates", "awin1.com/cread.php"},
		{at, "https://trc.taboola.com/", "Taboola", "Display", "trc.taboola.com"},

		{at + "?utm_source=google", "https://blog.example/", "Google", "Organic Search", "blog.example"},
		{at + "?utm_source=google&utm_medium=cpc", "", "Google", "Paid Search", ""},
		{at + "?utm_source=GOOGLE&utm_medium=CPC", "", "Google", "Paid Search", ""},
		{at + "?utm_source=adwords", "", "Google", "Paid Search", ""},
		{at + "?utm_source=facebook&utm_medium=paid_social", "", "Facebook", "Paid Social", ""},
		{at + "?utm_source=youtube&utm_medium=cpv-cpc", "", "YouTube", "Paid Video", ""},
		{at + "?utm_source=amazon&utm_medium=ppc", "", "Amazon", "Paid Shopping", ""},
		{at + "?utm_source=x&utm_campaign=summer-shop&utm_medium=cpc", "", "X (Twitter)", "Paid Shopping", ""},
		{at + "?utm_source=letter&utm_campaign=eshop", "", "letter", "Organic Shopping", ""},
		{at + "?utm_source=letter&utm_campaign=workshop", "", "letter", "Referral", ""},
		{at + "?utm_source=a&utm_campaign=Cross-Network+1", "", "a", "Cross-network", ""},
		{at + "?utm_source=partner&utm_medium=cpm", "", "partner", "Display", ""},
		{at + "?utm_source=partner&utm_medium=retargeting", "", "partner", "Paid Other", ""},
		{at + "?utm_medium=cpc", "", "", "Paid Other", ""},
		{at + "?utm_medium=social", "", "", "Organic Social", ""},
		{at + "?utm_medium=Social+Media", "", "", "Organic Social", ""},
		{at + "?utm_medium=video-ad", "", "", "Organic Video", ""},
		{at + "?utm_medium=organic", "", "", "Organic Search", ""},
		{at + "?utm_source=letter&utm_medium=email", "https://www.google.com/", "letter", "Email", "google.com"},
		{at + "?utm_source=newsletter", "", "newsletter", "Email", ""},
		{at + "?utm_medium=affiliate", "", "", "Affiliates", ""},
		{at + "?utm_medium=audio", "", "", "Audio", ""},
		{at + "?utm_source=sms", "", "sms", "SMS", ""},
		{at + "?utm_medium=sms", "", "", "SMS", ""},
		{at + "?utm_medium=web-push", "", "", "Mobile Push Notifications", ""},
		{at + "?utm_source=firebase", "", "firebase", "Mobile Push Notifications", ""},
		{at + "?utm_medium=referral", "", "", "Referral", ""},
		{at + "?source=google", "", "Google", "Organic Search", ""},
		{at + "?ref=producthunt", "", "Product Hunt", "Organic Social", ""},
		{at + "?ref=a&source=b&utm_source=c", "", "c", "Referral", ""},
		{at + "?ref=a&source=b", "", "b", "Referral", ""},

		{at + "?gclid=x", "", "Google", "Paid Search", ""},
		{at + "?gclid=x", "https://www.google.com/", "Google", "Paid Search", "google.com"},
		{at + "?gclid=x", "https://www.youtube.com/", "YouTube", "Paid Video", "youtube.com"},
		{at + "?gclid=x", "https://blog.example/", "blog.example", "Paid Other", "blog.example"},
		{at + "?gclid=x&utm_source=google&utm_medium=organic", "", "Google", "Paid Search", ""},
		{at + "?gclid=x&utm_source=letter&utm_medium=email", "", "letter", "Email", ""},
		{at + "?msclkid=x", "https://www.bing.com/", "Bing", "Paid Search", "bing.com"},
		{at + "?fbclid=x", "", "Facebook", "Organic Social", ""},
		{at + "?fbclid=x", "https://l.instagram.com/", "Instagram", "Organic Social", "l.instagram.com"},
		{at + "?ttclid=x", "", "TikTok", "Paid Social", ""},
		{at + "?dclid=x", "", "DoubleClick", "Display", ""},
		{at + "?irclickid=x", "https://blog.example/", "blog.example", "Affiliates", "blog.example"},
		{at + "?mc_eid=x", "", "Mailchimp", "Email", ""},
		{at + "?mkt_tok=x", "", "", "Email", ""},
		{at + "?gclid=", "", "", "", ""},
	} {
		h := hitOf(event.Event{Site: "shop", Name: event.Pageview, URL: c.url, Referrer: c.referrer})
		got := [...]string{h.Text[sketch.Source], h.Text[sketch.Channel], h.Text[sketch.Referrer]}
		if got != [...]string{c.source, c.channel, c.text} {
			t.Errorf("%s from %s: %q, want %q", c.url, c.referrer, got, [...]string{c.source, c.channel, c.text})
		}
	}
}

// A channel nobody can come by is a mistake in the order of the rules.
func TestEveryChannelIsReached(t *testing.T) {
	reached := map[string]bool{}
	for k := range numKinds {
		for bits := range sent << 1 {
			w := way{k, bits}
			if got, want := w.channel(), w.rule(); got != want {
				t.Fatalf("%+v: %q, by the rules %q", w, got, want)
			}
			reached[w.channel()] = true
		}
	}
	for _, c := range channels {
		if !reached[c.name] {
			t.Errorf("%s is never reached", c.name)
		}
	}
}

// drawEvents makes events whose parts are drawn from few values and from any text.
func drawEvents(t *rapid.T) []event.Event {
	word := rapid.OneOf(rapid.SampledFrom([]string{"", "google", "fb", "cpc", "email", "a%20b", "%C3%A4", "A+b", "%", "%zz", "%00x"}), rapid.StringMatching(`[ -~]{0,8}`))
	host := rapid.SampledFrom([]string{"", "shop.example", "WWW.shop.example:80", "google.de", "t.co", "x@blog.example", "näher.example", "[::1]:8"})
	url := rapid.Custom(func(t *rapid.T) string {
		query := ""
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			query += "&" + rapid.SampledFrom([]string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "gclid", "x"}).Draw(t, "key") + "=" + word.Draw(t, "value")
		}
		return rapid.SampledFrom([]string{"https://", "http://", "android-app://", ""}).Draw(t, "scheme") + host.Draw(t, "host") + "/" + word.Draw(t, "path") + "?" + query
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event.Event {
		e := event.Event{
			Site: "shop", Name: rapid.SampledFrom([]string{event.Pageview, "buy"}).Draw(t, "name"), URL: url.Draw(t, "url"), Referrer: url.Draw(t, "referrer"),
			UserAgent: rapid.OneOf(rapid.SampledFrom([]string{userAgents[0].text, userAgents[3].text, "curl/8"}), rapid.String()).Draw(t, "ua"),
			Lang:      rapid.OneOf(rapid.SampledFrom([]string{"de", "en-GB", "zh_Hant_TW"}), rapid.String()).Draw(t, "lang"),
			Screen:    rapid.OneOf(rapid.SampledFrom([]string{"1920x1080", "x", "99999999999999999999x1"}), rapid.String()).Draw(t, "screen"),
			Country:   rapid.OneOf(rapid.SampledFrom([]string{"AT", "at", "XXX"}), rapid.String()).Draw(t, "country"),
		}
		for _, key := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), 0, 6, rapid.ID).Draw(t, "props") {
			e.Props = append(e.Props, event.Prop{Key: key, Value: word.Draw(t, "prop")})
		}
		return e
	}), 1, 30).Draw(t, "events")
}

// What is remembered, how much of it, and what a hit was used for before, changes nothing.
func TestHitDependsOnTheEventAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small, large := New(Options{Remember: 4}), New(Options{})
		h := new(sketch.Hit)
		for _, e := range append(drawEvents(t), drawEvents(t)...) {
			want := hitOf(e)
			for name, en := range map[string]*Enricher{"little remembered": small, "much remembered": large} {
				en.Hit(h, &e, e.TS)
				if h.Compare(want) != 0 || h.Text != want.Text {
					t.Fatalf("%s: %+v became\n%+v, alone it becomes\n%+v", name, e, h, want)
				}
				if got, alone := en.Bot(&e), New(Options{}).Bot(&e); got != alone {
					t.Fatalf("%s: bot %q, alone %q", name, got, alone)
				}
			}
			for i := range h.Props {
				if i > 0 && h.Props[i-1].Key >= h.Props[i].Key {
					t.Fatalf("properties %v are not in order", h.Props)
				}
			}
		}
	})
}

// Many goroutines share an enricher whose caches are much too small for them.
func TestConcurrentUse(t *testing.T) {
	en := New(Options{Remember: 8})
	var events []event.Event
	var want []*sketch.Hit
	for i := range 60 {
		events = append(events, event.Event{
			Name: event.Pageview, URL: fmt.Sprintf("https://Shop%d.example/?utm_source=a%%20%d", i, i), Referrer: fmt.Sprintf("https://b%d.example/", i),
			UserAgent: fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0", i), Lang: "de-AT",
		})
		want = append(want, hitOf(events[i]))
	}
	var running sync.WaitGroup
	for seed := range uint64(4) {
		running.Go(func() {
			rng, h := rand.New(rand.NewPCG(seed, 0)), new(sketch.Hit)
			for range 5000 {
				i := rng.IntN(len(events))
				en.Hit(h, &events[i], 0)
				if h.Text != want[i].Text {
					t.Errorf("seed %d: %+v, want %+v", seed, h, want[i])
					return
				}
			}
		})
	}
	running.Wait()
}

// In the steady state a hit takes no memory.
func TestHitTakesNoMemory(t *testing.T) {
	for name, text := range realistic {
		en, e, h := New(Options{}), decoded(t, text), new(sketch.Hit)
		if n := testing.AllocsPerRun(100, func() { en.Hit(h, e, e.TS); en.Bot(e) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestBot(t *testing.T) {
	for want, e := range map[string]event.Event{
		"":             {UserAgent: userAgents[0].text},
		agent.Crawler:  {UserAgent: "Googlebot/2.1"},
		agent.Tool:     {UserAgent: "curl/8.5"},
		agent.Prefetch: {UserAgent: userAgents[0].text, Bot: "prefetch"},
		agent.Marked:   {UserAgent: userAgents[0].text, Bot: strings.Repeat("x", 90)},
	} {
		if got := New(Options{}).Bot(&e); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
	if got := New(Options{}).Bot(&event.Event{}); got != "" {
		t.Errorf("without a user agent: %q", got)
	}
}

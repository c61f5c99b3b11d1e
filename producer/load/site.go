package load

import "math"

// kind says what can be done on a page beside reading it.
type kind uint8

const (
	plain kind = iota
	product
	signup
	search
	download
	outbound
	basket // these two nobody enters the site by
	thanks
)

type page struct {
	path, title string
	kind        kind
	links       []string
	price       int64 // of a product, in cents
}

// pages of the site, the most popular first: the n-th has the Zipf weight 1/n^zipfExponent.
var pages = []page{
	{path: "/", title: "Hearth & Kettle", links: []string{"/shop", "/blog", "/about", "/signup", "/shop/kettles", "/shop/teapots"}},
	{path: "/shop", title: "Shop", kind: search, links: []string{"/shop/kettles", "/shop/teapots", "/shop/cups", "/shop/tea", "/cart", "/"}},
	{path: "/shop/kettles", title: "Kettles", links: []string{"/shop/kettles/gooseneck", "/shop/kettles/enamel", "/shop/kettles/travel", "/shop"}},
	{path: "/blog", title: "Blog", links: []string{"/blog/water-temperature", "/blog/limescale", "/blog/first-flush", "/blog/why-gooseneck", "/newsletter", "/"}},
	{path: "/shop/kettles/gooseneck", title: "Gooseneck kettle", kind: product, price: 8900, links: []string{"/cart", "/shop/kettles", "/reviews"}},
	{path: "/blog/water-temperature", title: "How hot is hot enough?", links: []string{"/blog", "/shop/kettles/gooseneck", "/shop/tea", "/newsletter"}},
	{path: "/shop/teapots", title: "Teapots", links: []string{"/shop/teapots/stoneware", "/shop/teapots/glass", "/shop"}},
	{path: "/signup", title: "Open an account", kind: signup, links: []string{"/", "/shop"}},
	{path: "/cart", title: "Your cart", kind: basket, links: []string{"/checkout", "/checkout", "/shop"}},
	{path: "/shop/tea", title: "Tea", links: []string{"/shop/tea/sencha", "/shop/tea/assam", "/shop"}},
	{path: "/blog/limescale", title: "Limescale, and how to lose it", links: []string{"/blog", "/shop/kettles", "/help", "/newsletter"}},
	{path: "/shop/teapots/stoneware", title: "Stoneware teapot", kind: product, price: 5400, links: []string{"/cart", "/shop/teapots", "/reviews"}},
	{path: "/checkout", title: "Checkout", kind: basket, links: []string{"/checkout/thanks", "/checkout/thanks", "/checkout/thanks", "/cart"}},
	{path: "/shop/kettles/enamel", title: "Enamel kettle", kind: product, price: 4600, links: []string{"/cart", "/shop/kettles"}},
	{path: "/shop/tea/sencha", title: "Sencha, 100 g", kind: product, price: 1450, links: []string{"/cart", "/shop/tea", "/blog/first-flush"}},
	{path: "/checkout/thanks", title: "Thank you", kind: thanks, links: []string{"/", "/shop"}},
	{path: "/blog/first-flush", title: "What is a first flush?", links: []string{"/blog", "/shop/tea"}},
	{path: "/shop/cups", title: "Cups", kind: product, price: 1900, links: []string{"/cart", "/shop"}},
	{path: "/about", title: "About us", kind: outbound, links: []string{"/", "/contact", "/signup"}},
	{path: "/shop/tea/assam", title: "Assam, 100 g", kind: product, price: 1250, links: []string{"/cart", "/shop/tea"}},
	{path: "/shop/teapots/glass", title: "Glass teapot", kind: product, price: 3900, links: []string{"/cart", "/shop/teapots"}},
	{path: "/reviews", title: "Reviews", links: []string{"/shop", "/shop/kettles/gooseneck"}},
	{path: "/blog/why-gooseneck", title: "Why a gooseneck?", links: []string{"/shop/kettles/gooseneck", "/blog"}},
	{path: "/shop/kettles/travel", title: "Travel kettle", kind: product, price: 3200, links: []string{"/cart", "/shop/kettles"}},
	{path: "/help", title: "Help", kind: download, links: []string{"/contact", "/shop"}},
	{path: "/newsletter", title: "Newsletter", kind: signup, links: []string{"/", "/blog"}},
	{path: "/contact", title: "Contact", links: []string{"/", "/help"}},
}

const zipfExponent = 0.9

// searches are what people look for in the shop.
var searches = []string{"kettle", "teapot", "sencha", "gift", "gooseneck", "cups", "travel kettle", "descaler", "assam", "glass"}

// source is where visitors come from: the referrer, the query that a campaign adds to the address, and the pages they enter by (none: any,
// by popularity).
type source struct {
	weight    float64
	referrers []string
	query     string
	entries   []string
}

var sources = []source{
	{weight: 34, entries: []string{"/", "/", "/", "/", "/shop", "/blog"}},
	{weight: 30, referrers: []string{"https://www.google.com/", "https://www.google.com/", "https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/", "https://www.ecosia.org/"}},
	{weight: 10, referrers: []string{"https://t.co/9kQx2LrB7w", "https://www.reddit.com/r/tea/", "https://www.linkedin.com/feed/", "https://l.facebook.com/"},
		entries: []string{"/blog/water-temperature", "/blog/limescale", "/blog/why-gooseneck", "/shop/kettles/gooseneck"}},
	{weight: 6, referrers: []string{"https://news.ycombinator.com/item?id=40001234"}, entries: []string{"/blog/water-temperature"}},
	{weight: 9, referrers: []string{"", "https://mail.google.com/"}, query: "?utm_source=newsletter&utm_medium=email&utm_campaign=spring-harvest&utm_content=header",
		entries: []string{"/blog/first-flush", "/shop/tea", "/shop/tea/sencha"}},
	{weight: 6, referrers: []string{"https://www.google.com/"}, query: "?utm_source=google&utm_medium=cpc&utm_campaign=kettles&utm_term=gooseneck+kettle",
		entries: []string{"/shop/kettles/gooseneck", "/shop/kettles"}},
	{weight: 3, referrers: []string{"https://l.instagram.com/", "https://l.facebook.com/"}, query: "?utm_source=instagram&utm_medium=paid-social&utm_campaign=teapots&utm_content=story",
		entries: []string{"/shop/teapots", "/shop/teapots/stoneware"}},
	{weight: 2, referrers: []string{"https://www.brewing-weekly.example/reviews/gooseneck"}, query: "?utm_source=brewing-weekly&utm_medium=referral&utm_campaign=review", entries: []string{"/shop/kettles/gooseneck"}},
}

// site is the page graph, ready to be walked.
type site struct {
	index  map[string]int // of a path in pages
	enter  weights        // of all pages, by popularity
	links  [][]int        // of each page
	follow []weights      // of the links of each page, by the popularity of where they lead
	urls   []string       // of each page
	from   weights        // of the sources
	in     [][]string     // of each source and page, the URL with the campaign's query
}

func newSite(origin string) *site {
	s := &site{index: make(map[string]int, len(pages))}
	popularity := make([]float64, len(pages))
	entrance := make([]float64, len(pages))
	for i, p := range pages {
		s.index[p.path] = i
		popularity[i] = math.Pow(float64(i+1), -zipfExponent)
		if p.kind < basket {
			entrance[i] = popularity[i]
		}
	}
	s.enter = newWeights(entrance)
	share := make([]float64, len(sources))
	for i, src := range sources {
		share[i] = src.weight
		urls := make([]string, len(pages))
		for j, p := range pages {
			urls[j] = origin + p.path + src.query
		}
		s.in = append(s.in, urls)
	}
	s.from = newWeights(share)
	for _, p := range pages {
		s.urls = append(s.urls, origin+p.path)
		to := make([]int, len(p.links))
		w := make([]float64, len(p.links))
		for i, path := range p.links {
			to[i] = s.index[path]
			w[i] = popularity[to[i]]
		}
		s.links = append(s.links, to)
		s.follow = append(s.follow, newWeights(w))
	}
	return s
}

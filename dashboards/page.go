package dashboards

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
)

// view is one kind of address of the page. Its module is loaded at once; those of other views when somebody goes there.
type view struct {
	patterns []string // of net/http
	module   string
	bySites  bool // whether it begins with the list of sites
	depth    int  // how many folders below the root the address is
	framed   bool // pages of others may hold it in a frame
}

var views = []view{
	{patterns: []string{"/{$}", "/{site}"}, module: "js/site/view.js", bySites: true},
	{patterns: []string{"/_/pipeline"}, module: "js/pipeline/view.js", bySites: true, depth: 1},
	{patterns: []string{"/_/inspect"}, module: "js/inspect/view.js", bySites: true, depth: 1},
	{patterns: []string{"/_/tile/{site}"}, module: "js/tile/view.js", depth: 2, framed: true},
}

// page is index.html as one view gets it, and the policy that goes with it.
type page struct {
	view
	html   []byte
	policy string

	mu   sync.Mutex
	last *file // as it was served last: sites seldom change
	told string
}

// with is the page with the list of sites in it, so that it needs not be asked for: JSON without "<", or nothing.
func (p *page) with(sites []byte) *file {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil || p.told != string(sites) {
		var known []byte
		if len(sites) > 0 {
			known = fmt.Appendf(nil, `<script type="application/json" id="sites">%s</script>`, sites)
		}
		p.last, p.told = newFile(contentTypes[".html"], bytes.Replace(p.html, sitesMark, known, 1)), string(sites)
	}
	return p.last
}

// A page is allowed what it needs and nothing else: its own files, its own server, and the import map and the script in it, by their hashes. Trusted Types forbid every way
// of turning a string into markup, so that no page name can ever become an element.
const policyFormat = "default-src 'self'; script-src 'self'%s; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors %s; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// assetPolicy goes with everything that is no page. It is looked at only where somebody opens such a file by itself, and is sent with each of them.
const assetPolicy = "default-src 'none'; frame-ancestors 'none'"

var (
	emptyMap  = []byte(`<script type="importmap"></script>`)
	emptyRoot = []byte(`data-root=""`)
	preloaded = []byte("<!-- modules -->")
	earlyMark = []byte("<!-- early -->")
	sitesMark = []byte("<!-- sites -->")
	reference = lazily(`(href|src)="_/assets/([^"]+)"`)
)

// newPage fills index.html in: where the root is, where the modules are, which of them to fetch at once, and what runs before they are there.
func newPage(a *assets, v view) *page {
	root := strings.Repeat("../", v.depth)
	if v.depth == 0 {
		root = "./"
	}
	imports := a.importMap(root)
	html := bytes.Replace(linkSheets(a.index), emptyRoot, []byte(`data-root="`+root+`"`), 1)
	html = bytes.Replace(html, emptyMap, fmt.Appendf(nil, `<script type="importmap">%s</script>`, imports), 1)
	html = bytes.Replace(html, preloaded, preloadLinks(a, v, root), 1)
	html = reference().ReplaceAllFunc(html, func(found []byte) []byte {
		m := reference().FindSubmatch(found)
		return fmt.Appendf(nil, `%s="%s%s%s"`, m[1], root, assetRoot, a.address[string(m[2])])
	})
	html = bytes.Replace(html, earlyMark, fmt.Appendf(nil, "%s<script>%s</script>", sitesMark, a.early), 1) // last: nothing in it is to be filled in
	ancestors := "'none'"
	if v.framed {
		ancestors = "*"
	}
	return &page{view: v, html: html, policy: fmt.Sprintf(policyFormat, allowed(imports)+allowed(a.early), ancestors)}
}

// allowed is the source expression of a policy that allows an inline script by its hash.
func allowed(script []byte) string {
	sum := sha256.Sum256(script)
	return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func preloadLinks(a *assets, v view, root string) []byte {
	var b bytes.Buffer
	for _, name := range a.preloads(v) {
		fmt.Fprintf(&b, "<link rel=\"modulepreload\" href=\"%s%s%s\">\n", root, assetRoot, a.address[name])
	}
	return bytes.TrimSpace(b.Bytes())
}

package enrich

import (
	_ "embed"
	"strings"
	"sync"
)

// kind is what a source is.
type kind uint8

const (
	unknown kind = iota
	search
	social
	video
	email
	assistant
	code
	news
	shop
	ads
	affiliate
	site // known by a name, and of no kind that makes a channel
	numKinds
)

var kindNames = [numKinds]string{
	search: "search", social: "social", video: "video", email: "email", assistant: "ai", code: "code", news: "news", shop: "shop", ads: "ads",
	affiliate: "affiliate", site: "site",
}

// source is one that the table knows.
type source struct {
	name string
	kind kind
}

// sources.txt has the hosts that are known: host, kind and name of the source, in order of the hosts. A host stands for everything below it that has
// no line of its own. "google.*" stands for the host under every top level domain, also of two short parts as co.uk. The
// name of an application's package follows android-app://, as browsers on Android send it.
//
//go:embed sources.txt
var sourcesText string

// aliases.txt has what else people write into utm_source for a source: the tag in small letters, "paid" where it names an advertisement and "-" where
// not, and the name of the source.
//
//go:embed aliases.txt
var aliasesText string

// sourceTable finds sources.
type sourceTable struct {
	byHost  map[string]*source
	byLabel map[string]*source // of "google.*" by "google"
	byTag   map[string]tagged  // by the source's name in small letters, and by alias
}

// known is read when it is first asked for: a function that enriches nothing has no use for it, and its start would be slower.
var known = sync.OnceValue(func() *sourceTable { t := readSources(sourcesText, aliasesText); return &t })

func readSources(hosts, aliases string) sourceTable {
	t := sourceTable{map[string]*source{}, map[string]*source{}, map[string]tagged{}}
	kinds := map[string]kind{}
	for k, name := range kindNames {
		kinds[name] = kind(k)
	}
	for host, line := range lines(hosts) {
		kindName, name, _ := strings.Cut(line, " ")
		s := t.source(name, kinds[kindName])
		if label, wild := strings.CutSuffix(host, ".*"); wild {
			t.byLabel[label] = s
		} else {
			t.byHost[host] = s
		}
	}
	for alias, line := range lines(aliases) {
		mark, name, _ := strings.Cut(line, " ")
		s := tagged{source: *t.source(name, unknown)}
		if mark == "paid" {
			s.traits = paid
		}
		t.byTag[alias] = s
	}
	return t
}

// source returns the source of that name, of which there is one.
func (t *sourceTable) source(name string, k kind) *source {
	tag := strings.ToLower(name)
	have, ok := t.byTag[tag]
	if !ok {
		have.source = source{name, k}
		t.byTag[tag] = have
	}
	return &have.source
}

// lines yields the first word of each line, and the rest.
func lines(text string) func(yield func(word, rest string) bool) {
	return func(yield func(word, rest string) bool) {
		for line := range strings.Lines(text) {
			word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if !yield(word, rest) {
				return
			}
		}
	}
}

// ofHost returns the source with that hostname, or the hostname itself as a source that is not known.
func (t *sourceTable) ofHost(host string) source {
	if strings.HasPrefix(host, appScheme) {
		if s := t.byHost[host]; s != nil {
			return *s
		}
		return source{name: host}
	}
	for rest := host; ; {
		if s := t.byHost[rest]; s != nil {
			return *s
		}
		label, parent, more := strings.Cut(rest, ".")
		if !more {
			return source{name: host}
		}
		if s := t.byLabel[label]; s != nil && isTopLevel(parent) {
			return *s
		}
		rest = parent
	}
}

// isTopLevel reports whether a name is a top level domain, or may be one of two short parts.
func isTopLevel(name string) bool {
	second, first, two := strings.Cut(name, ".")
	return !two || len(second) <= 3 && len(first) <= 3
}

// tagged is what a tag that names a source says.
type tagged struct {
	source
	traits traits
}

// ofTag returns the source that a tag means: by its alias, by its name, or by its host; else the tag itself.
func (t *sourceTable) ofTag(tag string) tagged {
	low := strings.ToLower(tag)
	s, ok := t.byTag[low]
	if !ok {
		s.source = source{name: tag}
		if known := t.ofHost(strings.TrimPrefix(low, "www.")); known.kind != unknown {
			s.source = known
		}
	}
	s.traits |= traitsOfTag(low)
	return s
}

func sourceOfHost(host string) source { return known().ofHost(host) }

func sourceOfTag(tag string) tagged { return known().ofTag(tag) }

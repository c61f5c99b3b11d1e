package repo

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mdLink  = regexp.MustCompile(`\]\(<?([^)\s>]+)`)
	htmlRef = regexp.MustCompile(`(?:href|src|srcset)="([^"\s]+)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inline  = regexp.MustCompile("`[^`\n]+`")
	making  = regexp.MustCompile(`\bmake ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)`)
	target  = regexp.MustCompile(`(?m)^([a-z-]+):`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestLinksInDocuments(t *testing.T) {
	for _, doc := range files(t, ".md") {
		for _, link := range links(read(t, doc)) {
			if fault := broken(t, doc, link); fault != "" {
				t.Errorf("%s: %s: %s", doc, link, fault)
			}
		}
	}
}

// links returns where the document points inside the repository.
func links(doc string) (relative []string) {
	prose := inline.ReplaceAllString(fence.ReplaceAllString(doc, ""), "")
	for _, m := range append(mdLink.FindAllStringSubmatch(prose, -1), htmlRef.FindAllStringSubmatch(prose, -1)...) {
		if !strings.Contains(m[1], "://") && !strings.HasPrefix(m[1], "mailto:") {
			relative = append(relative, m[1])
		}
	}
	return relative
}

func broken(t *testing.T, doc, link string) string {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	at := doc
	if file != "" {
		at = path.Join(path.Dir(doc), file)
	}
	if !filepath.IsLocal(at) {
		return "leads out of the repository"
	}
	if _, err := os.Stat(filepath.Join(root, at)); err != nil {
		return "leads nowhere"
	}
	if anchor != "" && strings.HasSuffix(at, ".md") && !slices.Contains(anchors(read(t, at)), anchor) {
		return "no such heading"
	}
	return ""
}

// anchors returns the names that the usual renderers give to the headings of a document.
func anchors(doc string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(doc, ""), -1) {
		name := notSlug.ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

func TestMakeTargetsInDocuments(t *testing.T) {
	existing := targets(read(t, "Makefile"))
	for _, doc := range files(t, ".md") {
		for _, named := range makes(read(t, doc)) {
			if !slices.Contains(existing, named) {
				t.Errorf("%s: make %s: the Makefile has no such target", doc, named)
			}
		}
	}
}

// makes returns the targets that the document's code names; in prose "make" is a word.
func makes(doc string) (named []string) {
	code := append(fence.FindAllString(doc, -1), inline.FindAllString(fence.ReplaceAllString(doc, ""), -1)...)
	for _, m := range making.FindAllStringSubmatch(strings.Join(code, "\n"), -1) {
		named = append(named, strings.Fields(m[1])...)
	}
	return named
}

func targets(makefile string) (names []string) {
	for _, m := range target.FindAllStringSubmatch(makefile, -1) {
		names = append(names, m[1])
	}
	return names
}

// The rules themselves.
func TestDocumentRules(t *testing.T) {
	doc := "# The `way` of an event, 1.\n" +
		"See [a](docs/a.md#x), [b](<b.md>), ![c](c.png \"t\"), [web](https://example.com/a.md), <img src=\"d.svg\"> and `[no](no.md)`.\n" +
		"You make do: `make test`, or `make vet lint`.\n" +
		"```\nmake up  # [no](no.md)\n# no heading\n```\n"
	want(t, "links", links(doc), "docs/a.md#x", "b.md", "c.png", "d.svg")
	want(t, "anchors", anchors(doc), "the-way-of-an-event-1")
	want(t, "makes", makes(doc), "up", "test", "vet", "lint")
	want(t, "targets", targets("A := b\nup: ## x\n\tgo: y\ntest-long: setup\n"), "up", "test-long")
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The file map of CONTRIBUTING.md names every package, and nothing that is not there. What is internal, or further down, it need not name.
func TestFileMap(t *testing.T) {
	_, rest, found := strings.Cut(read(t, "CONTRIBUTING.md"), "## The file map\n\n```\n")
	listing, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("there is no file map")
	}
	var mapped []string
	above := ""
	for line := range strings.Lines(listing) {
		name := strings.Fields(line)[0]
		if !strings.HasPrefix(line, " ") {
			above = name
		} else {
			name = path.Join(above, name)
		}
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("the file map names %s: %v", name, err)
		}
		mapped = append(mapped, path.Clean(name))
	}
	for _, p := range list(t) {
		if name := p.path(); name != "" && !slices.Contains(mapped, name) && !strings.Contains(name, "/internal/") {
			t.Errorf("the file map does not name %s", name)
		}
	}
}

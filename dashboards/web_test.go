package dashboards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func extension(name string) string { return path.Ext(name) }

func sources() map[string][]byte {
	files := map[string][]byte{}
	for _, f := range readAll() {
		files[f.name] = f.bytes
	}
	return files
}

// Other people's files are the ones that were read and pinned, and each comes with its licence.
func TestThirdPartyFilesArePinned(t *testing.T) {
	files := sources()
	pinned := map[string]string{}
	for line := range strings.Lines(string(files[thirdParty+"SHA256SUMS"])) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("SHA256SUMS: %q", line)
		}
		pinned[thirdParty+name] = sum
	}
	for name, b := range files {
		if !strings.HasPrefix(name, thirdParty) || name == thirdParty+"SHA256SUMS" {
			continue
		}
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); pinned[name] != got {
			t.Errorf("%s is %s, pinned is %q", name, got, pinned[name])
		}
		if _, ok := files[path.Dir(name)+"/LICENSE"]; !ok {
			t.Errorf("%s has no LICENSE beside it", name)
		}
		delete(pinned, name)
	}
	for name := range pinned {
		t.Errorf("%s is pinned and not there", name)
	}
}

var (
	absolute = regexp.MustCompile(`(?i)[a-z]+://\S*|["'(=]//[a-z0-9]\S*|data:[a-z]+/`)
	comments = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)//.*$`)
	svgSpace = []byte(`xmlns="http://www.w3.org/2000/svg"`) // a name, which nobody fetches
)

// The page asks nobody but its own server. In other people's scripts an address may stand in a comment.
func TestNoAssetNamesAnotherHost(t *testing.T) {
	for name, b := range sources() {
		if strings.HasPrefix(name, thirdParty) {
			b = comments.ReplaceAll(b, nil)
		}
		b = bytes.ReplaceAll(b, svgSpace, nil)
		for _, found := range absolute.FindAll(b, -1) {
			t.Errorf("%s names %s", name, found)
		}
	}
}

// Strings never become markup, and the policy forbids inline styles and scripts: neither may be there.
func TestNoInlineCodeOrMarkupFromStrings(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		".html": regexp.MustCompile(`(?i)\sstyle\s*=|<style|\son[a-z]+\s*=|<script(?:>|\s[^>]*[^>/]>[^<])`),
		".js":   regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\("style"`),
		".svg":  regexp.MustCompile(`(?i)\sstyle\s*=|<style|<script`),
	}
	for name, b := range sources() {
		re := forbidden[extension(name)]
		if re == nil {
			continue
		}
		for _, found := range re.FindAll(b, -1) {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

// What neither the page nor a module names is a file that nobody ever loads.
func TestEveryFileIsUsed(t *testing.T) {
	a := newAssets(readAll())
	used := map[string]bool{}
	for _, v := range views {
		for _, name := range a.closure(earlyModule, mainModule, v.module) {
			used[name] = true
		}
	}
	files := sources()
	resolved := regexp.MustCompile(`import(?:\.meta\.resolve)?\("([^"]+)"\)`)
	for changed := true; changed; {
		changed = false
		for name := range used {
			for _, m := range resolved.FindAllSubmatch(files[name], -1) {
				for _, next := range a.closure(path.Join(path.Dir(name), string(m[1]))) {
					changed = changed || !used[next]
					used[next] = true
				}
			}
		}
	}
	for name := range files {
		switch ext := extension(name); {
		case ext != ".js" && ext != ".mjs" && ext != ".css" && ext != ".json":
		case !used[name] && !bytes.Contains(files[index], []byte(`"_/assets/`+name+`"`)):
			t.Errorf("nothing names %s", name)
		}
	}
}

func TestEveryImportIsThere(t *testing.T) {
	files := sources()
	for name, b := range files {
		if ext := extension(name); ext != ".js" && ext != ".mjs" {
			continue
		}
		for _, target := range importsOf(source{name, b}) {
			if _, ok := files[target]; !ok {
				t.Errorf("%s imports %s, which is not there", name, target)
			}
		}
	}
}

func TestImportsAreFound(t *testing.T) {
	f := source{"js/a/b.js", []byte(`// import { no } from "../no.js";
import { one } from "../one.js";
import two from "./two.js";
export { four } from "preact";
const word = 'from "six.js"';
const late = () => import("./late.js");
`)}
	want := []string{"js/one.js", "js/a/two.js", "third_party/preact/preact.mjs"}
	if got := importsOf(f); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := importedLater(f); !slices.Equal(got, []string{"js/a/late.js"}) {
		t.Errorf("found %q to be imported later", got)
	}
	if got := importsOf(source{"x.mjs", []byte(`import{a as b}from"preact";import{c}from"preact/hooks";var d=1;export{d}`)}); len(got) != 2 {
		t.Errorf("found %q in a module that was made small", got)
	}
}

func TestNamesFollowEveryByte(t *testing.T) {
	a, b := hashedName("js/a.js", newFile("", []byte("1"))), hashedName("js/a.js", newFile("", []byte("2")))
	if a == b || path.Ext(a) != ".js" || !strings.HasPrefix(a, "js/a.") {
		t.Errorf("%s and %s", a, b)
	}
}

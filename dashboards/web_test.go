package dashboards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strings"
	"testing"
)

const thirdParty = "third_party/"

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

// A module that the page does not name would be found only after another was read: one round trip more at the first load.
func TestEveryModuleIsNamedByThePage(t *testing.T) {
	files := sources()
	for name := range files {
		if ext := extension(name); ext != ".js" && ext != ".css" {
			continue
		}
		if !bytes.Contains(files["index.html"], []byte(`"_/assets/`+name+`"`)) {
			t.Errorf("index.html does not name %s", name)
		}
	}
}

var imported = regexp.MustCompile(`(?m)^import [^;]*?"([^"]+)"`)

func TestEveryImportIsThere(t *testing.T) {
	files := sources()
	for name, b := range files {
		if extension(name) != ".js" {
			continue
		}
		for _, m := range imported.FindAllSubmatch(b, -1) {
			target := path.Join(path.Dir(name), string(m[1]))
			if _, ok := files[target]; !ok {
				t.Errorf("%s imports %s, which is not there", name, target)
			}
		}
	}
}

func TestReleaseFollowsEveryByteAndName(t *testing.T) {
	before := []source{{"a", []byte("1")}, {"b", []byte("2")}}
	for _, after := range [][]source{
		{{"a", []byte("1")}, {"b", []byte("3")}},
		{{"a", []byte("1")}, {"c", []byte("2")}},
		{{"a", []byte("1")}},
	} {
		if hashAll(before) == hashAll(after) {
			t.Errorf("%v and %v are one release", before, after)
		}
	}
}

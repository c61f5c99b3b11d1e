package dashboards

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every module is in exactly one part, after all of its part that it imports; and what it imports from elsewhere, the page has by then.
func TestEveryModuleIsJoined(t *testing.T) {
	a := newAssets(readAll())
	parts := a.partsOf()
	first := slices.Concat(parts[0].modules, parts[1].modules)
	at := map[string]string{}
	_, from := a.roots()
	for _, p := range parts {
		if p.modules[len(p.modules)-1] != p.root {
			t.Errorf("%s is not the last of its part", p.root)
		}
		had := a.hadBefore(from[p.root])
		for i, name := range p.modules {
			if other, ok := at[name]; ok {
				t.Errorf("%s is in the parts of %s and %s", name, other, p.root)
			}
			at[name] = p.root
			for _, needed := range a.imports[name]() {
				if !slices.Contains(p.modules[:i], needed) && !slices.Contains(first, needed) && !had[needed] && !slices.Contains(a.apart(p), needed) {
					t.Errorf("%s of the part of %s imports %s, which has not run", name, p.root, needed)
				}
			}
		}
	}
	for name := range a.modules {
		if isOurs(name) && at[name] == "" {
			t.Errorf("%s is in no part", name)
		}
	}
}

// What a part exports is what its root does, and of each module the body is there as it was written.
func TestPartsKeepWhatModulesSay(t *testing.T) {
	a := newAssets(readAll())
	specifiers := regexp.MustCompile(`(?m)^(?:import|export)\b.*$|import(?:\.meta\.resolve)?\("[^"]+"\)`)
	for _, p := range a.partsOf() {
		joined, err := a.join(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.modules {
			if !isOurs(name) {
				continue
			}
			for line := range bytes.Lines(a.modules[name]) {
				if !specifiers.Match(line) && !bytes.Contains(joined, bytes.TrimSpace(line)) {
					t.Fatalf("%s: lost %q", name, line)
				}
			}
		}
		if !isEntry(p.root) && !bytes.Contains(joined, []byte("\nexport ")) {
			t.Errorf("the part of %s exports nothing", p.root)
		}
	}
}

// The early part stands in a page as a script, not as a module, and is not to end there sooner than it does.
func TestEarlyPartCanStandInAPage(t *testing.T) {
	early := newAssets(readAll()).early
	if len(early) == 0 {
		t.Fatal("there is none")
	}
	for _, found := range regexp.MustCompile(`(?i)</script|<!--|import\.meta|(?m)^(?:import|export)\b.*|=> import\(.*`).FindAll(early, -1) {
		t.Errorf("%s", found)
	}
}

// A module of a few lines in each form, joined by hand.
func TestJoin(t *testing.T) {
	files := []source{
		{"js/early.js", []byte("import { zero } from \"./zero.js\";\nzero();\n")},
		{"js/zero.js", []byte("export function zero() {\n}\n")},
		{"js/main.js", []byte("import { h as make } from \"preact\";\nimport { zero } from \"./zero.js\";\nimport { one } from \"./one.js\";\nconst view = () => import(\"./views/view.js\");\nview(make, one, zero);\n")},
		{"js/one.js", []byte("// Says one.\nexport const one = 1;\nexport async function two() {\n  return 2;\n}\n")},
		{"js/views/view.js", []byte("import plot from \"uplot\";\nimport { one } from \"../one.js\";\nexport { three } from \"./three.js\";\n" +
			"const sheet = import.meta.resolve(\"../../css/a.css\");\nexport default function View() {\n  return plot(one, sheet);\n}\n")},
		{"js/views/three.js", []byte("export class three {}\n")},
		{"third_party/preact/preact.mjs", []byte("var a=1;export{a as h,a};\n//# sourceMappingURL=preact.mjs.map\n")},
		{uPlot, []byte("var uPlot=1;")},
	}
	a := newAssets(files)
	want := map[string]string{
		"js/early.js": `"use strict";
const modules = {};

modules["js/zero.js"] = (() => {
function zero() {
}
return { zero };
})();

modules["js/early.js"] = (() => {
const { zero } = modules["js/zero.js"];
zero();
return {  };
})();
`,
		"js/main.js": `
modules["js/one.js"] = (() => {
// Says one.
const one = 1;
async function two() {
  return 2;
}
return { one, two };
})();

modules["third_party/preact/preact.mjs"] = (() => {
var a=1;
return { h: a, a: a };
})();

modules["js/main.js"] = (() => {
const { h: make } = modules["third_party/preact/preact.mjs"];
const { zero } = modules["js/zero.js"];
const { one } = modules["js/one.js"];
const view = () => import("js/views/view.js");
view(make, one, zero);
return {  };
})();
`,
		"js/views/view.js": `import * as library0 from "third_party/uplot/uPlot.iife.min.js";
modules["third_party/uplot/uPlot.iife.min.js"] = library0;

modules["js/views/three.js"] = (() => {
class three {}
return { three };
})();

modules["js/views/view.js"] = (() => {
const { default: plot } = modules["third_party/uplot/uPlot.iife.min.js"];
const { one } = modules["js/one.js"];

const sheet = import.meta.resolve("css/a.css");
function View() {
  return plot(one, sheet);
}
return { three: modules["js/views/three.js"].three, default: View };
})();
export const three = modules["js/views/view.js"].three;
export default modules["js/views/view.js"].default;
`,
	}
	parts := a.partsOf()
	if len(parts) != len(want) {
		t.Fatalf("%d parts", len(parts))
	}
	for _, p := range parts {
		if got, err := a.join(p); err != nil || string(got) != want[p.root] {
			t.Errorf("%s: %v\n%s", p.root, err, got)
		}
	}
}

func TestFormsThatCannotBeJoined(t *testing.T) {
	for _, text := range []string{
		"export let changing = 1;", "export { one };", "export * from \"./one.js\";", "import * as all from \"./one.js\";", "import \"./one.js\";",
		"export default 1;", "import one, { two } from \"./one.js\";", "import { one } from './one.js';", "export function* one() {}", "export const { one } = two;",
	} {
		if _, _, err := joinableOwn("js/a.js", []byte(text+"\n")); err == nil || !strings.Contains(err.Error(), "js/a.js") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"export default class{}", "export*from\"preact\";", "import a from\"preact\";"} {
		if _, _, err := joinableLibrary("third_party/a.mjs", []byte(text)); err == nil {
			t.Errorf("%s is joined", text)
		}
	}
}

// A page needs few files before it shows figures, however many its sources are.
func TestFirstLoadIsFewRequests(t *testing.T) {
	const most = 7
	for _, page := range pages {
		files := references(t, page)
		t.Attr("first_requests"+strings.ReplaceAll(page, "/", "_"), fmt.Sprint(len(files)+1))
		if len(files)+1 > most {
			t.Errorf("%s asks for %d files: %s", page, len(files)+1, files)
		}
	}
}

// The page has the sheets that index.html names, in their order, as one.
func TestSheetsAreJoined(t *testing.T) {
	files := sources()
	var want []byte
	for _, m := range sheetLink().FindAllSubmatch(files[index], -1) {
		want = append(append(want, bytes.TrimSpace(files[string(m[1])])...), '\n')
	}
	links := 0
	for _, name := range references(t, "/") {
		if path.Ext(name) != ".css" {
			continue
		}
		links++
		if got := body(t, get(t, name)); !bytes.Equal(got, want) {
			t.Errorf("%s is %d bytes, the sheets are %d", name, len(got), len(want))
		}
	}
	if links != 1 || len(want) < 10_000 {
		t.Errorf("%d links, %d bytes", links, len(want))
	}
	for name, b := range files {
		if path.Ext(name) == ".css" && bytes.Contains(b, []byte("url(")) {
			t.Errorf("%s refers to a file, from where it is not served", name)
		}
	}
}

package dashboards

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
)

// libraries are other people's modules by the names that ours import them by.
var libraries = map[string]string{
	"htm":                  "third_party/htm/htm.mjs",
	"preact":               "third_party/preact/preact.mjs",
	"preact/hooks":         "third_party/preact/hooks.mjs",
	"@preact/signals":      "third_party/signals/signals.mjs",
	"@preact/signals-core": "third_party/signals-core/signals-core.mjs",
	"uplot":                uPlot,
}

// uPlot comes small as a classic script only, which leaves a variable behind; as a module it is three times as large. So the small one is
// made a module by one more line.
const (
	uPlot       = "third_party/uplot/uPlot.iife.min.js"
	uPlotExport = "\nexport default uPlot;\n"
)

// imported finds the static imports of a module, also of one that was made small.
var imported = regexp.MustCompile(`(?m)(?:^|[;}])\s*(?:import|export)\b[^"'();=]*?\bfrom\s*"([^"]+)"|(?:^|;)import\s*"([^"]+)"`)

// importsOf returns the names of the files that a module imports.
func importsOf(f source) (names []string) {
	for _, m := range imported.FindAllSubmatch(f.bytes, -1) {
		specifier := string(m[1]) + string(m[2])
		if library, ok := libraries[specifier]; ok {
			names = append(names, library)
		} else {
			names = append(names, path.Join(path.Dir(f.name), specifier))
		}
	}
	return names
}

// closure returns the modules and all that they import, directly or not, each once, those that others wait for first.
func (a *assets) closure(modules ...string) (names []string) {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		if imports, known := a.imports[name]; known {
			for _, next := range imports() {
				visit(next)
			}
		}
		names = append(names, name)
	}
	for _, m := range modules {
		visit(m)
	}
	return names
}

// importMap says where the modules and sheets are, as seen from a page with that way to the root ("./", "../"): libraries by their bare names, our
// own by the addresses that relative imports, and import.meta.resolve, come to.
func (a *assets) importMap(root string) []byte {
	imports := map[string]string{}
	for name, address := range a.address {
		if ext := path.Ext(name); ext == ".js" && !strings.HasPrefix(name, thirdParty) || ext == ".css" || ext == ".json" {
			imports[root+assetRoot+name] = root + assetRoot + address
		}
	}
	for specifier, name := range libraries {
		imports[specifier] = root + assetRoot + a.address[name]
	}
	b, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil { // it is made of strings
		panic(err)
	}
	return b
}

const thirdParty = "third_party/"

// preloads are the modules that a view needs before it can show anything, in the order in which they should come.
func (a *assets) preloads(view string) []string {
	names := a.closure(mainModule, view)
	slices.Reverse(names) // the largest and deepest wait for nobody: what is needed first to go on is asked for first
	return names
}

const mainModule = "js/main.js"

package dashboards

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

const thirdParty = "third_party/"

// isOurs tells our modules from other people's.
func isOurs(name string) bool { return path.Ext(name) == ".js" && !strings.HasPrefix(name, thirdParty) }

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

// small finds the static imports of a module that was made small.
var small = lazily(`(?:^|[;}])(?:import|export)\b[^"'();=]*?\bfrom\s*"([^"]+)"`)

// importsOf returns the names of the files that a module imports. In ours an import is a line.
func importsOf(f source) (names []string) {
	if !isOurs(f.name) {
		for _, m := range small().FindAllSubmatch(f.bytes, -1) {
			names = append(names, fileOf(f.name, string(m[1])))
		}
		return names
	}
	for line := range bytes.Lines(f.bytes) {
		if m := importLine().FindSubmatch(line); m != nil {
			names = append(names, fileOf(f.name, string(m[2])))
		} else if m := passedOn().FindSubmatch(line); m != nil {
			names = append(names, fileOf(f.name, string(m[2])))
		}
	}
	return names
}

// fileOf is the name of the file that a module means by a name.
func fileOf(module, specifier string) string {
	if library, ok := libraries[specifier]; ok {
		return library
	}
	return path.Join(path.Dir(module), specifier)
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

// importMap says where modules, sheets and data are, as seen from a page with that way to the root ("./", "../"): all by their names, as
// the joined modules write them.
func (a *assets) importMap(root string) []byte {
	imports := map[string]string{}
	for name, address := range a.address {
		switch path.Ext(name) {
		case ".js", ".css", ".json":
			imports[name] = root + assetRoot + address
		}
	}
	b, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil { // it is made of strings
		panic(err)
	}
	return b
}

// preloads are the files that a view needs before it can show anything, those that others wait for first.
func (a *assets) preloads(v view) []string {
	parts := []string{mainModule, v.module}
	return slices.DeleteFunc(a.closure(parts...), func(name string) bool {
		return a.address[name] == "" || isOurs(name) && !slices.Contains(parts, name)
	})
}

// The modules that a page begins with: one that is in it, and one that it names.
const (
	earlyModule = "js/early.js"
	mainModule  = "js/main.js"
)

var entries = []string{earlyModule, mainModule}

func isEntry(name string) bool { return slices.Contains(entries, name) }

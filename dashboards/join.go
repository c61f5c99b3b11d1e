package dashboards

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A browser that asks for a hundred small modules waits for the asking: over HTTP/1.1 it asks for six at a time. So our modules, one
// component a file, are served joined into parts. A part is a module that is gone to by import(), with all that it needs and no other part does;
// what several need is in the part of main.js, which every page loads, together with the libraries that it rests on. The part of early.js is a
// script in the page itself and runs before anything else is fetched: it has what it needs, whoever else needs that as well. Inside a part each
// module is a function that returns its exports, so that what a module calls its own stays so; the text of its body is left as it is, for whoever
// reads it in a browser. What the functions return stands in "modules", which the script in the page declares for all.
//
// That takes the few forms of import and export that our modules use, each on lines of its own, no cycles, and no exported variable that
// is assigned later: a module of another form is refused (TestEveryModuleIsJoined).
type part struct {
	root    string
	modules []string // those that others wait for first, the root last
}

var (
	importLine  = lazily(`^import (\w+|\{[^}]*\}) from "([^"]+)";\n?$`)
	passedOn    = lazily(`^export \{ (\w+(?:, \w+)*) \} from "([^"]+)";\n?$`)
	exportLine  = lazily(`^export (default )?((?:async )?function|const|class) (\w+)`)
	importLater = lazily(`(=> import|import\.meta\.resolve)\("(\.[^"]+)"\)`)
)

// partsOf divides our modules into parts, those that every page loads first.
func (a *assets) partsOf() []part {
	roots, from := a.roots()
	early := a.closure(earlyModule)
	needed := map[string]int{}
	for _, root := range roots {
		had := a.hadBefore(from[root])
		for _, name := range a.closure(root) {
			if !had[name] {
				needed[name]++
			}
		}
	}
	for _, name := range a.closure(mainModule) {
		needed[name] = len(roots)
	}
	isEarly := func(name string) bool { return slices.Contains(early, name) }
	parts := []part{{earlyModule, early}, {mainModule, slices.DeleteFunc(a.common(needed), isEarly)}}
	for _, root := range roots[1:] {
		had, p := a.hadBefore(from[root]), part{root: root}
		for _, name := range a.closure(root) {
			if isOurs(name) && !isEarly(name) && (name == root || needed[name] == 1 && !had[name]) {
				p.modules = append(p.modules, name)
			}
		}
		parts = append(parts, p)
	}
	return parts
}

// hadBefore are the modules that a page has wherever it comes from, of these modules.
func (a *assets) hadBefore(from []string) map[string]bool {
	times, had := map[string]int{}, map[string]bool{}
	for _, root := range from {
		for _, name := range a.closure(root) {
			times[name]++
			had[name] = times[name] == len(from)
		}
	}
	return had
}

// common are the modules of main.js' part, in the order in which they can run.
func (a *assets) common(needed map[string]int) []string {
	needs := a.closure(mainModule)
	var several []string
	for name, n := range needed {
		if n > 1 && isOurs(name) && name != mainModule {
			several = append(several, name)
		}
	}
	slices.Sort(several) // a map has no order, and what is served must always have the same name
	return slices.DeleteFunc(a.closure(append(several, mainModule)...), func(name string) bool { return !isOurs(name) && !slices.Contains(needs, name) })
}

// roots are main.js, and the modules that any module that it leads to goes to by import(); from tells from which roots one comes to each.
func (a *assets) roots() (roots []string, from map[string][]string) {
	roots, from = []string{mainModule}, map[string][]string{}
	for i := 0; i < len(roots); i++ {
		for _, name := range a.closure(roots[i]) {
			for _, next := range a.later[name]() {
				if !slices.Contains(roots, next) {
					roots = append(roots, next)
				}
				from[next] = append(from[next], roots[i])
			}
		}
	}
	return roots, from
}

func importedLater(f source) (names []string) {
	if !bytes.Contains(f.bytes, []byte("=> import(")) {
		return nil
	}
	for _, m := range importLater().FindAllSubmatch(f.bytes, -1) {
		if string(m[1]) == "=> import" {
			names = append(names, fileOf(f.name, string(m[2])))
		}
	}
	return names
}

// join writes a part as one module, which exports what its root does.
func (a *assets) join(p part) ([]byte, error) {
	var head, body bytes.Buffer
	if p.root == earlyModule {
		head.WriteString("\"use strict\";\nconst modules = {};\n")
	}
	for i, name := range a.apart(p) {
		fmt.Fprintf(&head, "import * as library%d from %q;\nmodules[%q] = library%d;\n", i, name, name, i)
	}
	for _, name := range p.modules {
		joinable := joinableOwn
		if !isOurs(name) {
			joinable = joinableLibrary
		}
		text, exports, err := joinable(name, a.modules[name])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&body, "\nmodules[%q] = (() => {\n%s\nreturn { %s };\n})();\n", name, bytes.TrimSpace(text), strings.Join(exports, ", "))
		if name == p.root && !isEntry(name) {
			body.WriteString(exportsOf(name, exports))
		}
	}
	return append(head.Bytes(), body.Bytes()...), nil
}

// apart are the libraries that modules of a part import and that are served by themselves.
func (a *assets) apart(p part) (names []string) {
	needs := a.closure(entries...)
	for _, module := range p.modules {
		for _, name := range a.imports[module]() {
			if !isOurs(name) && !slices.Contains(needs, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// exportsOf hands the exports of a module of this part on to who imports the part.
func exportsOf(name string, exports []string) string {
	var b strings.Builder
	for _, e := range exports {
		if public, _, _ := strings.Cut(e, ":"); public == "default" {
			fmt.Fprintf(&b, "export default modules[%q].default;\n", name)
		} else {
			fmt.Fprintf(&b, "export const %s = modules[%q].%s;\n", public, name, public)
		}
	}
	return b.String()
}

// joinableOwn turns a module of ours into the body of a function, and tells what it exports. Most lines stay as they are.
func joinableOwn(name string, text []byte) (body []byte, exports []string, err error) {
	for line := range bytes.Lines(text) {
		switch {
		case bytes.HasPrefix(line, []byte("import")) || bytes.HasPrefix(line, []byte("export")):
			joined, exported := joinedLine(name, line)
			if joined == nil {
				return nil, nil, fmt.Errorf("join %s: %q has none of the forms that can be joined", name, bytes.TrimSpace(line))
			}
			body, exports = append(body, joined...), append(exports, exported...)
		default:
			body = append(body, resolvedLine(name, line)...)
		}
	}
	return body, exports, nil
}

// joinedLine is a line of a module that imports or exports, as a part has it; nil where the line has no form that is known.
func joinedLine(name string, line []byte) (joined []byte, exports []string) {
	if m := importLine().FindSubmatch(line); m != nil {
		names := string(m[1])
		if !strings.HasPrefix(names, "{") {
			names = "{ default: " + names + " }"
		}
		return append(taken(names, fileOf(name, string(m[2]))), '\n'), nil
	}
	if m := passedOn().FindSubmatch(line); m != nil {
		for export := range strings.SplitSeq(string(m[1]), ", ") {
			exports = append(exports, fmt.Sprintf("%s: modules[%q].%s", export, fileOf(name, string(m[2])), export))
		}
		return []byte("\n"), exports
	}
	m := exportLine().FindSubmatchIndex(line)
	if m == nil {
		return nil, nil
	}
	local := string(line[m[6]:m[7]])
	if m[2] >= 0 { // "default "
		local = "default: " + local
	}
	return resolvedLine(name, line[m[4]:]), []string{local}
}

// resolvedLine is a line in which what is named from where the module is is named from the root.
func resolvedLine(name string, line []byte) []byte {
	if !bytes.Contains(line, []byte("import")) {
		return line
	}
	return importLater().ReplaceAllFunc(line, func(found []byte) []byte {
		m := importLater().FindSubmatch(found)
		return fmt.Appendf(nil, "%s(%q)", m[1], fileOf(name, string(m[2])))
	})
}

// taken is the statement that takes what is imported out of a module that has run.
func taken(names, module string) []byte {
	return fmt.Appendf(nil, "const %s = modules[%q];", strings.ReplaceAll(names, " as ", ": "), module)
}

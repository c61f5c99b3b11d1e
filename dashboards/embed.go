package dashboards

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// The folder of other people's files is not called "vendor": Go leaves folders of that name out of a module's archive, and
// the package would not build where it is a dependency.
//
//go:embed web
var embedded embed.FS

// contentTypes are fixed here: the tables of the operating system differ from machine to machine.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".mjs":  "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	"":      "text/plain; charset=utf-8",
}

type source struct {
	name  string // path below web/
	bytes []byte
}

// readAll returns the files below web/ in the order of their names. The files are part of the binary: reading them fails
// only where the binary was built wrongly.
func readAll() []source {
	var files []source
	err := fs.WalkDir(embedded, "web", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := embedded.ReadFile(name)
		files = append(files, source{strings.TrimPrefix(name, "web/"), b})
		return err
	})
	if err != nil {
		panic("read embedded page: " + err.Error())
	}
	return files
}

// assets are what is served for the embedded files but index.html and the script that it begins with, which are kept beside them.
type assets struct {
	index     []byte
	early     []byte                     // the script that stands in the page
	modules   map[string][]byte          // by name: the text of a module
	imports   map[string]func() []string // by name of a module: the names of the files that it imports
	later     map[string]func() []string // and of those that it goes to by import()
	address   map[string]string          // by name of a file, for a joined one that of its first: the name with a hash before its extension
	byAddress map[string]*file
}

const index = "index.html"

func newAssets(files []source) *assets {
	a := &assets{modules: map[string][]byte{}, imports: map[string]func() []string{}, later: map[string]func() []string{}, address: map[string]string{}, byAddress: map[string]*file{}}
	sheets := map[string][]byte{}
	for _, f := range files {
		switch ext := path.Ext(f.name); {
		case f.name == index:
			a.index = f.bytes
		case ext == ".js" || ext == ".mjs":
			if f.name == uPlot {
				f.bytes = append(slices.Clone(f.bytes), uPlotExport...)
			}
			a.modules[f.name] = f.bytes
			a.imports[f.name] = sync.OnceValue(func() []string { return importsOf(f) })
			a.later[f.name] = sync.OnceValue(func() []string { return importedLater(f) })
		default:
			sheets[f.name] = f.bytes
			a.add(f.name, f.bytes)
		}
	}
	for _, p := range a.partsOf() {
		for _, library := range a.apart(p) {
			a.add(library, a.modules[library])
		}
		joined, err := a.join(p)
		if err != nil { // as above: the tests join every one
			panic(err)
		}
		if p.root == earlyModule {
			a.early = joined
		} else {
			a.add(p.root, joined)
		}
	}
	a.add(firstSheets, joinSheets(a.index, sheets))
	return a
}

func (a *assets) add(name string, b []byte) {
	served := newFile(contentTypes[path.Ext(name)], b)
	a.address[name] = hashedName(name, served)
	a.byAddress[a.address[name]] = served
}

// hashedName is a file's name with 48 bits of its hash, which tell apart its own versions only.
func hashedName(name string, f *file) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + f.etag[:12] + ext
}

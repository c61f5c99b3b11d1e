package dashboards

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
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

// assets are the embedded files but index.html.
type assets struct {
	byName    map[string]source
	address   map[string]string // by name: the name with a hash before its extension
	byAddress map[string]*file
}

const index = "index.html"

func newAssets(files []source) *assets {
	a := &assets{byName: map[string]source{}, address: map[string]string{}, byAddress: map[string]*file{}}
	for _, f := range files {
		if f.name == index {
			continue
		}
		if f.name == uPlot {
			f.bytes = append(slices.Clone(f.bytes), uPlotExport...)
		}
		address := hashedName(f)
		a.byName[f.name], a.address[f.name] = f, address
		a.byAddress[address] = newFile(contentTypes[path.Ext(f.name)], f.bytes)
	}
	return a
}

// hashedName is a file's name with 48 bits of its hash, which tell apart its own versions only.
func hashedName(f source) string {
	ext := path.Ext(f.name)
	return strings.TrimSuffix(f.name, ext) + "." + shortHash(f.bytes)[:12] + ext
}

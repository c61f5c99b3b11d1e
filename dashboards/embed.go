package dashboards

import (
	"bytes"
	"embed"
	"io/fs"
	"path"
	"strings"
)

// The folder of other people's files is not called "vendor": Go leaves folders of that name out of a module's archive, and
// the package would not build where it is a dependency.
//
//go:embed web
var embedded embed.FS

// release is all files of the page as one version.
type release struct {
	id     string // hash over the names and bytes of all files
	page   *file
	assets map[string]*file // by path below web/
}

// contentTypes are fixed here: the tables of the operating system differ from machine to machine.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	"":      "text/plain; charset=utf-8",
}

// load reads the embedded files. The page names its assets as "_/assets/…" and gets the release put in there.
func load() *release {
	files := readAll()
	r := &release{id: hashAll(files), assets: map[string]*file{}}
	for _, f := range files {
		if f.name != "index.html" {
			r.assets[f.name] = newFile(contentTypes[path.Ext(f.name)], f.bytes)
			continue
		}
		root := strings.TrimPrefix(assetRoot, "/")
		page := bytes.ReplaceAll(f.bytes, []byte(`"`+root), []byte(`"`+root+r.id+"/"))
		r.page = newFile(contentTypes[".html"], page)
	}
	return r
}

type source struct {
	name  string
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

func hashAll(files []source) string {
	var all bytes.Buffer
	for _, f := range files {
		all.WriteString(f.name + " " + shortHash(f.bytes) + "\n")
	}
	return shortHash(all.Bytes())
}

package repo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/streamgauge/streamgauge"
)

// made are folders that are made here and not kept; see .gitignore.
var made = []string{"node_modules", "artifacts", "bin", "streamgauge-data"}

// files returns the names, from the root, of the project's own files with this ending.
func files(t *testing.T, ending string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if d.IsDir() && path != root && !ours(name) {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ending) {
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func ours(dir string) bool {
	base := filepath.Base(dir)
	return !strings.HasPrefix(base, ".") && base != "testdata" && !slices.Contains(made, base)
}

// source is a Go file, parsed.
type source struct {
	name string
	fset *token.FileSet
	tree *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, name := range files(t, ".go") {
		all = append(all, parse(t, name, nil))
	}
	return all
}

// parse reads the file, or text in its place.
func parse(t *testing.T, name string, text any) source {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, filepath.Join(root, name), text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return source{name: name, fset: fset, tree: tree}
}

// imports maps the names that packages have in the file to their paths. A package without a name of its own there is
// taken to be called as the last element of its path.
func (s source) imports() map[string]string {
	paths := map[string]string{}
	for _, spec := range s.tree.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths[name] = path
	}
	return paths
}

// calls yields the place, the package path and the name of each function of an imported package that the file names.
func (s source) calls(yield func(place, path, function string)) {
	imports := s.imports()
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imports[x.Name] != "" {
				line := strconv.Itoa(s.fset.Position(sel.Pos()).Line)
				yield(s.name+":"+line, imports[x.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

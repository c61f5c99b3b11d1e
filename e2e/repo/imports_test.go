package repo

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// anything is a room's right to import every other one.
var anything = []string{"*"}

// rooms says which others each room may import: section 2 of docs/DESIGN.md. A package belongs to the room with the
// longest name that its path begins with; inside a room imports are free. Tests may import what they like: they join real parts.
var rooms = map[string][]string{
	"event":                nil,
	"event/accesslog":      {"event"},
	"stream":               nil,
	"stream/streamtest":    {"stream"},
	"store":                nil,
	"store/embedded":       {"store"},
	"store/dynamo":         {"store"},
	"store/storetest":      {"store"},
	"store/metered":        {"store"},
	"aggregate":            {"event", "store", "aggregate/sketch", "aggregate/query", "aggregate/alert"},
	"aggregate/alert":      nil,
	"aggregate/notify":     {"aggregate"},
	"aggregate/sketch":     nil,
	"aggregate/query":      {"aggregate/sketch"},
	"aggregate/naive":      {"event", "store", "aggregate", "aggregate/query", "aggregate/sketch"},
	"aggregate/querytest":  {"event", "aggregate", "aggregate/query", "aggregate/sketch", "aggregate/naive"},
	"producer":             {"event"},
	"producer/load":        {"event", "producer"},
	"consumer":             {"event", "event/agent", "aggregate", "aggregate/sketch", "consumer/enrich", "store"},
	"consumer/environment": nil,
	"consumer/mapping":     {"event", "aggregate", "store", "consumer"},
	"dashboards":           {"dashboards/meters"},
	"dashboards/meters":    nil,
	"apigw":                {"event", "event/agent", "producer", "aggregate", "aggregate/alert", "aggregate/query", "store", "apigw/stats", "apigw/tracker", "apigw/pipeline", "dashboards"},
	"apigw/stats":          {"aggregate/query"},
	"apigw/tracker":        {"event"},
	"apigw/pipeline":       {"aggregate", "aggregate/sketch", "dashboards/meters", "store"},
	"cmd":                  anything,
	"e2e":                  anything,
	"event/agent":          nil,
	"consumer/enrich":      {"event", "event/agent", "aggregate/sketch"},
	"apigw/geo":            {"event", "apigw"},
}

// guests are packages from outside that only some rooms may have.
var guests = []struct {
	path   string // and everything below it
	linked bool   // not even through another package
	rooms  []string
	why    string
}{
	{"github.com/cockroachdb/pebble", true, []string{"store/embedded", "cmd/streamgauge"},
		"pebble would double the Lambda's size and start"},
	{"github.com/aws/aws-sdk-go-v2/config", false, []string{"store/dynamo", "cmd", "e2e"},
		"clients of AWS services are configured where the program is put together"},
	{"github.com/aws/aws-lambda-go/lambda", true, []string{"cmd/lambda"},
		"the Lambda runtime starts in one place"},
	{"log", false, []string{"cmd", "e2e"}, "libraries return errors; main logs"},
	{"github.com/rs/zerolog", false, []string{"cmd", "e2e"}, "libraries return errors; main logs"},
}

// top are the folders that the repository may have at its top.
var top = []string{
	"aggregate", "apigw", "cmd", "consumer", "dashboards", "docs", "e2e", "event", "producer", "store", "stream",
}

// listed is a package as go list tells it.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range list(t) {
		for _, fault := range append(p.wrongImports(), p.wrongGuests()...) {
			t.Error(fault)
		}
	}
}

func (p listed) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func (p listed) wrongImports() (faults []string) {
	from, known := room(p.path())
	if !known {
		return []string{p.path() + " is in no room: has it a place in section 2 of docs/DESIGN.md?"}
	}
	for _, imported := range p.Imports {
		path, own := strings.CutPrefix(imported, module+"/")
		if to, _ := room(path); own && to != from && !slices.Contains(rooms[from], to) && !slices.Equal(rooms[from], anything) {
			faults = append(faults, p.path()+" imports "+path+": "+from+" may not import "+to)
		}
	}
	return faults
}

func (p listed) wrongGuests() (faults []string) {
	for _, g := range guests {
		has := p.Imports
		if g.linked {
			has = p.Deps
		}
		invited := slices.ContainsFunc(g.rooms, func(r string) bool { return within(p.path(), r) })
		if !invited && slices.ContainsFunc(has, func(path string) bool { return within(path, g.path) }) {
			faults = append(faults, p.path()+" has "+g.path+": "+g.why)
		}
	}
	return faults
}

// room returns the longest name of a room that the package's path begins with.
func room(path string) (name string, known bool) {
	for r := range rooms {
		if within(path, r) && len(r) > len(name) {
			name, known = r, true
		}
	}
	return name, known
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	var all []listed
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// The rules themselves: what they must find, and what they must leave alone.
func TestWrongImports(t *testing.T) {
	const sdk = "github.com/aws/aws-sdk-go-v2/"
	for _, c := range []struct {
		path    string
		imports []string // a path that begins with a dot is ours
		deps    []string
		faults  int
	}{
		{path: "event", imports: []string{"./store"}, faults: 1},
		{path: "store", imports: []string{"./store/embedded"}, faults: 1},
		{path: "store/embedded", imports: []string{"./store", "github.com/cockroachdb/pebble/v2"}, deps: []string{"github.com/cockroachdb/pebble/v2"}},
		{path: "aggregate", imports: []string{"./event", "./store", "./aggregate/sketch"}},
		{path: "aggregate", imports: []string{"./aggregate/naive", "./consumer", "./cmd/streamgauge"}, faults: 3},
		{path: "stream/internal/frame", imports: []string{"./stream/disk", "./event"}, faults: 1},
		{path: "consumer", deps: []string{"github.com/cockroachdb/pebble/v2/sstable"}, faults: 1},
		{path: "cmd/lambda", deps: []string{"github.com/cockroachdb/pebble/v2", "github.com/aws/aws-lambda-go/lambda"}, faults: 1},
		{path: "cmd/streamgauge", imports: []string{"./store/embedded", sdk + "config"}, deps: []string{"github.com/cockroachdb/pebble/v2"}},
		{path: "producer", imports: []string{sdk + "config", sdk + "service/kinesis", "log/slog"}, faults: 2},
		{path: "util", faults: 1},
		{path: "eventually", faults: 1},
	} {
		p := listed{ImportPath: module + "/" + c.path, Deps: c.deps}
		for _, i := range c.imports {
			p.Imports = append(p.Imports, strings.Replace(i, "./", module+"/", 1))
		}
		if faults := append(p.wrongImports(), p.wrongGuests()...); len(faults) != c.faults {
			t.Errorf("%s with %q: %q, want %d faults", c.path, c.imports, faults, c.faults)
		}
	}
}

func TestTopLevelFolders(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && ours(e.Name()) && !slices.Contains(top, e.Name()) {
			t.Errorf("the folder %s has no place at the top: see section 2 of docs/DESIGN.md", e.Name())
		}
	}
}

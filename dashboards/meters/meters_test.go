package meters

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every meter has a stable name of the form that Prometheus' conventions want, a help that is a sentence, and labels that are bounded.
func TestTable(t *testing.T) {
	seen, labels := map[string]bool{}, map[string]bool{}
	name := regexp.MustCompile(`^streamgauge(_[a-z]+)+$`)
	for _, m := range All() {
		if seen[m.Name] || !name.MatchString(m.Name) {
			t.Errorf("%s: the name is taken, or not of our form", m.Name)
		}
		seen[m.Name] = true
		if strings.HasSuffix(m.Name, "_total") != (m.Kind == Counter) {
			t.Errorf("%s is a %s", m.Name, m.Kind)
		}
		base := strings.TrimSuffix(m.Name, "_total")
		for _, unit := range []string{"seconds", "bytes"} {
			if strings.HasSuffix(base, "_"+unit) != (m.Unit == unit) {
				t.Errorf("%s counts %s", m.Name, m.Unit)
			}
		}
		if !strings.HasSuffix(m.Help, ".") || m.Unit == "" || m.Place == "" || (m.Kind == Histogram) != (len(m.Buckets) > 0) {
			t.Errorf("%s: %+v", m.Name, m)
		}
		if !slices.IsSorted(m.Buckets) || len(m.Buckets) > 20 {
			t.Errorf("%s: buckets %v", m.Name, m.Buckets)
		}
		for _, l := range m.Labels {
			labels[l] = true
			if Bounds[l] == "" {
				t.Errorf("%s: nobody says what bounds the label %s", m.Name, l)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(labels)), slices.Sorted(maps.Keys(Bounds)); !slices.Equal(got, want) {
		t.Errorf("labels %v, bounds of %v", got, want)
	}
}

func TestSeries(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range AllSeries() {
		if seen[s.Name] || s.Help == "" || len(s.Functions) == 0 {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		if _, known := Find(s.Of.Name); !known {
			t.Errorf("%s is of %q, which is no meter", s.Name, s.Of.Name)
		}
		if s.Value != "" && !strings.Contains(Bounds[s.Of.Labels[len(s.Of.Labels)-1]], s.Value) {
			t.Errorf("%s is of %s=%q, which there is not", s.Name, s.Of.Labels, s.Value)
		}
	}
}

// What is declared is listed.
func TestListsAreComplete(t *testing.T) {
	declared := map[string]int{}
	for _, file := range []string{"table.go", "series.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			declared[file] += len(g.Specs)
		}
	}
	if got := len(All()) - len(Producer()); got != declared["table.go"] {
		t.Errorf("%d meters are declared, All has %d", declared["table.go"], got)
	}
	if got := len(AllSeries()); got != declared["series.go"] {
		t.Errorf("%d series are declared, AllSeries has %d", declared["series.go"], got)
	}
}

func TestFamilyOf(t *testing.T) {
	for name, want := range map[string]string{
		DoorAck.Name + "_bucket": DoorAck.Name, DoorAck.Name: DoorAck.Name, Clients.Name + "_count": Clients.Name + "_count",
		"streamgauge_producer_request_duration_seconds_sum": "streamgauge_producer_request_duration_seconds",
	} {
		if got := FamilyOf(name); got != want {
			t.Errorf("%s is of %s, want %s", name, got, want)
		}
	}
}

package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// head is what the document says before its tables.
//
//go:embed head.txt
var head []byte

// document is docs/METRICS-OPS.md.
func document() []byte {
	var b bytes.Buffer
	b.Write(head)
	b.WriteString("\n## Every metric\n\n| name | kind | labels | where | |\n|---|---|---|---|---|\n")
	for _, m := range meters.All() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Kind, quoted(m.Labels), m.Place, m.Help)
	}
	b.WriteString("\n## Labels\n\n| label | its values |\n|---|---|\n")
	for _, l := range slices.Sorted(maps.Keys(meters.Bounds)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", l, meters.Bounds[l])
	}
	b.WriteString("\n## Histograms\n\n| name | upper bounds of the classic buckets, seconds |\n|---|---|\n")
	for _, m := range meters.All() {
		if m.Kind == meters.Histogram {
			fmt.Fprintf(&b, "| `%s` | %s |\n", m.Name, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.Buckets)), ", "), "[]"))
		}
	}
	b.WriteString("\n## CloudWatch\n\n| series | unit | functions | of | |\n|---|---|---|---|---|\n")
	for _, s := range meters.AllSeries() {
		of := s.Of.Name
		if s.Value != "" {
			of += fmt.Sprintf(`{%s="%s"}`, s.Of.Labels[len(s.Of.Labels)-1], s.Value)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` | %s |\n", s.Name, cmp.Or(s.Unit, "in the log line alone"), strings.Join(s.Functions, ", "), of, s.Help)
	}
	return b.Bytes()
}

func quoted(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	return "`" + strings.Join(labels, "`, `") + "`"
}

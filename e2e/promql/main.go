package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// answer is what is said of an expression.
type answer struct {
	Selects []selector `json:"selects"`
	Error   string     `json:"error,omitempty"`
}

type selector struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels"` // those that the matchers name
}

// rule is one of a file of rules, as far as a test asks for it.
type rule struct {
	Group       string            `json:"group"`
	Alert       string            `json:"alert,omitempty"`
	Record      string            `json:"record,omitempty"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func main() {
	var err error
	if len(os.Args) > 1 {
		err = rules(os.Args[1], os.Stdout)
	} else {
		err = run(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "promql:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	d, e := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var expr string
		if err := d.Decode(&expr); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read expression: %w", err)
		}
		if err := e.Encode(explain(expr)); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
}

// rules writes the rules of a file, which must be as Prometheus wants it.
func rules(file string, out io.Writer) error {
	groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}))
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	e := json.NewEncoder(out)
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if err := e.Encode(rule{g.Name, r.Alert, r.Record, r.Expr, r.Labels, r.Annotations}); err != nil {
				return fmt.Errorf("write rule: %w", err)
			}
		}
	}
	return nil
}

func explain(expr string) answer {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return answer{Selects: []selector{}, Error: err.Error()}
	}
	a := answer{Selects: []selector{}}
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			s := selector{Metric: v.Name, Labels: []string{}}
			for _, m := range v.LabelMatchers {
				if m.Name != labels.MetricName {
					s.Labels = append(s.Labels, m.Name)
				}
			}
			a.Selects = append(a.Selects, s)
		}
		return nil
	})
	return a
}

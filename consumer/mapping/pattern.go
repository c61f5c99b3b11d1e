package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// part is a part of a pattern. It is held against the value at its place, of which present says whether there is one.
type part interface {
	match(v any, present bool) bool
}

// object is a pattern of an object: every field must match, and one of the alternatives of "$or", if there are any.
type object struct {
	fields map[string]part
	or     []object
}

// match of a list holds if it does for one of its elements. The fields of what is no object are absent.
func (o object) match(v any, present bool) bool {
	if list, ok := v.([]any); ok && len(list) > 0 {
		return slices.ContainsFunc(list, func(e any) bool { return o.match(e, present) })
	}
	fields, _ := v.(map[string]any)
	for name, n := range o.fields {
		value, there := fields[name]
		if !n.match(value, there) {
			return false
		}
	}
	return len(o.or) == 0 || slices.ContainsFunc(o.or, func(alternative object) bool { return alternative.match(v, present) })
}

// leaf is a list of rules, of which one must match: the value, or an element of it where it is a list.
type leaf []rule

// rule is held against a scalar: nil, bool, string or json.Number; or, with present false, against the absence of one.
type rule func(scalar any, present bool) bool

func (l leaf) match(v any, present bool) bool {
	scalars := scalarsOf(v, present)
	for _, matches := range l {
		if len(scalars) == 0 && matches(nil, false) {
			return true
		}
		if slices.ContainsFunc(scalars, func(s any) bool { return matches(s, true) }) {
			return true
		}
	}
	return false
}

// scalarsOf returns the values at a leaf. An object has none: it is no leaf.
func scalarsOf(v any, present bool) []any {
	switch v := v.(type) {
	case map[string]any:
		return nil
	case []any:
		var all []any
		for _, e := range v {
			all = append(all, scalarsOf(e, true)...)
		}
		return all
	}
	if !present {
		return nil
	}
	return []any{v}
}

func compileObject(path string, fields map[string]any) (object, error) {
	o := object{fields: make(map[string]part)}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var err error
		if name == "$or" {
			o.or, err = compileOr(path, fields[name])
		} else {
			o.fields[name], err = compileNode(path+"."+name, fields[name])
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

func compileOr(path string, v any) ([]object, error) {
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, fmt.Errorf("%s.$or: it must be a list of two patterns or more", path)
	}
	var all []object
	for _, e := range list {
		fields, ok := e.(map[string]any)
		if !ok || len(fields) == 0 {
			return nil, fmt.Errorf("%s.$or: each of its elements must be an object with fields", path)
		}
		o, err := compileObject(path+".$or", fields)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

func compileNode(path string, v any) (part, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return nil, fmt.Errorf("%s: an empty object matches nothing; a list of values or an object with fields is allowed", path)
		}
		return compileObject(path, v)
	case []any:
		if len(v) == 0 {
			return nil, fmt.Errorf("%s: an empty list matches nothing", path)
		}
		var l leaf
		for _, e := range v {
			r, err := compileRule(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			l = append(l, r)
		}
		return l, nil
	}
	return nil, fmt.Errorf("%s: %v must stand in a list", path, v)
}

func compileRule(v any) (rule, error) {
	switch v := v.(type) {
	case map[string]any:
		return compileOperator(v)
	case []any:
		return nil, errors.New("a list in a list is not allowed")
	}
	return present(func(s any) bool { return equal(s, v) }), nil
}

// present is a rule for values that are there.
func present(matches func(scalar any) bool) rule {
	return func(s any, there bool) bool { return there && matches(s) }
}

// text is a rule for strings.
func text(matches func(string) bool) rule {
	return present(func(s any) bool {
		t, ok := s.(string)
		return ok && matches(t)
	})
}

// equal compares scalars: numbers by their value.
func equal(a, b any) bool {
	x, isNumber := a.(json.Number)
	y, both := b.(json.Number)
	if isNumber && both {
		return number(x) == number(y)
	}
	return a == b
}

func number(n json.Number) float64 {
	f, _ := n.Float64() // out of range it is ±Inf
	return f
}

// compileOperator compiles a rule's object, which holds one operator.
func compileOperator(v map[string]any) (rule, error) {
	if len(v) != 1 {
		return nil, fmt.Errorf("an operator's object has one field, not %d", len(v))
	}
	name := slices.Collect(maps.Keys(v))[0]
	switch argument := v[name]; name {
	case "anything-but":
		return compileAnythingBut(argument)
	case "equals-ignore-case":
		return compileIgnoreCase(argument)
	case "exists":
		return compileExists(argument)
	case "numeric":
		return compileNumeric(argument)
	case "prefix", "suffix":
		return compileAffix(name, argument)
	}
	return nil, fmt.Errorf("operator %q is not one of anything-but, equals-ignore-case, exists, numeric, prefix, suffix", name)
}

func compileIgnoreCase(v any) (rule, error) {
	want, ok := v.(string)
	if !ok {
		return nil, errors.New("equals-ignore-case takes a string")
	}
	return text(func(s string) bool { return strings.EqualFold(s, want) }), nil
}

func compileExists(v any) (rule, error) {
	want, ok := v.(bool)
	if !ok {
		return nil, errors.New("exists takes true or false")
	}
	return func(_ any, there bool) bool { return there == want }, nil
}

// compileAffix compiles prefix and suffix, of a string or of {"equals-ignore-case": string}.
func compileAffix(name string, v any) (rule, error) {
	want, isText := v.(string)
	fold := false
	if o, ok := v.(map[string]any); ok && len(o) == 1 {
		want, isText = o["equals-ignore-case"].(string)
		fold = true
	}
	if !isText {
		return nil, fmt.Errorf(`%s takes a string, or {"equals-ignore-case": string}`, name)
	}
	same := func(a, b string) bool { return a == b }
	if fold {
		same = strings.EqualFold
	}
	if name == "prefix" {
		return text(func(s string) bool { return len(s) >= len(want) && same(s[:len(want)], want) }), nil
	}
	return text(func(s string) bool { return len(s) >= len(want) && same(s[len(s)-len(want):], want) }), nil
}

// compileAnythingBut compiles the negation of a scalar, of a list of scalars, or of one of the operators for strings.
func compileAnythingBut(v any) (rule, error) {
	var not []rule
	switch v := v.(type) {
	case map[string]any:
		if _, nested := v["exists"]; nested || v["numeric"] != nil || v["anything-but"] != nil {
			return nil, errors.New("anything-but takes values, prefix, suffix or equals-ignore-case")
		}
		r, err := compileOperator(v)
		if err != nil {
			return nil, fmt.Errorf("anything-but: %w", err)
		}
		not = []rule{r}
	case []any:
		if len(v) == 0 {
			return nil, errors.New("anything-but takes at least one value")
		}
		for _, e := range v {
			if _, isObject := e.(map[string]any); isObject {
				return nil, errors.New("anything-but takes a list of values only")
			}
			r, err := compileRule(e)
			if err != nil {
				return nil, err
			}
			not = append(not, r)
		}
	default:
		not = []rule{present(func(s any) bool { return equal(s, v) })}
	}
	return present(func(s any) bool {
		return !slices.ContainsFunc(not, func(r rule) bool { return r(s, true) })
	}), nil
}

// compileNumeric compiles ["=", 1], [">", 1] and [">", 1, "<=", 2].
func compileNumeric(v any) (rule, error) {
	list, ok := v.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil, errors.New(`numeric takes [operator, number] or [operator, number, operator, number]`)
	}
	var bounds []func(float64) bool
	for i := 0; i < len(list); i += 2 {
		op, isText := list[i].(string)
		n, isNumber := list[i+1].(json.Number)
		compare, known := comparisons[op]
		if !isText || !isNumber || !known || len(list) == 4 && op == "=" {
			return nil, errors.New(`numeric compares by "=", "<", "<=", ">" and ">=" with numbers, two of them for a range`)
		}
		limit := number(n)
		bounds = append(bounds, func(f float64) bool { return compare(f, limit) })
	}
	return present(func(s any) bool {
		n, ok := s.(json.Number)
		return ok && !slices.ContainsFunc(bounds, func(b func(float64) bool) bool { return !b(number(n)) })
	}), nil
}

var comparisons = map[string]func(a, b float64) bool{
	"=":  func(a, b float64) bool { return a == b },
	"<":  func(a, b float64) bool { return a < b },
	"<=": func(a, b float64) bool { return a <= b },
	">":  func(a, b float64) bool { return a > b },
	">=": func(a, b float64) bool { return a >= b },
}

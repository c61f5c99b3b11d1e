package mapping

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func record(key, data string) types.Record {
	return types.Record{
		PartitionKey: &key, SequenceNumber: new(sequence(1)), Data: []byte(data),
		ApproximateArrivalTimestamp: new(time.UnixMilli(1_545_084_650_987)),
	}
}

// The operators of the documentation, each with what it lets through and what it does not.
func TestFilter(t *testing.T) {
	tests := map[string]struct {
		pattern string // of data
		pass    []string
		hold    []string
	}{
		"exact":              {`{"a":["x"]}`, []string{`{"a":"x"}`, `{"a":"x","b":1}`, `{"a":["y","x"]}`}, []string{`{"a":"X"}`, `{"a":"xy"}`, `{"b":"x"}`, `{"a":{"a":"x"}}`, `{}`}},
		"one of several":     {`{"a":["x","y"]}`, []string{`{"a":"y"}`}, []string{`{"a":"z"}`}},
		"every field":        {`{"a":["x"],"b":["y"]}`, []string{`{"a":"x","b":"y"}`}, []string{`{"a":"x"}`, `{"b":"y"}`}},
		"nested":             {`{"a":{"b":["x"]}}`, []string{`{"a":{"b":"x"}}`, `{"a":[{"b":"y"},{"b":"x"}]}`}, []string{`{"a":"x"}`, `{"b":"x"}`}},
		"null":               {`{"a":[null]}`, []string{`{"a":null}`}, []string{`{}`, `{"a":""}`, `{"a":0}`}},
		"empty":              {`{"a":[""]}`, []string{`{"a":""}`}, []string{`{"a":null}`, `{}`}},
		"true":               {`{"a":[true]}`, []string{`{"a":true}`}, []string{`{"a":"true"}`, `{"a":1}`}},
		"number":             {`{"a":[100]}`, []string{`{"a":100}`, `{"a":1e2}`, `{"a":100.0}`}, []string{`{"a":"100"}`, `{"a":101}`}},
		"prefix":             {`{"a":[{"prefix":"us-"}]}`, []string{`{"a":"us-east-1"}`, `{"a":"us-"}`}, []string{`{"a":"US-east"}`, `{"a":"us"}`, `{"a":1}`, `{}`}},
		"prefix, any case":   {`{"a":[{"prefix":{"equals-ignore-case":"us-"}}]}`, []string{`{"a":"US-east-1"}`}, []string{`{"a":"eu-"}`, `{"a":"U"}`}},
		"suffix":             {`{"a":[{"suffix":".png"}]}`, []string{`{"a":"x.png"}`}, []string{`{"a":"x.PNG"}`, `{"a":"png"}`}},
		"ignore case":        {`{"a":[{"equals-ignore-case":"Alice"}]}`, []string{`{"a":"ALICE"}`, `{"a":"alice"}`}, []string{`{"a":"alice "}`, `{"a":5}`}},
		"anything but":       {`{"a":[{"anything-but":"x"}]}`, []string{`{"a":"y"}`, `{"a":1}`}, []string{`{"a":"x"}`, `{}`}},
		"anything but these": {`{"a":[{"anything-but":["x",1]}]}`, []string{`{"a":"y"}`, `{"a":2}`}, []string{`{"a":"x"}`, `{"a":1.0}`, `{}`}},
		"but prefix":         {`{"a":[{"anything-but":{"prefix":"x"}}]}`, []string{`{"a":"yx"}`}, []string{`{"a":"xy"}`, `{}`}},
		"numeric":            {`{"a":[{"numeric":["=",100]}]}`, []string{`{"a":100}`}, []string{`{"a":99.9}`, `{"a":"100"}`}},
		"range":              {`{"a":[{"numeric":[">",10,"<=",20]}]}`, []string{`{"a":10.1}`, `{"a":20}`}, []string{`{"a":10}`, `{"a":21}`, `{}`}},
		"exists":             {`{"a":[{"exists":true}]}`, []string{`{"a":0}`, `{"a":null}`}, []string{`{}`, `{"a":{"b":1}}`}},
		"exists not":         {`{"a":[{"exists":false}]}`, []string{`{}`, `{"a":{"b":1}}`}, []string{`{"a":0}`}},
		"exists not below":   {`{"a":{"b":[{"exists":false}]}}`, []string{`{}`, `{"a":1}`, `{"a":{}}`}, []string{`{"a":{"b":1}}`}},
		"or of fields":       {`{"$or":[{"a":["x"]},{"b":["y"]}]}`, []string{`{"a":"x"}`, `{"b":"y"}`}, []string{`{"a":"y","b":"x"}`, `{}`}},
		"or below":           {`{"a":{"$or":[{"b":[1]},{"c":[2]}],"d":[3]}}`, []string{`{"a":{"c":2,"d":3}}`}, []string{`{"a":{"c":2}}`, `{"a":{"d":3}}`}},
		"no JSON":            {`{"a":[{"exists":false}]}`, nil, []string{`hello`, ``, `{"a":`, "{}\n{}"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := must(compileFilters([]string{`{"data":` + test.pattern + `}`}))
			for want, list := range map[bool][]string{true: test.pass, false: test.hold} {
				for _, data := range list {
					if r := record("k", data); f.pass(&r) != want {
						t.Errorf("%s passes: %v", data, !want)
					}
				}
			}
		})
	}
}

// Without data in it a filter looks at the record's other fields, whatever the data is.
func TestFilterOnTheRecord(t *testing.T) {
	for pattern, want := range map[string]bool{
		`{}`:                                true,
		`{"partitionKey":["shop"]}`:         true,
		`{"partitionKey":[{"prefix":"x"}]}`: false,
		`{"sequenceNumber":["` + sequence(1) + `"]}`:                true,
		`{"kinesisSchemaVersion":["1.0"]}`:                          true,
		`{"approximateArrivalTimestamp":[1545084650.987]}`:          true,
		`{"approximateArrivalTimestamp":[{"numeric":["<",1e9]}]}`:   false,
		`{"$or":[{"partitionKey":["shop"]},{"data":{"a":[1]}}]}`:    false, // it names data, and that is no JSON
		`{"partitionKey":["shop"],"data":{"a":[{"exists":false}]}}`: false,
	} {
		f := must(compileFilters([]string{pattern}))
		if r := record("shop", "hello"); f.pass(&r) != want {
			t.Errorf("%s passes: %v", pattern, !want)
		}
	}
}

func TestBadFilters(t *testing.T) {
	for pattern, want := range map[string]string{
		``: "no JSON", `{} {}`: "no JSON", `[]`: "no JSON object", `{"data":["x"]}`: `"data" must be an object`, `{"data":{"a":"x"}}`: ".data.a: x must stand in a list",
		`{"data":{"a":[]}}`: "empty list", `{"data":{"a":{}}}`: "empty object", `{"data":{"a":[["x"]]}}`: "list in a list",
		`{"data":{"a":[{"wildcard":"*"}]}}`: `operator "wildcard" is not one of anything-but`, `{"data":{"a":[{"prefix":"x","suffix":"y"}]}}`: "one field, not 2",
		`{"data":{"a":[{"prefix":1}]}}`: "prefix takes a string", `{"data":{"a":[{"exists":"yes"}]}}`: "true or false",
		`{"data":{"a":[{"numeric":[">"]}]}}`: "numeric takes", `{"data":{"a":[{"numeric":["!",1]}]}}`: "numeric compares", `{"data":{"a":[{"numeric":["=",1,"<",2]}]}}`: "numeric compares",
		`{"data":{"a":[{"anything-but":[]}]}}`: "at least one", `{"data":{"a":[{"anything-but":{"exists":true}}]}}`: "anything-but takes",
		`{"data":{"$or":[{"a":[1]}]}}`: "$or", `{"data":{"$or":{"a":[1]}}}`: "$or", `{"data":{"a":[{"equals-ignore-case":1}]}}`: "takes a string",
		`{"data":{"a":["` + strings.Repeat("x", MaxPattern) + `"]}}`: "bytes are more than",
	} {
		_, err := compileFilters([]string{`{}`, pattern})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "filter 2: ") {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

// A pattern and an event of few names and values, and the same question asked in another way: everything is taken apart into
// paths first, and "$or" into alternatives without one.
func TestFilterAgainstFlatTwin(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	matched := 0
	for range 20_000 {
		pattern, data := randomPattern(rnd, 0), randomEvent(rnd, 0)
		f := must(compileFilters([]string{string(must(json.Marshal(map[string]any{"data": pattern})))}))
		r := record("k", string(must(json.Marshal(data))))
		got, want := f.pass(&r), flatMatch(pattern, data)
		if got != want {
			t.Fatalf("seed %d: pattern %s, event %s: %v, want %v", seed, must(json.Marshal(pattern)), r.Data, got, want)
		}
		if got {
			matched++
		}
	}
	if matched < 1000 || matched > 19_000 {
		t.Errorf("%d of 20000 matched: that says little", matched)
	}
}

func randomPattern(r *rand.Rand, depth int) map[string]any {
	p := map[string]any{}
	for range 1 + r.IntN(2) {
		name := string(rune('a' + r.IntN(3)))
		switch {
		case depth < 2 && r.IntN(4) == 0:
			p[name] = randomPattern(r, depth+1)
		case depth < 2 && r.IntN(5) == 0:
			p["$or"] = []any{randomPattern(r, depth+1), randomPattern(r, depth+1)}
		default:
			p[name] = []any{randomRule(r), randomRule(r)}
		}
	}
	return p
}

func randomRule(r *rand.Rand) any {
	return []any{"x", "xy", 1.0, 2.0, nil, map[string]any{"exists": r.IntN(2) == 0}, map[string]any{"prefix": "x"}, map[string]any{"anything-but": "x"}}[r.IntN(8)]
}

func randomEvent(r *rand.Rand, depth int) map[string]any {
	e := map[string]any{}
	for range r.IntN(4) {
		name := string(rune('a' + r.IntN(3)))
		if depth < 2 && r.IntN(3) == 0 {
			e[name] = randomEvent(r, depth+1)
			continue
		}
		e[name] = []any{"x", "xy", "z", 1.0, 3.0, nil, []any{"x", 2.0}}[r.IntN(7)]
	}
	return e
}

func flatMatch(pattern, event map[string]any) bool {
	values := map[string][]any{}
	flatten("", event, values)
	return slices.ContainsFunc(withoutOr(pattern), func(p map[string]any) bool {
		return everyLeaf("", p, func(path string, rules []any) bool {
			return slices.ContainsFunc(rules, func(rule any) bool { return flatRule(rule, values[path]) })
		})
	})
}

// everyLeaf reports whether holds does for every list of rules, by the path of the values that it is about.
func everyLeaf(path string, p map[string]any, holds func(path string, rules []any) bool) bool {
	for name, v := range p {
		below := path + "." + name
		if name == "$or" {
			below = path
		}
		if rules, isLeaf := v.([]any); isLeaf && !holds(below, rules) {
			return false
		}
		if o, isObject := v.(map[string]any); isObject && !everyLeaf(below, o, holds) {
			return false
		}
	}
	return true
}

// flatten notes the elements of lists, and other values, by their paths.
func flatten(path string, o map[string]any, into map[string][]any) {
	for name, v := range o {
		switch v := v.(type) {
		case map[string]any:
			flatten(path+"."+name, v, into)
		case []any:
			into[path+"."+name] = append(into[path+"."+name], v...)
		default:
			into[path+"."+name] = append(into[path+"."+name], v)
		}
	}
}

// withoutOr returns patterns of which one must match for p to, each a conjunction in which a path may stand twice: so the alternatives
// are joined under a name of their own that the paths do not show.
func withoutOr(p map[string]any) []map[string]any {
	all := []map[string]any{{}}
	join := func(name string, choices []map[string]any) {
		var next []map[string]any
		for _, a := range all {
			for _, c := range choices {
				joined := map[string]any{}
				for k, v := range a {
					joined[k] = v
				}
				joined[name] = c
				next = append(next, joined)
			}
		}
		all = next
	}
	for name, v := range p {
		switch v := v.(type) {
		case map[string]any:
			join(name, withoutOr(v))
		case []any:
			if name != "$or" {
				for _, a := range all {
					a[name] = v
				}
				continue
			}
			var choices []map[string]any
			for _, alternative := range v {
				choices = append(choices, withoutOr(alternative.(map[string]any))...)
			}
			join(name, choices)
		}
	}
	return all
}

func flatRule(rule any, values []any) bool {
	o, isOperator := rule.(map[string]any)
	if !isOperator {
		return slices.Contains(values, rule)
	}
	if want, ok := o["exists"]; ok {
		return (len(values) > 0) == want
	}
	return slices.ContainsFunc(values, func(v any) bool {
		if _, ok := o["prefix"]; ok {
			return strings.HasPrefix(fmt.Sprint(v), "x")
		}
		return v != "x"
	})
}

func FuzzFilter(f *testing.F) {
	f.Add(`{"data":{"a":[{"numeric":[">",1,"<",2]},{"anything-but":{"suffix":"x"}}],"$or":[{"b":[1]},{"c":[null]}]}}`, `{"a":[1.5,{"b":2}],"c":null}`)
	f.Add(`{"partitionKey":["1"],"data":{"a":[{"exists":false}]}}`, "\xff")
	f.Fuzz(func(t *testing.T, pattern, data string) {
		compiled, err := compileFilters([]string{pattern})
		if err != nil {
			return
		}
		r := record("1", data)
		compiled.pass(&r)
	})
}

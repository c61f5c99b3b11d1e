package main

import "testing"

// A value that holds an operator was cut there: event:page~/?a=b asked for a dimension "event:page~/?a".
func TestFilterIsCutAtItsFirstOperator(t *testing.T) {
	for text, want := range map[string]string{
		"visit:country=DE,FR":    `["is","visit:country",["DE","FR"]]`,
		"visit:country!=DE":      `["is_not","visit:country",["DE"]]`,
		"event:page~/?a=b":       `["contains","event:page",["/?a=b"]]`,
		"event:page!~a!=b~c":     `["contains_not","event:page",["a!=b~c"]]`,
		"event:props:a=x~y":      `["is","event:props:a",["x~y"]]`,
		`["is","event:page",[]]`: `["is","event:page",[]]`,
		"visit:country":          "",
		"=DE":                    "",
		"visit:country!DE":       "",
		"visit:country=":         "",
	} {
		var f filter
		err := f.UnmarshalText([]byte(text))
		if (err == nil) != (want != "") || string(f) != want {
			t.Errorf("%s: %s, %v; want %s", text, f, err, want)
		}
	}
}

// NAME=EVENT was taken for an event of that name, which never came, and so was the path of a page.
func TestGoalOfAnEventHasAName(t *testing.T) {
	for text, want := range map[string]goal{
		"Signup":           {Name: "Signup", Event: "Signup"},
		"Sign up=signup":   {Name: "Sign up", Event: "signup"},
		"Docs=/docs/**":    {Name: "Docs", Page: "/docs/**"},
		"Search=/find/q=*": {Name: "Search", Page: "/find/q=*"},
		"/thanks":          {Name: "/thanks", Page: "/thanks"},
		"/find/q=*":        {Name: "/find/q=*", Page: "/find/q=*"},
	} {
		var got goal
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "=", "=Signup", "Sign up="} {
		if err := new(goal).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a goal", text)
		}
	}
}

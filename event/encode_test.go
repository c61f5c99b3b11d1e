package event

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAppendJSON(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{}, `{}`},
		{Event{Site: "a", Name: "b"}, `{"site":"a","name":"b"}`},
		{Event{Title: "\"\\/\b\f\n\r\t\x01\x1f\x7fé\u2028<>&"}, `{"title":"\"\\/\b\f\n\r\t\u0001\u001f` + "\x7fé\u2028" + `<>&"}`},
		{Event{Props: []Prop{{"a\"", "x\n", PropString}, {"n", "1.50", PropNumber}, {"t", "true", PropBool}, {"e", "", PropString}}},
			`{"props":{"a\"":"x\n","n":1.50,"t":true,"e":""}}`},
		{Event{Revenue: Revenue{Currency: "EUR"}}, `{"revenue":{"amount":0,"currency":"EUR"}}`},
		{Event{Revenue: Revenue{Micros: -1_500_000, Currency: "EUR"}}, `{"revenue":{"amount":-1.5,"currency":"EUR"}}`},
		{Event{Revenue: Revenue{Micros: 20_000_001, Currency: "EUR"}}, `{"revenue":{"amount":20.000001,"currency":"EUR"}}`},
		{Event{Revenue: Revenue{Micros: MaxMicros, Currency: "EUR"}}, `{"revenue":{"amount":1000000000,"currency":"EUR"}}`},
		{Event{Vitals: Vitals{CLS: Vital{0, true}, TTFB: Vital{1234567.5, true}}}, `{"vitals":{"cls":0,"ttfb":1234567.5}}`},
		{Event{Vitals: Vitals{LCP: Vital{5e-324, true}}}, `{"vitals":{"lcp":5e-324}}`},
	} {
		if got := string(c.event.AppendJSON(nil)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestAppendJSONEverything(t *testing.T) {
	var e Event
	if _, err := e.Decode([]byte(everything)); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"12.3456785"`, `12.345679`, `1e-9`, `1e-09`, `1e9`, `1000000000`).Replace(everything)
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Two JSONs of one event have one canonical form.
func TestCanonical(t *testing.T) {
	for sent, want := range map[string]string{
		minimal + `,"vitals":{"cls":-0.0}}`:                           minimal + `,"vitals":{"cls":0}}`,
		minimal + `,"scroll":-0.9,"ts":5.0e0}`:                        minimal + `,"ts":5}`,
		minimal + `,"revenue":{"currency":"EUR","amount":"-0.00"}}`:   minimal + `,"revenue":{"amount":0,"currency":"EUR"}}`,
		minimal + `,"revenue":{"currency":"EUR","amount":-5e-7}}`:     minimal + `,"revenue":{"amount":-0.000001,"currency":"EUR"}}`,
		minimal + `,"revenue":{"currency":"EUR","amount":4.9999e-7}}`: minimal + `,"revenue":{"amount":0,"currency":"EUR"}}`,
		minimal + `,"title":"\u0041\/\u000a"}`:                        minimal + `,"title":"A/\n"}`,
	} {
		var e Event
		if problems, err := e.Decode([]byte(sent)); err != nil || problems != nil {
			t.Errorf("%s: %v %v", sent, problems, err)
		}
		if got := string(e.AppendJSON(nil)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", sent, got, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEvent(rt)
		checkRoundTrip(rt, &e)
	})
}

// anyEvent draws a valid event: any text in any field, any number within its bounds.
func anyEvent(t *rapid.T) Event {
	e := Event{
		Site:       rapid.StringMatching(`[a-z0-9][a-z0-9.-]{0,62}`).Draw(t, "site"),
		Name:       anyText(MaxName).Filter(func(s string) bool { return s != "" }).Draw(t, "name"),
		TS:         rapid.Int64Range(0, MaxTimeMS).Draw(t, "ts"),
		EngagedMS:  rapid.Int64Range(0, MaxEngagedMS).Draw(t, "engaged"),
		Scroll:     rapid.IntRange(0, MaxScroll).Draw(t, "scroll"),
		ReceivedAt: rapid.Int64Range(0, MaxTimeMS).Draw(t, "received"),
	}
	for _, dst := range []*string{&e.ID, &e.Visitor, &e.Session, &e.User, &e.DoorVisitor} {
		*dst = anyText(MaxKey).Draw(t, "key")
	}
	for _, dst := range []*string{&e.Screen, &e.Lang, &e.Country, &e.Region, &e.City, &e.Bot} {
		*dst = anyText(MaxShort).Draw(t, "short")
	}
	for _, dst := range []*string{&e.Title, &e.UserAgent} {
		*dst = anyText(MaxValue).Draw(t, "value")
	}
	for _, dst := range []*string{&e.URL, &e.Referrer} {
		*dst = strings.Map(dropControl, anyText(MaxURL).Draw(t, "url"))
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "props") {
		e.Props = append(e.Props, anyProp(t, fmt.Sprintf("%d", i)))
	}
	if rapid.Bool().Draw(t, "has revenue") {
		e.Revenue = Revenue{rapid.Int64Range(-MaxMicros, MaxMicros).Draw(t, "micros"), rapid.StringMatching(`[A-Z]{3}`).Draw(t, "currency")}
	}
	for _, dst := range []*Vital{&e.Vitals.LCP, &e.Vitals.INP, &e.Vitals.CLS, &e.Vitals.FCP, &e.Vitals.TTFB} {
		if rapid.Bool().Draw(t, "has vital") {
			*dst = Vital{rapid.Float64Range(0, MaxVital).Draw(t, "vital"), true}
		}
	}
	return e
}

func anyProp(t *rapid.T, prefix string) Prop {
	p := Prop{Key: prefix + anyText(MaxKey-len(prefix)).Draw(t, "prop")}
	switch p.Kind = rapid.SampledFrom([]PropKind{PropString, PropNumber, PropBool}).Draw(t, "kind"); p.Kind {
	case PropString:
		p.Value = anyText(MaxValue).Draw(t, "string")
	case PropNumber:
		p.Value = rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number")
	case PropBool:
		p.Value = fmt.Sprint(rapid.Bool().Draw(t, "bool"))
	}
	return p
}

// anyText draws text of at most limit bytes without U+0000.
func anyText(limit int) *rapid.Generator[string] {
	return rapid.Map(rapid.StringN(-1, -1, limit), func(s string) string { return strings.ReplaceAll(s, "\x00", "") })
}

func dropControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

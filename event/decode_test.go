package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// minimal starts an event that is valid with whatever valid members follow.
const minimal = `{"site":"a","name":"b"`

// decodeCases: what is wrong, as "code path" in the order of reports, "" for nothing and "syntax" for no JSON object.
// The twin says what a valid one must hold.
var decodeCases = []struct{ name, json, want string }{
	{"minimal", minimal + `}`, ""},
	{"everything", everything, ""},
	{"white space", " \t\r\n" + minimal + "\n, \"ts\" :\t1 \r} \n", ""},
	{"unknown fields", minimal + `,"x":{"y":[1,"a",null,true,{}]},"Site":5,"names":1}`, ""},
	{"last wins", `{"site":"A b","name":{},"ts":0,"site":"a","name":"b","ts":5}`, ""},
	{"last wins, to the worse", minimal + `,"site":5}`, "type site"},
	{"last null wins", minimal + `,"site":null}`, "required site"},
	{"null is absent", minimal + `,"ts":null,"url":null,"props":null,"revenue":null,"vitals":null,"scroll":null}`, ""},
	{"empty is absent", minimal + `,"id":"","url":"","revenue":{"amount":"","currency":""}}`, ""},
	{"escaped key", `{"\u0073ite":"a","n\u0061me":"b"}`, ""},
	{"escapes", minimal + `,"title":"\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00\uD83D\uDE00"}`, ""},
	{"DEL and noncharacters", minimal + `,"title":"` + "\x7f\ufffe\uffff\U0010ffff" + `\ufffd"}`, ""},

	{"nothing", ``, "syntax"},
	{"white space alone", " \n", "syntax"},
	{"array", `[` + minimal + `}]`, "syntax"},
	{"string", `"a"`, "syntax"},
	{"null", `null`, "syntax"},
	{"two values", minimal + `} {}`, "syntax"},
	{"cut", minimal, "syntax"},
	{"cut in a string", `{"site":"a`, "syntax"},
	{"cut in an escape", `{"site":"\`, "syntax"},
	{"cut after a comma", minimal + `,`, "syntax"},
	{"comma at the end", minimal + `,}`, "syntax"},
	{"comma at the end of an array", minimal + `,"x":[1,]}`, "syntax"},
	{"comma at the start", `{,"site":"a"}`, "syntax"},
	{"no colon", `{"site" "a"}`, "syntax"},
	{"no value", `{"site":}`, "syntax"},
	{"no comma", `{"site":"a" "name":"b"}`, "syntax"},
	{"bare key", `{site:"a"}`, "syntax"},
	{"single quotes", `{'site':'a'}`, "syntax"},
	{"comment", minimal + `/**/}`, "syntax"},
	{"wrong bracket", minimal + `,"x":[1}}`, "syntax"},
	{"byte order mark", "\ufeff" + minimal + `}`, "syntax"},
	{"other white space", "\u00a0" + minimal + `}`, "syntax"},
	{"form feed", "\f" + minimal + `}`, "syntax"},
	{"NUL between", minimal + "\x00}", "syntax"},
	{"NUL after", minimal + "}\x00", "syntax"},
	{"newline in a string", minimal + ",\"title\":\"a\nb\"}", "syntax"},
	{"NUL in a string", minimal + ",\"title\":\"a\x00b\"}", "syntax"},
	{"unknown escape", minimal + `,"title":"\x41"}`, "syntax"},
	{"short escape", minimal + `,"title":"\u12"}`, "syntax"},
	{"escape not hexadecimal", minimal + `,"title":"\u12g4"}`, "syntax"},
	{"word", minimal + `,"x":nul}`, "syntax"},
	{"longer word", minimal + `,"x":nulls}`, "syntax"},
	{"capital word", minimal + `,"x":True}`, "syntax"},
	{"prop is no word", minimal + `,"props":{"a":tru}}`, "syntax"},
	{"NaN", minimal + `,"ts":NaN}`, "syntax"},
	{"infinite", minimal + `,"ts":-Infinity}`, "syntax"},
	{"plus", minimal + `,"ts":+1}`, "syntax"},
	{"leading zero", minimal + `,"ts":01}`, "syntax"},
	{"minus alone", minimal + `,"ts":-}`, "syntax"},
	{"no digit before the point", minimal + `,"ts":.5}`, "syntax"},
	{"no digit after the point", minimal + `,"ts":5.}`, "syntax"},
	{"no digit in the exponent", minimal + `,"ts":5e+}`, "syntax"},
	{"hexadecimal", minimal + `,"ts":0x10}`, "syntax"},

	{"no UTF-8 in a field", minimal + ",\"title\":\"a\xff\"}", "utf8 title"},
	{"cut UTF-8 in a field", minimal + ",\"title\":\"\xe2\x82\"}", "utf8 title"},
	{"overlong UTF-8", minimal + ",\"title\":\"\xc0\x80\"}", "utf8 title"},
	{"surrogate in UTF-8", minimal + ",\"title\":\"\xed\xa0\x80\"}", "utf8 title"},
	{"no UTF-8 in a property", minimal + ",\"props\":{\"a\":\"\xff\"}}", "utf8 props.a"},
	{"no UTF-8 in a currency", minimal + ",\"revenue\":{\"amount\":1,\"currency\":\"\xff\"}}", "utf8 revenue.currency"},
	{"no UTF-8 in an amount", minimal + ",\"revenue\":{\"amount\":\"\xff\",\"currency\":\"EUR\"}}", "utf8 revenue.amount"},
	{"no UTF-8 in a key", minimal + ",\"a\xff\":1}", "syntax"},
	{"no UTF-8 in a property's key", minimal + ",\"props\":{\"a\xff\":1}}", "syntax"},
	{"no UTF-8 in an unknown field", minimal + ",\"x\":[{\"y\":\"\xff\"}]}", "syntax"},
	{"no UTF-8 in a replaced value", minimal + ",\"title\":\"\xff\",\"title\":\"a\"}", "syntax"},
	{"no UTF-8 in a replaced object", minimal + ",\"props\":{\"a\":\"\xff\"},\"props\":{}}", "syntax"},
	{"no UTF-8 in a value of another type", minimal + ",\"title\":[\"\xff\"]}", "syntax"},
	{"no UTF-8 in two places", minimal + ",\"title\":\"\xff\",\"x\":\"\xff\"}", "syntax"},
	{"no UTF-8 between", minimal + "\xff}", "syntax"},
	{"high half alone", minimal + `,"title":"\ud83d"}`, "utf8 title"},
	{"high half and text", minimal + `,"title":"\ud83dabcdef"}`, "utf8 title"},
	{"low half alone", minimal + `,"title":"\ude00"}`, "utf8 title"},
	{"halves in the wrong order", minimal + `,"title":"\ude00\ud83d"}`, "utf8 title"},
	{"two high halves", minimal + `,"title":"\ud83d\ud83d\ude00"}`, "utf8 title"},
	{"half in an unknown field", minimal + `,"x":"\ud83d"}`, "syntax"},
	{"half in a key", minimal + `,"\ud83d":1}`, "syntax"},
	{"escaped backslash is no half", minimal + `,"x":"\\ud83d\\u0000"}`, ""},
	{"NUL in a field", minimal + `,"title":"a\u0000b"}`, "format title"},
	{"NUL in a property", minimal + `,"props":{"a":"\u0000"}}`, "format props.a"},
	{"NUL in a name", `{"site":"a","name":"\u0000"}`, "format name"},
	{"NUL in an unknown field", minimal + `,"x":"\u0000"}`, "syntax"},
	{"NUL and half", minimal + `,"title":"\u0000\ud83d"}`, "utf8 title"},
	{"half and NUL", minimal + `,"title":"\ud83d\u0000"}`, "utf8 title"},

	{"nothing in it", `{}`, "required site, required name"},
	{"empty site and name", `{"site":"","name":""}`, "required site, required name"},
	{"wrong types", `{"site":1,"name":true,"id":[],"ts":"1","url":{},"props":[],"revenue":1,"vitals":"","engaged_ms":{},"scroll":false}`,
		"type site, type name, type id, type ts, type url, type props, type revenue, type vitals, type engaged_ms, type scroll"},
	{"capital site", `{"site":"A","name":"b"}`, "format site"},
	{"site with a slash", `{"site":"a/b","name":"b"}`, "format site"},
	{"site starts with a dot", `{"site":".a","name":"b"}`, "format site"},
	{"newline in a url", minimal + `,"url":"/a\nb"}`, "format url"},
	{"DEL in a referrer", minimal + `,"referrer":"/a` + "\x7f" + `b"}`, "format referrer"},

	{"ts zero", minimal + `,"ts":0}`, "range ts"},
	{"ts less than one", minimal + `,"ts":0.999}`, "range ts"},
	{"ts negative", minimal + `,"ts":-5}`, "range ts"},
	{"ts fraction", minimal + `,"ts":1751719200123.999}`, ""},
	{"ts exponent", minimal + `,"ts":1.751719200123e12}`, ""},
	{"ts huge exponent", minimal + `,"ts":1e999999999999999999999}`, "range ts"},
	{"ts tiny exponent", minimal + `,"ts":1e-999999999999999999999}`, "range ts"},
	{"ts zero with a huge exponent", minimal + `,"ts":0e999999999999999999999}`, "range ts"},
	{"ts in seconds of 19 digits", minimal + `,"ts":1751719200123000000}`, "range ts"},
	{"ts of 40 digits", minimal + `,"ts":1000000000000000000000000000000000000000}`, "range ts"},
	{"ts replaced by null", minimal + `,"ts":5,"ts":null}`, ""},
	{"scroll fraction", minimal + `,"scroll":99.99}`, ""},
	{"scroll minus zero", minimal + `,"scroll":-0}`, ""},
	{"scroll minus a half", minimal + `,"scroll":-0.5}`, ""},

	{"amount without currency", minimal + `,"revenue":{"amount":1}}`, "required revenue.currency"},
	{"zero without currency", minimal + `,"revenue":{"amount":0}}`, "required revenue.currency"},
	{"currency without amount", minimal + `,"revenue":{"currency":"EUR"}}`, "required revenue.amount"},
	{"empty revenue", minimal + `,"revenue":{}}`, ""},
	{"revenue's last wins", minimal + `,"revenue":{"amount":1},"revenue":{"amount":2,"currency":"EUR"}}`, ""},
	{"revenues do not mix", minimal + `,"revenue":{"amount":1},"revenue":{"currency":"EUR"}}`, "required revenue.amount"},
	{"amount's last wins", minimal + `,"revenue":{"amount":{},"currency":"EUR","amount":"2"}}`, ""},
	{"amount replaced by null", minimal + `,"revenue":{"amount":1,"currency":"EUR","amount":null}}`, "required revenue.amount"},
	{"amount replaced by null, no currency", minimal + `,"revenue":{"amount":1,"amount":null}}`, ""},
	{"wrong revenue replaced by null", minimal + `,"revenue":{"amount":[],"currency":1},"revenue":null}`, ""},
	{"amount far below a millionth", minimal + `,"revenue":{"amount":9e-20,"currency":"EUR"}}`, ""},
	{"wrong amount, no currency", minimal + `,"revenue":{"amount":[]}}`, "type revenue.amount, required revenue.currency"},
	{"amount is a word", minimal + `,"revenue":{"amount":"many","currency":"EUR"}}`, "format revenue.amount"},
	{"amount with a comma", minimal + `,"revenue":{"amount":"1,50","currency":"EUR"}}`, "format revenue.amount"},
	{"amount with a plus", minimal + `,"revenue":{"amount":"+1","currency":"EUR"}}`, "format revenue.amount"},
	{"amount with white space", minimal + `,"revenue":{"amount":" 1","currency":"EUR"}}`, "format revenue.amount"},
	{"small currency", minimal + `,"revenue":{"amount":1,"currency":"eur"}}`, "format revenue.currency"},
	{"long currency", minimal + `,"revenue":{"amount":1,"currency":"EURO"}}`, "format revenue.currency"},
	{"currency is a number", minimal + `,"revenue":{"amount":1,"currency":978}}`, "type revenue.currency"},

	{"vital negative", minimal + `,"vitals":{"lcp":-1}}`, "range vitals.lcp"},
	{"vital minus zero", minimal + `,"vitals":{"cls":-0.0}}`, ""},
	{"vital infinite", minimal + `,"vitals":{"lcp":1e400}}`, "range vitals.lcp"},
	{"vital underflows", minimal + `,"vitals":{"lcp":1e-400}}`, ""},
	{"vital is a string", minimal + `,"vitals":{"inp":"1","ttfb":true}}`, "type vitals.inp, type vitals.ttfb"},
	{"vital replaced by null", minimal + `,"vitals":{"lcp":1,"lcp":null}}`, ""},
	{"vitals do not mix", minimal + `,"vitals":{"lcp":-1,"fcp":1},"vitals":{"inp":1}}`, ""},

	{"prop types", minimal + `,"props":{"a":{},"b":[1],"c":1,"d":"","e":true,"f":null}}`, "type props.a, type props.b"},
	{"prop's last wins", minimal + `,"props":{"a":{},"b":1,"a":2}}`, ""},
	{"prop replaced by null", minimal + `,"props":{"a":{},"b":1,"a":null}}`, ""},
	{"prop replaced over an escape", minimal + `,"props":{"a":1,"\u0061":2}}`, ""},
	{"prop without a key", minimal + `,"props":{"":1}}`, "required props."},
	{"props's last wins", minimal + `,"props":{"a":{}},"props":{"b":1}}`, ""},
	{"too many props forgotten", minimal + `,"props":` + manyProps(MaxProps+1) + `,"props":{"b":1}}`, ""},
	{"too many props and a type", minimal + `,"props":` + strings.Replace(manyProps(MaxProps+1), "1", "[]", 1) + `}`, "too_many props, type props.k0"},
	{"more and more props", minimal + `,"props":` + manyProps(5*MaxProps) + `}`, "too_many props"},
	{"too many props stay too many", minimal + `,"props":` + strings.Replace(manyProps(MaxProps+1), "}", `,"k30":null}`, 1) + `}`, "too_many props"},
	{"nothing is said of those behind", minimal + `,"props":` + strings.Replace(manyProps(MaxProps+1), "}", `,"k0":[]}`, 1) + `}`, "too_many props"},
	{"half among too many props", minimal + `,"props":` + strings.Replace(manyProps(MaxProps+2), "}", `,"x":"\ud800"}`, 1) + `}`, "syntax"},
	{"equal keys count once", minimal + `,"props":` + strings.Replace(manyProps(MaxProps), "{", `{"k1":2,"k2":2,`, 1) + `}`, ""},
	{"null does not count", minimal + `,"props":` + strings.Replace(manyProps(MaxProps), "{", `{"n1":null,"n2":null,`, 1) + `}`, ""},
}

const everything = `{"site":"shop.example.com","name":"purchase","id":"i","ts":1751719200123,"url":"https://shop.example.com/a?b=c#d",` +
	`"referrer":"https://example.org/","title":"Käse & Brot","visitor":"v","session":"s","user":"u",` +
	`"props":{"s":"x","n":-12.50e+3,"t":true,"f":false,"e":""},"revenue":{"amount":"12.3456785","currency":"EUR"},` +
	`"vitals":{"lcp":1.25,"inp":0,"cls":0.1,"fcp":1e-9,"ttfb":1e9},"engaged_ms":12345,"scroll":75,"screen":"1920x1080","lang":"de-DE",` +
	`"received_at":1751719200345,"ua":"Mozilla/5.0","country":"DE","region":"BE","city":"Berlin","door_visitor":"d","bot":"ua"}`

func manyProps(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestDecode(t *testing.T) {
	for _, c := range decodeCases {
		t.Run(c.name, func(t *testing.T) {
			var e Event
			problems, err := e.Decode([]byte(c.json))
			got := listed(problems)
			if err != nil {
				got = "syntax"
			}
			if got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s\nerror %v", c.json, got, c.want, err)
			}
			compareWithTwin(t, []byte(c.json))
		})
	}
}

// listed returns "code path, …" in the order of the problems.
func listed(problems []FieldError) string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Code+" "+p.Field)
	}
	return strings.Join(all, ", ")
}

func TestDecodeEverything(t *testing.T) {
	want := Event{
		Site: "shop.example.com", Name: "purchase", ID: "i", TS: 1751719200123, URL: "https://shop.example.com/a?b=c#d",
		Referrer: "https://example.org/", Title: "Käse & Brot", Visitor: "v", Session: "s", User: "u",
		Props:     []Prop{{"s", "x", PropString}, {"n", "-12.50e+3", PropNumber}, {"t", "true", PropBool}, {"f", "false", PropBool}, {"e", "", PropString}},
		Revenue:   Revenue{Micros: 12_345_679, Currency: "EUR"},
		Vitals:    Vitals{LCP: Vital{1.25, true}, INP: Vital{0, true}, CLS: Vital{0.1, true}, FCP: Vital{1e-9, true}, TTFB: Vital{1e9, true}},
		EngagedMS: 12345, Scroll: 75, Screen: "1920x1080", Lang: "de-DE",
		ReceivedAt: 1751719200345, UserAgent: "Mozilla/5.0", Country: "DE", Region: "BE", City: "Berlin", DoorVisitor: "d", Bot: "ua",
	}
	var e Event
	if problems, err := e.Decode([]byte(everything)); err != nil || problems != nil || !same(&e, &want) {
		t.Errorf("got  %+v\nwant %+v\n%v %v", e, want, problems, err)
	}
}

// Objects made of the keys and values that events have, well and badly, so that rules meet each other.
func TestDecodeLikeTwin(t *testing.T) {
	keys := strings.Fields(`site name id ts url referrer title visitor session user props revenue vitals engaged_ms scroll screen lang ` +
		`received_at ua country region city door_visitor bot amount currency lcp inp cls fcp ttfb a b unknown s\u0069te \u0061 Site`)
	values := []string{`"a"`, `""`, `"EUR"`, `"12.345"`, `"\u0061"`, `"\ud800"`, `"\u0000"`, "\"\xff\"", `"A b"`, `"a\nb"`, `0`, `1`, `-0`, `55.5`, `1e12`,
		`0.0000005`, `-1e-7`, `9e-20`, `1e9`, `1e10`, `true`, `null`, `[]`, `["\ud800"]`, `"` + strings.Repeat("x", MaxShort+1) + `"`, manyProps(MaxProps)}
	var object func(rt *rapid.T, depth int) string
	object = func(rt *rapid.T, depth int) string {
		var members []string
		for range rapid.IntRange(0, 8).Draw(rt, "members") {
			value := rapid.SampledFrom(values).Draw(rt, "value")
			if depth > 0 && rapid.Bool().Draw(rt, "nest") {
				value = object(rt, depth-1)
			}
			members = append(members, fmt.Sprintf(`"%s":%s`, rapid.SampledFrom(keys).Draw(rt, "key"), value))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	rapid.Check(t, func(rt *rapid.T) {
		compareWithTwin(rt, []byte(object(rt, 2)))
		compareWithTwin(rt, []byte(minimal+","+strings.TrimPrefix(object(rt, 2), "{")))
	})
}

// The messages are what a person reads who has sent a wrong event.
func TestMessages(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ json, want string }{
		{`{"name":"b","site":5}`, `site must be a string, not a number`},
		{`{"name":"b"}`, `site is required`},
		{`{"name":"b","site":"My Shop"}`, `site must be small letters, digits, dots and hyphens, the first a letter or digit, not "My Shop"`},
		{`{"name":"b","site":"` + long + `"}`, `site must be at most 63 bytes`},
		{minimal + `,"ts":-1}`, `ts must be 1 to 253402300799999 (Unix milliseconds)`},
		{minimal + `,"scroll":101}`, `scroll must be 0 to 100 (percent)`},
		{minimal + `,"url":"a\tb"}`, `url must be text without control characters`},
		{minimal + `,"title":"\ud800"}`, `title must be UTF-8 without half surrogate pairs`},
		{minimal + `,"title":"\u0000"}`, `title must not hold the character U+0000`},
		{minimal + `,"revenue":{"amount":1}}`, `revenue.currency is required beside revenue.amount`},
		{minimal + `,"revenue":{"amount":1e10,"currency":"EUR"}}`, `revenue.amount must be -1000000000 to 1000000000`},
		{minimal + `,"revenue":{"amount":"1,5","currency":"EUR"}}`, `revenue.amount must be a decimal number such as "12.50"`},
		{minimal + `,"revenue":{"amount":1,"currency":"` + long + `"}}`,
			`revenue.currency must be three capital letters such as EUR, not "` + long[:40] + `"…`},
		{minimal + `,"props":{"a":[]}}`, `props.a must be a string, a number or a boolean, not an array`},
		{minimal + `,"props":{"a\nb":[]}}`, "props.a\ufffdb must be a string, a number or a boolean, not an array"},
		{minimal + `,"props":{"` + long + `":[]}}`, `props.` + long[:40] + `… must be a string, a number or a boolean, not an array`},
		{minimal + `,"props":` + manyProps(MaxProps+1) + `}`, `props must be at most 30 pairs`},
		{strings.Repeat(" ", MaxStampedBytes+1), `the event must be at most 40960 bytes, not 40961`},
		{`{"site":"a" 5`, `offset 12: expected ',' or '}', found "5"`},
		{`{"site":nil}`, `offset 8: expected a value, found "n"`},
		{`{"site":"a`, `offset 10: expected a character of the string or '"', found the end`},
		{`{"site":"\q"}`, `offset 9: expected an escape that JSON has, found "\\q\"}"`},
		{`{"site":1.}`, `offset 10: expected a digit, found "}"`},
		{`[]`, `offset 0: expected '{', found "["`},
		{`{"x":"\u0000"}`, `offset 5: expected strings in UTF-8, without half surrogate pairs and U+0000`},
	} {
		var e Event
		problems, err := e.Decode([]byte(c.json))
		got := fmt.Sprint(err)
		if err == nil {
			got = problems[0].Message
		}
		if got != c.want {
			t.Errorf("%.80s\ngot  %s\nwant %s", c.json, got, c.want)
		}
	}
}

func TestDecodeIsZeroCopy(t *testing.T) {
	data := []byte(ordinary)
	var e Event
	if _, err := e.Decode(data); err != nil {
		t.Fatal(err)
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	for _, s := range []string{e.Site, e.URL, e.UserAgent, e.Props[0].Value} {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(s))); at < start || at >= start+uintptr(len(data)) {
			t.Errorf("%q is a copy", s)
		}
	}
}

func TestDecodeReturnsNoTypedNil(t *testing.T) {
	var e Event
	problems, err := e.Decode([]byte(minimal + `}`))
	if err != nil || problems != nil {
		t.Errorf("%v %v", problems, err)
	}
	_, err = e.Decode([]byte(`{`))
	if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || syntax.Offset != 1 {
		t.Errorf("%v", err)
	}
}

func TestAllocations(t *testing.T) {
	data, buf := []byte(ordinary), make([]byte, 0, 1024)
	var e Event
	if n := testing.AllocsPerRun(100, func() { e.Decode(data) }); n != 0 {
		t.Errorf("Decode makes %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { buf = e.AppendJSON(buf[:0]) }); n != 0 {
		t.Errorf("AppendJSON makes %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { e.Validate() }); n != 0 {
		t.Errorf("Validate makes %v allocations", n)
	}
}

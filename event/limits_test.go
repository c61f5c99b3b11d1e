package event

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Each limit at its edge: what is just allowed, and what is just too much.
func TestLimits(t *testing.T) {
	text := func(key string) func(int) string {
		return func(n int) string { return fmt.Sprintf(`%s,"%s":"%s"}`, minimal, key, strings.Repeat("x", n)) }
	}
	value := func(path string) func(int) string {
		return func(n int) string { return fmt.Sprintf(`%s,%s}`, minimal, fmt.Sprintf(path, n)) }
	}
	for _, c := range []struct {
		json func(int) string
		last int
		want string
	}{
		{text("site"), MaxSite, "too_long site"},
		{text("name"), MaxName, "too_long name"},
		{text("id"), MaxKey, "too_long id"},
		{text("url"), MaxURL, "too_long url"},
		{text("referrer"), MaxURL, "too_long referrer"},
		{text("title"), MaxValue, "too_long title"},
		{text("visitor"), MaxKey, "too_long visitor"},
		{text("session"), MaxKey, "too_long session"},
		{text("user"), MaxKey, "too_long user"},
		{text("screen"), MaxShort, "too_long screen"},
		{text("lang"), MaxShort, "too_long lang"},
		{text("ua"), MaxValue, "too_long ua"},
		{text("country"), MaxShort, "too_long country"},
		{text("region"), MaxShort, "too_long region"},
		{text("city"), MaxShort, "too_long city"},
		{text("door_visitor"), MaxKey, "too_long door_visitor"},
		{text("bot"), MaxShort, "too_long bot"},
		{value(`"ts":%d`), MaxTimeMS, "range ts"},
		{value(`"received_at":%d`), MaxTimeMS, "range received_at"},
		{value(`"engaged_ms":%d`), MaxEngagedMS, "range engaged_ms"},
		{value(`"scroll":%d`), MaxScroll, "range scroll"},
		{value(`"vitals":{"lcp":%d}`), MaxVital, "range vitals.lcp"},
		{value(`"vitals":{"ttfb":%d}`), MaxVital, "range vitals.ttfb"},
		{value(`"revenue":{"amount":%de-6,"currency":"EUR"}`), MaxMicros, "range revenue.amount"},
		{value(`"revenue":{"amount":"-%de-6","currency":"EUR"}`), MaxMicros, "range revenue.amount"},
		{func(n int) string { return minimal + `,"props":` + manyProps(n) + `}` }, MaxProps, "too_many props"},
		{func(n int) string { return minimal + `,"props":{"k":"` + strings.Repeat("x", n) + `"}}` }, MaxValue, "too_long props.k"},
		{func(n int) string { return minimal + `,"props":{"k":` + strings.Repeat("1", n) + `}}` }, MaxValue, "too_long props.k"},
		{func(n int) string { return minimal + `,"props":{"` + strings.Repeat("x", n) + `":1}}` }, MaxKey, "too_long props." + strings.Repeat("x", 40) + "…"},
		{func(n int) string { return strings.Repeat(" ", n-len(minimal)-1) + minimal + `}` }, MaxStampedBytes, "too_long "},
		{func(n int) string { return minimal + `,"x":` + deep(n-1) + `}` }, MaxDepth, "syntax"},
	} {
		for _, n := range []int{c.last, c.last + 1} {
			want := ""
			if n > c.last {
				want = c.want
			}
			var e Event
			problems, err := e.Decode([]byte(c.json(n)))
			got := listed(problems)
			if err != nil {
				got = "syntax"
			}
			if got != want {
				t.Errorf("%.60s… at %d of %d: %q, want %q", c.json(n), n, c.last, got, want)
			}
			compareWithTwin(t, []byte(c.json(n)))
		}
	}
}

// Limits are bytes, not characters.
func TestLimitsAreBytes(t *testing.T) {
	for n, want := range map[int]string{MaxName / 2: "", MaxName/2 + 1: "too_long name"} {
		e := Event{Site: "a", Name: strings.Repeat("é", n)}
		if got := listed(e.Validate()); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// What only an event built in Go can get wrong.
func TestValidate(t *testing.T) {
	prop := func(p ...Prop) func(*Event) { return func(e *Event) { e.Props = p } }
	for _, c := range []struct {
		change func(*Event)
		want   string
	}{
		{func(e *Event) {}, ""},
		{func(e *Event) { *e = Event{} }, "required site, required name"},
		{func(e *Event) { e.Site = "a#b" }, "format site"},
		{func(e *Event) { e.Title = "\xff" }, "utf8 title"},
		{func(e *Event) { e.Title = "\x00" }, "format title"},
		{func(e *Event) { e.Bot = "\xff\x00" }, "utf8 bot"},
		{func(e *Event) { e.URL = "/\n" }, "format url"},
		{func(e *Event) { e.TS = -1 }, "range ts"},
		{func(e *Event) { e.ReceivedAt = MaxTimeMS + 1 }, "range received_at"},
		{func(e *Event) { e.EngagedMS, e.Scroll = -1, -1 }, "range engaged_ms, range scroll"},
		{func(e *Event) { e.Revenue = Revenue{Micros: 1} }, "required revenue.currency"},
		{func(e *Event) { e.Revenue = Revenue{Currency: "EUR"} }, ""},
		{func(e *Event) { e.Revenue = Revenue{Currency: "EU"} }, "format revenue.currency"},
		{func(e *Event) { e.Revenue = Revenue{Micros: math.MinInt64, Currency: "EUR"} }, "range revenue.amount"},
		{func(e *Event) { e.Vitals.CLS = Vital{Value: math.NaN(), Set: true} }, "range vitals.cls"},
		{func(e *Event) { e.Vitals.LCP = Vital{Value: math.Inf(1), Set: true} }, "range vitals.lcp"},
		{func(e *Event) { e.Vitals.TTFB = Vital{Value: -1, Set: true} }, "range vitals.ttfb"},
		{prop(Prop{"", "x", PropString}), "required props."},
		{prop(Prop{"a", "\xff", PropString}, Prop{"b\xff", "", PropString}), "utf8 props.a, utf8 props.b\ufffd"},
		{prop(Prop{"a", "\x00", PropString}), "format props.a"},
		{prop(Prop{"a", "1", PropNumber}, Prop{"a", "2", PropNumber}), "duplicate props.a"},
		{prop(Prop{"a", "1}", PropNumber}), "format props.a"},
		{prop(Prop{"a", "", PropNumber}), "format props.a"},
		{prop(Prop{"a", "yes", PropBool}), "format props.a"},
		{prop(Prop{"a", "x", 99}, Prop{"b", "x", 255}), "format props.a, format props.b"},
		{prop(make([]Prop, MaxProps+1)...), "too_many props, " + strings.Repeat("required props., ", MaxProps-1) + "required props."},
	} {
		e := Event{Site: "a", Name: "b"}
		c.change(&e)
		problems := e.Validate()
		if got := listed(problems); got != c.want {
			t.Errorf("%+v: %q, want %q", e, got, c.want)
		}
		checkProblems(t, problems)
	}
}

// An event can keep to every limit of its fields and be too large all the same.
func TestValidateSize(t *testing.T) {
	e := Event{Site: "a", Name: "b"}
	for i := range 21 {
		e.Props = append(e.Props, Prop{Key: fmt.Sprint(i), Value: strings.Repeat("x", 1900)})
	}
	spare := MaxStampedBytes - len(e.AppendJSON(nil)) - len(`,"title":""`)
	for extra, want := range map[int]string{0: "", 1: "too_long "} {
		e.Title = strings.Repeat("t", spare+extra)
		if got := listed(e.Validate()); got != want {
			t.Errorf("%d bytes: %q, want %q", len(e.AppendJSON(nil)), got, want)
		}
	}
	e.Title = strings.Repeat("t", spare)
	checkRoundTrip(t, &e)
}

// Canonical JSON can be longer than what was sent; Decode refuses what could not be decoded from its record.
func TestDecodeRefusesWhatGrowsTooLarge(t *testing.T) {
	for _, ts := range []string{"1e12", "1000000000000"} {
		data := minimal + `,"ts":` + ts + `,"props":{`
		for i := range 21 {
			data += fmt.Sprintf(`"%d":"%s",`, i, strings.Repeat("x", 1900))
		}
		data += `"z":"` + strings.Repeat("x", MaxStampedBytes-len(data)-len(`"z":""}}`)) + `"}}`
		var e Event
		problems, err := e.Decode([]byte(data))
		if grows := ts == "1e12"; err != nil || (listed(problems) == "too_long ") != grows {
			t.Errorf("ts %s: %v %v", ts, problems, err)
		}
		compareWithTwin(t, []byte(data))
	}
}

package event

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The twin is the decoder as one would write it without a thought of speed: a tree by encoding/json, then the rules one by
// one. It shares nothing with the real one but ValidSite, the limits and the words of a path.
type twin struct {
	event    Event
	problems []string // "code path"
	faults   int      // strings of the tree that are not text
	named    int      // those of them that a problem names
}

// twinDecode returns ok false where Decode must return a syntax error.
func twinDecode(data []byte) (e Event, problems []string, ok bool) {
	var t twin
	if len(data) > MaxStampedBytes {
		t.add(CodeTooLong, "")
		return t.event, t.problems, true
	}
	if !json.Valid(data) || jsonDepth(data) > MaxDepth {
		return Event{}, nil, false
	}
	root := t.parse(data)
	if root.kind != kindObject {
		return Event{}, nil, false
	}
	t.fill(root)
	if len(t.problems) == 0 && len(t.event.AppendJSON(nil)) > MaxStampedBytes {
		t.add(CodeTooLong, "")
	}
	return t.event, t.problems, t.faults == t.named
}

func jsonDepth(data []byte) (deepest int) {
	strs := regexp.MustCompile(`"(\\.|[^"\\])*"`)
	depth := 0
	for _, c := range strs.ReplaceAll(data, nil) {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// node is a JSON value.
type node struct {
	kind  kind
	lit   string // of a number or a boolean: as it stood
	str   string
	fault string // code, "" where the string is text
	keys  []string
	vals  []*node
}

func (t *twin) parse(data []byte) *node {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	at := int64(0)
	next := func() (json.Token, string) {
		tok, _ := dec.Token()
		raw := strings.Trim(string(data[at:dec.InputOffset()]), " \t\r\n:,")
		at = dec.InputOffset()
		return tok, raw
	}
	var value func() *node
	value = func() *node {
		tok, raw := next()
		switch v := tok.(type) {
		case nil:
			return &node{kind: kindNull}
		case bool:
			return &node{kind: kindBool, lit: raw}
		case json.Number:
			return &node{kind: kindNumber, lit: raw}
		case string:
			return &node{kind: kindString, str: v, fault: t.fault(raw)}
		}
		n := &node{kind: kindArray}
		if tok == json.Delim('{') {
			n.kind = kindObject
		}
		for dec.More() {
			if n.kind == kindObject {
				key, raw := next()
				t.fault(raw)
				n.keys = append(n.keys, key.(string))
			}
			n.vals = append(n.vals, value())
		}
		next()
		return n
	}
	return value()
}

var escapes = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|[^u])`)

// fault returns what is wrong with a string that stands as raw in the JSON, and counts it.
func (t *twin) fault(raw string) string {
	nul := false
	// Halves of surrogate pairs become two marks; the marks that are left when pairs are taken out stand alone.
	marked := escapes.ReplaceAllStringFunc(raw, func(esc string) string {
		r, _ := strconv.ParseUint(esc[2:], 16, 32)
		switch {
		case esc == `\u0000`:
			nul = true
		case 0xd800 <= r && r < 0xdc00:
			return "\x01"
		case 0xdc00 <= r && r < 0xe000:
			return "\x02"
		}
		return "."
	})
	alone := strings.ContainsAny(strings.ReplaceAll(marked, "\x01\x02", ""), "\x01\x02")
	switch {
	case alone || !utf8.ValidString(raw):
		t.faults++
		return CodeUTF8
	case nul:
		t.faults++
		return CodeFormat
	}
	return ""
}

// last returns the value of the last key, nil where that is null.
func (n *node) last(key string) *node {
	for i, k := range slices.Backward(n.keys) {
		if k == key {
			if n.vals[i].kind == kindNull {
				return nil
			}
			return n.vals[i]
		}
	}
	return nil
}

func (t *twin) add(code, path string) { t.problems = append(t.problems, code+" "+path) }

func (t *twin) fill(root *node) {
	e := &t.event
	t.text(root, "site", &e.Site, 1, MaxSite)
	if e.Site != "" && !ValidSite(e.Site) {
		t.add(CodeFormat, "site")
	}
	t.text(root, "name", &e.Name, 1, MaxName)
	t.text(root, "id", &e.ID, 0, MaxKey)
	t.address(root, "url", &e.URL)
	t.address(root, "referrer", &e.Referrer)
	t.text(root, "title", &e.Title, 0, MaxValue)
	t.text(root, "visitor", &e.Visitor, 0, MaxKey)
	t.text(root, "session", &e.Session, 0, MaxKey)
	t.text(root, "user", &e.User, 0, MaxKey)
	t.text(root, "screen", &e.Screen, 0, MaxShort)
	t.text(root, "lang", &e.Lang, 0, MaxShort)
	t.text(root, "ua", &e.UserAgent, 0, MaxValue)
	t.text(root, "country", &e.Country, 0, MaxShort)
	t.text(root, "region", &e.Region, 0, MaxShort)
	t.text(root, "city", &e.City, 0, MaxShort)
	t.text(root, "door_visitor", &e.DoorVisitor, 0, MaxKey)
	t.text(root, "bot", &e.Bot, 0, MaxShort)
	t.whole(root, "ts", &e.TS, 1, MaxTimeMS)
	t.whole(root, "received_at", &e.ReceivedAt, 1, MaxTimeMS)
	t.whole(root, "engaged_ms", &e.EngagedMS, 0, MaxEngagedMS)
	var scroll int64
	t.whole(root, "scroll", &scroll, 0, MaxScroll)
	e.Scroll = int(scroll)
	t.revenue(root)
	t.vitals(root)
	t.props(root)
}

// text reads a string of least to most bytes. One that is refused stays empty.
func (t *twin) text(n *node, path string, dst *string, least, most int) {
	v := n.last(path[strings.LastIndexByte(path, '.')+1:])
	switch {
	case v == nil || v.kind == kindString && v.str == "":
		if least > 0 {
			t.add(CodeRequired, path)
		}
	case v.kind != kindString:
		t.add(CodeType, path)
	case v.fault != "":
		t.named++
		t.add(v.fault, path)
	case len(v.str) > most:
		t.add(CodeTooLong, path)
	default:
		*dst = v.str
	}
}

func (t *twin) address(n *node, path string, dst *string) {
	t.text(n, path, dst, 0, MaxURL)
	for _, c := range *dst {
		if c < ' ' || c == 0x7f {
			t.add(CodeFormat, path)
			return
		}
	}
}

func (t *twin) whole(n *node, path string, dst *int64, lo, hi int64) {
	v := n.last(path)
	switch {
	case v == nil:
		return
	case v.kind != kindNumber:
		t.add(CodeType, path)
		return
	}
	x := rational(v.lit)
	i := new(big.Int).Quo(x.Num(), x.Denom())
	if i.Cmp(big.NewInt(lo)) < 0 || i.Cmp(big.NewInt(hi)) > 0 {
		t.add(CodeRange, path)
		return
	}
	*dst = i.Int64()
}

// rational returns the exact value. An exponent that no digits of an event can make up for is cut to one that still is beyond them.
func rational(lit string) *big.Rat {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(lit), "e")
	x, _ := new(big.Rat).SetString(mantissa)
	n, _ := strconv.Atoi(exponent)
	n = max(-40_000, min(40_000, n))
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
	if n < 0 {
		power.Inv(power)
	}
	return x.Mul(x, power)
}

func (t *twin) revenue(root *node) {
	n, ok := t.object(root, "revenue")
	if !ok {
		return
	}
	before := len(t.problems)
	micros, hasAmount := t.amount(n)
	badAmount := len(t.problems) > before

	before = len(t.problems)
	currency := ""
	t.text(n, "revenue.currency", &currency, 0, MaxStampedBytes)
	badCurrency := len(t.problems) > before
	if currency != "" && !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(currency) {
		t.add(CodeFormat, "revenue.currency")
		badCurrency = true
	}
	hasAmount, hasCurrency := hasAmount || badAmount, currency != "" || badCurrency
	switch {
	case hasAmount && !hasCurrency:
		t.add(CodeRequired, "revenue.currency")
	case hasCurrency && !hasAmount:
		t.add(CodeRequired, "revenue.amount")
	}
	t.event.Revenue = Revenue{Micros: micros, Currency: currency}
}

func (t *twin) object(root *node, key string) (*node, bool) {
	n := root.last(key)
	if n != nil && n.kind != kindObject {
		t.add(CodeType, key)
	}
	return n, n != nil && n.kind == kindObject
}

func (t *twin) amount(revenue *node) (micros int64, ok bool) {
	n := revenue.last("amount")
	if n == nil {
		return 0, false
	}
	lit := n.lit
	if n.kind == kindString {
		t.text(revenue, "revenue.amount", &lit, 0, MaxStampedBytes)
		if lit == "" {
			return 0, false
		}
		if !regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`).MatchString(lit) {
			t.add(CodeFormat, "revenue.amount")
			return 0, false
		}
	} else if n.kind != kindNumber {
		t.add(CodeType, "revenue.amount")
		return 0, false
	}
	// Half away from zero: cut |x|·10⁶ + ½.
	x := rational(lit)
	x.Mul(x, big.NewRat(1_000_000, 1))
	sign := x.Sign()
	x.Abs(x).Add(x, big.NewRat(1, 2))
	i := new(big.Int).Quo(x.Num(), x.Denom())
	if i.Cmp(big.NewInt(MaxMicros)) > 0 {
		t.add(CodeRange, "revenue.amount")
		return 0, false
	}
	return int64(sign) * i.Int64(), true
}

func (t *twin) vitals(root *node) {
	n, ok := t.object(root, "vitals")
	if !ok {
		return
	}
	v := &t.event.Vitals
	for key, dst := range map[string]*Vital{"lcp": &v.LCP, "inp": &v.INP, "cls": &v.CLS, "fcp": &v.FCP, "ttfb": &v.TTFB} {
		value := n.last(key)
		if value == nil {
			continue
		}
		x, err := json.Number(value.lit).Float64()
		switch {
		case value.kind != kindNumber:
			t.add(CodeType, "vitals."+key)
		case err != nil || x < 0 || x > MaxVital:
			t.add(CodeRange, "vitals."+key)
		default:
			*dst = Vital{Value: x, Set: true}
		}
	}
}

func (t *twin) props(root *node) {
	n, ok := t.object(root, "props")
	if !ok {
		return
	}
	values := map[string]*node{}
	var order []string
	for i, key := range n.keys {
		if slices.Contains(order, key) {
			values[key] = n.vals[i]
		} else if n.vals[i].kind != kindNull {
			values[key] = n.vals[i]
			order = append(order, key)
		}
		if values[key] != nil && values[key].kind == kindNull {
			delete(values, key)
			order = slices.DeleteFunc(order, func(k string) bool { return k == key })
		}
		if len(order) > MaxProps {
			order = order[:MaxProps]
			t.add(CodeTooMany, "props")
			break
		}
	}
	for _, key := range order {
		t.prop(key, values[key])
	}
}

func (t *twin) prop(key string, v *node) {
	path := Prop{Key: key}.spec().path
	switch {
	case v.kind == kindObject || v.kind == kindArray:
		t.add(CodeType, path)
	case v.fault != "":
		t.named++
		t.add(v.fault, path)
	case key == "":
		t.add(CodeRequired, path)
	case len(key) > MaxKey || len(v.str+v.lit) > MaxValue:
		t.add(CodeTooLong, path)
	}
	kind := map[kind]PropKind{kindString: PropString, kindNumber: PropNumber, kindBool: PropBool}[v.kind]
	t.event.Props = append(t.event.Props, Prop{Key: key, Value: v.str + v.lit, Kind: kind})
}

package event

import "strconv"

// AppendJSON appends the canonical JSON of e: one line without a newline, the fields in the order of Event, absent ones
// left out. The event must be valid (see Validate), or what is appended may not be JSON.
func (e *Event) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, `,"site":"`, e.Site)
	dst = appendText(dst, `,"name":"`, e.Name)
	dst = appendText(dst, `,"id":"`, e.ID)
	dst = appendInt(dst, `,"ts":`, e.TS)
	dst = appendText(dst, `,"url":"`, e.URL)
	dst = appendText(dst, `,"referrer":"`, e.Referrer)
	dst = appendText(dst, `,"title":"`, e.Title)
	dst = appendText(dst, `,"visitor":"`, e.Visitor)
	dst = appendText(dst, `,"session":"`, e.Session)
	dst = appendText(dst, `,"user":"`, e.User)
	dst = appendProps(dst, e.Props)
	dst = appendRevenue(dst, e.Revenue)
	dst = appendVitals(dst, &e.Vitals)
	dst = appendInt(dst, `,"engaged_ms":`, e.EngagedMS)
	dst = appendInt(dst, `,"scroll":`, int64(e.Scroll))
	dst = appendText(dst, `,"screen":"`, e.Screen)
	dst = appendText(dst, `,"lang":"`, e.Lang)
	dst = appendInt(dst, `,"received_at":`, e.ReceivedAt)
	dst = appendText(dst, `,"ua":"`, e.UserAgent)
	dst = appendText(dst, `,"country":"`, e.Country)
	dst = appendText(dst, `,"region":"`, e.Region)
	dst = appendText(dst, `,"city":"`, e.City)
	dst = appendText(dst, `,"door_visitor":"`, e.DoorVisitor)
	dst = appendText(dst, `,"bot":"`, e.Bot)
	return closeObject(dst, start)
}

// closeObject turns the comma at start, where the first member put it, into the brace of the object that it ends.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{'
	return append(dst, '}')
}

// appendText appends a member unless it is absent; intro is its comma, its key and the opening quote.
func appendText(dst []byte, intro, s string) []byte {
	if s == "" {
		return dst
	}
	return append(appendEscaped(append(dst, intro...), s), '"')
}

func appendInt(dst []byte, intro string, v int64) []byte {
	if v == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, intro...), v, 10)
}

func appendProps(dst []byte, props []Prop) []byte {
	if len(props) == 0 {
		return dst
	}
	dst = append(dst, `,"props":`...)
	start := len(dst)
	for i := range props {
		dst = append(appendEscaped(append(dst, `,"`...), props[i].Key), `":`...)
		if props[i].Kind == PropString {
			dst = append(appendEscaped(append(dst, '"'), props[i].Value), '"')
		} else {
			dst = append(dst, props[i].Value...)
		}
	}
	return closeObject(dst, start)
}

func appendRevenue(dst []byte, r Revenue) []byte {
	if r.Currency == "" {
		return dst
	}
	dst = appendMicros(append(dst, `,"revenue":{"amount":`...), r.Micros)
	return append(appendText(dst, `,"currency":"`, r.Currency), '}')
}

// appendMicros appends millionths as a decimal number without superfluous zeros.
func appendMicros(dst []byte, micros int64) []byte {
	if micros < 0 {
		dst, micros = append(dst, '-'), -micros
	}
	dst = strconv.AppendInt(dst, micros/1e6, 10)
	rest := micros % 1e6
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(1e5); rest > 0; unit /= 10 {
		dst = append(dst, byte('0'+rest/unit))
		rest %= unit
	}
	return dst
}

func appendVitals(dst []byte, v *Vitals) []byte {
	before := len(dst)
	dst = append(dst, `,"vitals":`...)
	start := len(dst)
	dst = appendVital(dst, `,"lcp":`, v.LCP)
	dst = appendVital(dst, `,"inp":`, v.INP)
	dst = appendVital(dst, `,"cls":`, v.CLS)
	dst = appendVital(dst, `,"fcp":`, v.FCP)
	dst = appendVital(dst, `,"ttfb":`, v.TTFB)
	if len(dst) == start {
		return dst[:before]
	}
	return closeObject(dst, start)
}

// appendVital appends the shortest number that reads back as the same.
func appendVital(dst []byte, intro string, v Vital) []byte {
	if !v.Set {
		return dst
	}
	format := byte('f')
	if 0 < v.Value && v.Value < 1e-6 {
		format = 'e'
	}
	return strconv.AppendFloat(append(dst, intro...), v.Value, format, -1, 64)
}

// appendEscaped appends the inside of a JSON string, of which only what JSON cannot hold otherwise is escaped.
func appendEscaped(dst []byte, s string) []byte {
	for {
		i := plainEnd(s, 0)
		dst = append(dst, s[:i]...)
		if i == len(s) {
			return dst
		}
		dst = appendEscape(dst, s[i])
		s = s[i+1:]
	}
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return appendHex(append(dst, `\u`...), uint64(c), 4)
}

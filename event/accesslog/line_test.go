package accesslog

import (
	"strings"
	"testing"
	"time"
)

// at is the time of every line in the tables.
var at = time.Date(2015, 5, 17, 10, 5, 3, 0, time.UTC)

func TestParse(t *testing.T) {
	const time = ` [17/May/2015:10:05:03 +0000] `
	const plain = `1.2.3.4 - -` + time + `"GET /a?b=c HTTP/1.1" 200 512`
	full := Line{Address: "1.2.3.4", Time: at, Method: "GET", Target: "/a?b=c", Status: 200, Bytes: 512}
	with := func(change func(*Line)) Line {
		l := full
		change(&l)
		return l
	}
	tests := []struct {
		name string
		text string
		form Format
		want Line
	}{
		{"common", plain, Auto, full},
		{"common asked for", plain, Common, full},
		{"common with a trailing field", plain + ` 0.004`, Auto, full},
		{"combined", plain + ` "http://r/" "agent/1.0"`, Auto, with(func(l *Line) { l.Referrer, l.UserAgent = "http://r/", "agent/1.0" })},
		{"combined asked for", plain + ` "-" "a"`, Combined, with(func(l *Line) { l.UserAgent = "a" })},
		{"combined read as common", plain + ` "http://r/" "a"`, Common, full},
		{"trailing fields", plain + ` "-" "a" "10.0.0.1" 0.004 - "x`, Auto, with(func(l *Line) { l.UserAgent = "a" })},
		{"hyphens", `1.2.3.4 - -` + time + `"-" - - "-" "-"`, Auto, Line{Address: "1.2.3.4", Time: at}},
		{"status 000", `1.2.3.4 - -` + time + `"GET / HTTP/1.1" 000 0`, Auto, Line{Address: "1.2.3.4", Time: at, Method: "GET", Target: "/"}},
		{"escaped quotes", `1.2.3.4 - -` + time + `"GET /\"q\" HTTP/1.1" 200 512 "r\"s" "a \"b\" \\"`, Auto, with(func(l *Line) {
			l.Target, l.Referrer, l.UserAgent = `/\"q\"`, `r\"s`, `a \"b\" \\`
		})},
		{"IPv6", strings.Replace(plain, "1.2.3.4", "2001:db8::7", 1), Auto, with(func(l *Line) { l.Address = "2001:db8::7" })},
		{"host name", strings.Replace(plain, "1.2.3.4", "crawl-66.example.com", 1), Auto, with(func(l *Line) { l.Address = "crawl-66.example.com" })},
		{"user with spaces", strings.Replace(plain, "- -", `- Jane Q. Public`, 1), Auto, full},
		{"another zone", strings.Replace(plain, "10:05:03 +0000", "12:05:03 +0200", 1), Auto, full},
		{"odd method", strings.Replace(plain, "GET", "M-SEARCH", 1), Auto, with(func(l *Line) { l.Method = "M-SEARCH" })},
		{"no protocol", strings.Replace(plain, " HTTP/1.1", "", 1), Auto, full},
		{"space in the target", strings.Replace(plain, "/a?b=c", "/a b c", 1), Auto, with(func(l *Line) { l.Target = "/a b c" })},
		{"no target", strings.Replace(plain, "GET /a?b=c HTTP/1.1", "GET", 1), Auto, with(func(l *Line) { l.Method, l.Target = "", "GET" })},
		{"TLS on a plain port", strings.Replace(plain, "GET /a?b=c HTTP/1.1", `\x16\x03\x01 \x02`, 1), Auto, with(func(l *Line) {
			l.Method, l.Target = "", `\x16\x03\x01 \x02`
		})},
		{"more spaces", strings.Replace(plain, ` 200 512`, `  200  512 `, 1), Auto, full},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.text, test.form)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Time.Equal(test.want.Time) {
				t.Errorf("time %v, want %v", got.Time, test.want.Time)
			}
			got.Time = test.want.Time
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	const head = `1.2.3.4 - - [17/May/2015:10:05:03 +0000] `
	tests := []struct {
		text string
		form Format
		want string
	}{
		{``, Auto, "the address is missing"},
		{`1.2.3.4 - -`, Auto, "the [time] is missing"},
		{`1.2.3.4 - - [17/May/2015:10:05:03`, Auto, "the [time] is not closed"},
		{`1.2.3.4 - - [2015-05-17T10:05:03Z] "GET / HTTP/1.1" 200 1`, Auto, `the time "2015-05-17T10:05:03Z" is not like`},
		{`1.2.3.4 - - [31/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1`, Auto, `the time "31/Feb/2015:10:05:03 +0000"`},
		{head, Auto, "the request is missing"},
		{head + `GET / HTTP/1.1 200 1`, Auto, "the request is not in quotes"},
		{head + `"GET / HTTP/1.1 200 1`, Auto, "the quote of the request is not closed"},
		{head + `"GET /\`, Auto, "the quote of the request is not closed"},
		{head + `"GET / HTTP/1.1"`, Auto, "the status is missing"},
		{head + `"GET / HTTP/1.1" OK 1`, Auto, `the status "OK" is not a number`},
		{head + `"GET / HTTP/1.1" 20 1`, Auto, `the status "20" is not a number of three digits`},
		{head + `"GET / HTTP/1.1" 200`, Auto, "the number of bytes is missing"},
		{head + `"GET / HTTP/1.1" 200 -5`, Auto, `the number of bytes "-5" is not a number`},
		{head + `"GET / HTTP/1.1" 200 9223372036854775808`, Auto, "is not a number"},
		{head + `"GET / HTTP/1.1" 200 1 "r`, Auto, "the quote of the referrer is not closed"},
		{head + `"GET / HTTP/1.1" 200 1 "r"`, Auto, "the user agent is missing"},
		{head + `"GET / HTTP/1.1" 200 1 "r" "agent`, Auto, "the quote of the user agent is not closed"},
		{head + `"GET / HTTP/1.1" 200 1`, Combined, "the referrer is missing"},
		{head + `"GET / HTTP/1.1" 200 1 x`, Combined, "the referrer is not in quotes"},
	}
	for _, test := range tests {
		if l, err := Parse(test.text, test.form); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %+v, %v; want an error with %q", test.text, l, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 200 203023 "http://s/" "Mozilla/5.0"`)
	f.Add(`::1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 304 -`)
	f.Add(`h - - [17/May/2015:10:05:03 +0000] "\"\\" 404 0 "\x22" "unclosed`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, form := range []Format{Auto, Combined, Common} {
			l, err := Parse(text, form)
			if err != nil {
				continue
			}
			for _, field := range []string{l.Address, l.Method, l.Target, l.Referrer, l.UserAgent} {
				if !strings.Contains(text, field) {
					t.Errorf("%q is no part of %q", field, text)
				}
			}
			if l.Address == "" || l.Status < 0 || l.Status > 999 || l.Bytes < 0 {
				t.Errorf("%q became %+v", text, l)
			}
		}
	})
}

// BenchmarkParse is the cost of one line of the combined format.
func BenchmarkParse(b *testing.B) {
	const text = `83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /presentations/kibana-search.png HTTP/1.1" 200 203023 ` +
		`"http://semicomplete.com/presentations/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36"`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, Auto); err != nil {
			b.Fatal(err)
		}
	}
}
